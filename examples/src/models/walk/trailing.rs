//! Selective accuracy without hindsight.

use mantis_data::{Interval, Timestamp};
use mantis_eval::metrics::confidence_thresholds;
use serde::Serialize;

use crate::Result;

/// Accuracy of the confident rows, where "confident" is decided from the days before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Trailing {
    /// Share of the rows that the threshold aims at.
    pub target: f64,
    /// Share that it got.
    pub coverage: f64,
    /// Accuracy of them.
    pub accuracy: Option<f64>,
}

/// Thresholds are quantiles of |p - 1/2| over the 60 days before a day; the first 60 days are left out.
pub(super) fn trailing(
    times: &[Timestamp],
    up: &[bool],
    p: &[f64],
    target: f64,
) -> Result<Trailing> {
    let window = Interval::days(60);
    let (mut rows, mut taken, mut right) = (0_usize, 0_usize, 0_usize);
    let mut at = 0;
    while at < times.len() {
        let day = times[at].floor_to(Interval::DAY);
        let end = at + times[at..].partition_point(|time| *time < day + Interval::DAY);
        let from = times.partition_point(|time| *time < day - window);
        if times[0] <= day - window && from < at {
            let threshold = confidence_thresholds(&p[from..at], &[target])?[0].min_confidence;
            for row in at..end {
                rows += 1;
                if (p[row] - 0.5).abs() >= threshold {
                    taken += 1;
                    right += usize::from((p[row] > 0.5) == up[row]);
                }
            }
        }
        at = end;
    }
    Ok(Trailing {
        target,
        coverage: if rows == 0 { 0.0 } else { taken as f64 / rows as f64 },
        accuracy: (taken > 0).then(|| right as f64 / taken as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(n: usize) -> Vec<Timestamp> {
        let start = Timestamp::parse("2024-01-01").unwrap();
        (0..n).map(|hour| start + Interval::hours(hour as i64)).collect()
    }

    #[test]
    fn a_threshold_knows_only_the_days_before() {
        let n = 24 * 100;
        let times = hours(n);
        let up = vec![true; n];
        let mut p: Vec<f64> = (0..n).map(|row| 0.5 + 0.001 * ((row * 7919) % 97) as f64).collect();
        let before = trailing(&times, &up, &p, 0.2).unwrap();
        assert!((before.coverage - 0.2).abs() < 0.03, "{before:?}");
        // The last day turns very sure: it is all taken, and no threshold before it moves.
        p[n - 24..].fill(0.99);
        let after = trailing(&times, &up, &p, 0.2).unwrap();
        assert!(after.coverage > before.coverage && after.coverage < before.coverage + 0.03);
    }
}
