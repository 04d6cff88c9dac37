//! Funding: the perpetual's funding rate as it was known at each bar's close.
//!
//! Rates are fractions per funding period (0.0001 = 0.01 %), published every 8 hours or so with some milliseconds of jitter.
//! A bar sees the latest rate that was published at or before its close, and none that is older than [`MAX_AGE`]: a stale
//! rate is NaN, it is not carried on. Windows count bars.

use mantis_data::{Interval, Series, Timestamp};

use crate::Result;
use crate::indicators::{Context, map2};
use crate::registry::{Family, Indicator, Input, param, window};
use crate::rolling::{mean, z_score};

/// Oldest funding rate that still counts: one period of 8 hours and an hour for a late publication.
pub const MAX_AGE: Interval = Interval::hours(9);

/// For each of the rising times the latest value of the series known then, NaN before the first and where it is older than
/// `max_age`.
///
/// ```
/// use mantis_data::{Interval, Series, Timestamp};
/// use mantis_features::indicators::funding::known_at_close;
/// let at = |hours| Timestamp::from_micros(0) + Interval::hours(hours);
/// let rate = Series::new("funding rate", vec![at(8), at(16)], vec![1e-4, 2e-4])?;
/// let known = known_at_close(&rate, &[at(7), at(8), at(15), at(16), at(26)], Interval::hours(9));
/// assert_eq!(known[1..4], [1e-4, 1e-4, 2e-4]);
/// assert!(known[0].is_nan() && known[4].is_nan());
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[must_use]
pub fn known_at_close(series: &Series, times: &[Timestamp], max_age: Interval) -> Vec<f64> {
    let mut next = 0;
    times
        .iter()
        .map(|&time| {
            while series.known_at().get(next).is_some_and(|&known| known <= time) {
                next += 1;
            }
            match next.checked_sub(1) {
                Some(i) if time - series.known_at()[i] <= max_age => series.values()[i],
                _ => f64::NAN,
            }
        })
        .collect()
}

/// x - mean of the last `n` values. Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn deviation(x: &[f64], n: usize) -> Result<Vec<f64>> {
    Ok(map2(x, &mean(x, n)?, |x, mean| x - mean))
}

const FAMILY: Family = Family::Funding;
const FUNDING: &[Input] = &[Input::Funding];
const OPEN_INTEREST: &[Input] = &[Input::OpenInterest];

fn momentum(c: Context<'_>) -> Result<Vec<f64>> {
    crate::indicators::momentum::momentum(c.funding()?, c.p(0))
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "funding_rate"),
        "latest funding rate known at the close, fraction per period",
        FUNDING,
        &[],
        |_| 0,
        |c| Ok(c.funding()?.to_vec()),
    ),
    Indicator::free(
        (FAMILY, "funding_mean"),
        "mean of the known funding rate over n rows",
        FUNDING,
        &[window(24, 1)],
        |p| p[0] - 1,
        |c| mean(c.funding()?, c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "funding_dev"),
        "funding rate - its mean over n rows",
        FUNDING,
        &[window(24, 1)],
        |p| p[0] - 1,
        |c| deviation(c.funding()?, c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "funding_mom"),
        "funding rate - that of n rows ago",
        FUNDING,
        &[param("rows", 8, 1)],
        |p| p[0],
        momentum,
    ),
    Indicator::free(
        (FAMILY, "funding_z"),
        "z-score of the funding rate among n rows, 0 while it does not change",
        FUNDING,
        &[window(168, 2)],
        |p| p[0] - 1,
        |c| z_score(c.funding()?, c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "oi_change"),
        "open interest / that of n rows ago - 1",
        OPEN_INTEREST,
        &[param("rows", 24, 1)],
        |p| p[0],
        |c| crate::indicators::price::simple_return(c.open_interest()?, c.p(0)),
    ),
];
