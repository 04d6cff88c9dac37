//! Funding and open interest: the perpetual's rate and positions as they were known at each bar's close.
//!
//! Rates are fractions per funding period (0.0001 = 0.01 %), published every 8 hours or so with some milliseconds of jitter.
//! A bar sees the latest rate that was published at or before its close, and none that is older than [`MAX_AGE`]: a stale
//! rate is NaN, it is not carried on. Windows count bars.

use mantis_data::{Interval, Series, Timestamp};

use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Cost, Family, Indicator, Input, Param, param, window};

/// Oldest funding rate that still counts: one period of 8 hours and an hour for a late publication.
pub const MAX_AGE: Interval = Interval::hours(9);

/// Oldest open interest that still counts; it is published every few minutes.
pub const OPEN_INTEREST_MAX_AGE: Interval = Interval::hours(2);

/// For each of the rising times the latest value of the series known then, NaN before the first and where it is older than
/// `max_age`.
///
/// ```
/// use mantis_data::{Interval, Series, Timestamp};
/// use mantis_features::indicators::funding::known_at_close;
/// let at = |hours| Timestamp::from_micros(0) + Interval::hours(hours);
/// let rate = Series::new("funding rate", vec![at(8), at(16)], vec![1e-4, 2e-4])?;
/// let known = known_at_close(&rate, &[at(7), at(8), at(15), at(16), at(26)], Interval::hours(9));
/// assert!(known[0].is_nan() && known[4].is_nan());
/// assert_eq!(known[1..4], [1e-4, 1e-4, 2e-4]);
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

/// For each bar, given by its open time, the sum of what became known after its open and up to its close; NaN when nothing did.
#[must_use]
pub fn within_bars(series: &Series, open_times: &[Timestamp], interval: Interval) -> Vec<f64> {
    let (times, values) = (series.known_at(), series.values());
    let mut next = 0;
    open_times
        .iter()
        .map(|&open| {
            let first = next + times[next..].partition_point(|&known| known <= open);
            next = first + times[first..].partition_point(|&known| known <= open + interval);
            if first == next { f64::NAN } else { values[first..next].iter().sum() }
        })
        .collect()
}

/// x - mean of the last n values.
pub(crate) fn from_mean(b: &mut Build<'_>, x: Slot, n: usize) -> Slot {
    let mean = b.mean(x, n);
    b.sub(x, mean)
}

const FAMILY: Family = Family::Funding;
const FUNDING: &[Input] = &[Input::Funding];
const OPEN_INTEREST: &[Input] = &[Input::OpenInterest];
const DAY: &[Param] = &[window(24, 1)];
const WEEK: &[Param] = &[window(168, 2)];

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "funding_rate"),
        "latest funding rate known at the close, fraction per period",
        FUNDING,
        &[],
        |_| 0,
        |b| {
            let rate = b.funding();
            b.map([rate], |[rate]| rate)
        },
    ),
    Indicator::free(
        (FAMILY, "funding_mean"),
        "mean of the known funding rate over n rows",
        FUNDING,
        DAY,
        |p| p[0] - 1,
        |b| {
            let (rate, n) = (b.funding(), b.p(0));
            b.mean(rate, n)
        },
    ),
    Indicator::free(
        (FAMILY, "funding_dev"),
        "funding rate - its mean over n rows",
        FUNDING,
        DAY,
        |p| p[0] - 1,
        |b| {
            let (rate, n) = (b.funding(), b.p(0));
            from_mean(b, rate, n)
        },
    ),
    Indicator::free(
        (FAMILY, "funding_mom"),
        "funding rate - that of n rows ago",
        FUNDING,
        &[param("rows", 8, 1)],
        |p| p[0],
        |b| {
            let (rate, n) = (b.funding(), b.p(0));
            b.change(rate, n)
        },
    ),
    Indicator::free(
        (FAMILY, "funding_z"),
        "z-score of the funding rate among n rows, 0 while it does not change",
        FUNDING,
        WEEK,
        |p| p[0] - 1,
        |b| {
            let (rate, n) = (b.funding(), b.p(0));
            b.z_score(rate, n)
        },
    ),
    Indicator::free(
        (FAMILY, "funding_rank"),
        "rank of the funding rate among n rows, -1 lowest .. 1 highest",
        FUNDING,
        WEEK,
        |p| p[0] - 1,
        |b| {
            let (rate, n) = (b.funding(), b.p(0));
            b.rank(rate, n)
        },
    )
    .cost(Cost::Window),
    Indicator::free(
        (FAMILY, "oi_change"),
        "open interest / that of n rows ago - 1",
        OPEN_INTEREST,
        &[param("rows", 24, 1)],
        |p| p[0],
        |b| {
            let (interest, n) = (b.open_interest(), b.p(0));
            b.relative_change(interest, n)
        },
    ),
    Indicator::free(
        (FAMILY, "oi_ratio"),
        "open interest / its mean over n rows - 1",
        OPEN_INTEREST,
        DAY,
        |p| p[0] - 1,
        |b| {
            let (interest, n) = (b.open_interest(), b.p(0));
            let mean = b.mean(interest, n);
            b.against(interest, mean)
        },
    ),
    Indicator::free(
        (FAMILY, "oi_z"),
        "z-score of the open interest among n rows",
        OPEN_INTEREST,
        WEEK,
        |p| p[0] - 1,
        |b| {
            let (interest, n) = (b.open_interest(), b.p(0));
            b.z_score(interest, n)
        },
    ),
];
