//! What was known of a series at a bar's close.

use mantis_data::{Interval, Series, Timestamp};

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
