//! Comparisons of models on the same rows: a paired bootstrap of days, and selective accuracy without hindsight.

use mantis_data::{Interval, Timestamp};
use mantis_eval::metrics::{accuracy, confidence_thresholds, roc_auc};
use mantis_eval::statistics::{BlockBootstrap, Estimate, day_blocks};
use serde::Serialize;

use crate::Result;

/// Draws of days.
const DRAWS: usize = 300;

/// By how much one model is better than another, with 95 % intervals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Gain in accuracy.
    pub accuracy: Estimate,
    /// Gain in area under the ROC curve.
    pub auc: Estimate,
}

/// Draws whole days with replacement, the same for both models.
pub(super) fn paired(
    times: &[Timestamp],
    up: &[bool],
    p: &[f64],
    base: &[f64],
) -> Result<Comparison> {
    let bootstrap = BlockBootstrap { replicates: DRAWS, ..BlockBootstrap::default() };
    let days = day_blocks(times)?;
    let gain = |measure: fn(&[bool], &[f64]) -> mantis_eval::Result<f64>| {
        bootstrap.estimate(&days, |rows| {
            let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&r| values[r]).collect() };
            let up: Vec<bool> = rows.iter().map(|&row| up[row]).collect();
            Ok(measure(&up, &pick(p))? - measure(&up, &pick(base))?)
        })
    };
    Ok(Comparison { accuracy: gain(accuracy)?, auc: gain(roc_auc)? })
}

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
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn hours(n: usize) -> Vec<Timestamp> {
        let start = Timestamp::parse("2024-01-01").unwrap();
        (0..n).map(|hour| start + Interval::hours(hour as i64)).collect()
    }

    #[test]
    fn a_better_model_has_an_interval_above_zero_and_itself_none() {
        let n = 2400;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let up: Vec<bool> = (0..n).map(|_| rng.gen_bool(0.5)).collect();
        let noise: Vec<f64> = (0..n).map(|_| rng.gen_range(0.4..0.6)).collect();
        let better: Vec<f64> =
            up.iter().zip(&noise).map(|(&up, p)| p + if up { 0.03 } else { -0.03 }).collect();
        let gain = paired(&hours(n), &up, &better, &noise).unwrap();
        assert!(gain.accuracy.low > 0.05 && gain.auc.low > 0.05, "{gain:?}");
        let none = paired(&hours(n), &up, &noise, &noise).unwrap();
        let zero = Estimate { value: 0.0, low: 0.0, high: 0.0 };
        assert_eq!(none, Comparison { accuracy: zero, auc: zero });
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
