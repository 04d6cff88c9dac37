//! Comparisons of models on the same rows: a paired bootstrap of days, and selective accuracy without hindsight.

use mantis_data::{Interval, Timestamp};
use mantis_eval::metrics::{accuracy, roc_auc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::Result;

/// Draws of days.
const DRAWS: usize = 300;
/// Seed of the draws.
const SEED: u64 = 42;

/// By how much one model is better than another, with 95 % intervals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Gain in accuracy.
    pub accuracy: (f64, f64),
    /// Gain in area under the ROC curve.
    pub auc: (f64, f64),
}

/// Draws whole days with replacement, the same for both models.
pub(super) fn paired(
    times: &[Timestamp],
    up: &[bool],
    p: &[f64],
    base: &[f64],
) -> Result<Comparison> {
    let mut days: Vec<std::ops::Range<usize>> = Vec::new();
    for (row, time) in times.iter().enumerate() {
        let same =
            row > 0 && times[row - 1].floor_to(Interval::DAY) == time.floor_to(Interval::DAY);
        match days.last_mut() {
            Some(day) if same => day.end = row + 1,
            _ => days.push(row..row + 1),
        }
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (mut by_accuracy, mut by_auc) = (Vec::new(), Vec::new());
    for _ in 0..DRAWS {
        let rows: Vec<usize> =
            (0..days.len()).flat_map(|_| days[rng.gen_range(0..days.len())].clone()).collect();
        let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&row| values[row]).collect() };
        let drawn: Vec<bool> = rows.iter().map(|&row| up[row]).collect();
        let (p, base) = (pick(p), pick(base));
        by_accuracy.push(accuracy(&drawn, &p)? - accuracy(&drawn, &base)?);
        by_auc.push(roc_auc(&drawn, &p)? - roc_auc(&drawn, &base)?);
    }
    Ok(Comparison { accuracy: middle(by_accuracy), auc: middle(by_auc) })
}

/// The middle 95 %.
fn middle(mut draws: Vec<f64>) -> (f64, f64) {
    draws.sort_unstable_by(f64::total_cmp);
    let cut = draws.len() / 40;
    (draws[cut], draws[draws.len() - 1 - cut])
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
pub(super) fn trailing(times: &[Timestamp], up: &[bool], p: &[f64], target: f64) -> Trailing {
    let window = Interval::days(60);
    let (mut rows, mut taken, mut right) = (0_usize, 0_usize, 0_usize);
    let mut at = 0;
    while at < times.len() {
        let day = times[at].floor_to(Interval::DAY);
        let end = at + times[at..].partition_point(|time| *time < day + Interval::DAY);
        let from = times.partition_point(|time| *time < day - window);
        if times[0] <= day - window && from < at {
            let mut before: Vec<f64> = p[from..at].iter().map(|p| (p - 0.5).abs()).collect();
            before.sort_unstable_by(f64::total_cmp);
            let place = ((1.0 - target) * before.len() as f64) as usize;
            let threshold = before[place.min(before.len() - 1)];
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
    Trailing {
        target,
        coverage: if rows == 0 { 0.0 } else { taken as f64 / rows as f64 },
        accuracy: (taken > 0).then(|| right as f64 / taken as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(gain.accuracy.0 > 0.05 && gain.auc.0 > 0.05, "{gain:?}");
        let none = paired(&hours(n), &up, &noise, &noise).unwrap();
        assert_eq!(none, Comparison { accuracy: (0.0, 0.0), auc: (0.0, 0.0) });
    }

    #[test]
    fn a_threshold_knows_only_the_days_before() {
        let n = 24 * 100;
        let times = hours(n);
        let up = vec![true; n];
        let mut p: Vec<f64> = (0..n).map(|row| 0.5 + 0.001 * ((row * 7919) % 97) as f64).collect();
        let before = trailing(&times, &up, &p, 0.2);
        assert!((before.coverage - 0.2).abs() < 0.03, "{before:?}");
        // The last day turns very sure: it is all taken, and no threshold before it moves.
        p[n - 24..].fill(0.99);
        let after = trailing(&times, &up, &p, 0.2);
        assert!(after.coverage > before.coverage && after.coverage < before.coverage + 0.03);
    }
}
