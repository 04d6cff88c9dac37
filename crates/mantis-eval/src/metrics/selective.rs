//! Accuracy of the most confident calls, with the threshold fixed on another span.

use super::{Z_95, check_probability, count, right, wilson_interval};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// A confidence from which on a row counts, fixed before the judged span is seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceThreshold {
    /// Coverage aimed at, e.g. 0.1 for the top 10 %.
    pub coverage: f64,
    /// Smallest |p_up - 0.5| that counts.
    pub min_confidence: f64,
}

/// Thresholds that reach the wanted `coverages` on *these* forecasts: quantiles of
/// |p_up - 0.5| with linear interpolation. Call it on a span before the one to judge.
///
/// # Errors
/// [`Error::Empty`], [`Error::NotFinite`], or [`Error::Parameter`] for a coverage that is not in
/// (0, 1] or a probability outside 0 to 1.
///
/// ```
/// use mantis_eval::metrics::confidence_thresholds;
///
/// let thresholds = confidence_thresholds(&[0.5, 0.6, 0.3, 0.9], &[0.5])?;
/// assert!((thresholds[0].min_confidence - 0.15).abs() < 1e-12);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn confidence_thresholds(p_up: &[f64], coverages: &[f64]) -> Result<Vec<ConfidenceThreshold>> {
    let what = "confidence_thresholds";
    check_probability(what, &vec![true; p_up.len()], p_up)?;
    let mut confidence: Vec<f64> = p_up.iter().map(|p| (p - 0.5).abs()).collect();
    confidence.sort_unstable_by(f64::total_cmp);
    let last = confidence.len() - 1;
    coverages
        .iter()
        .map(|&coverage| {
            if !(coverage > 0.0 && coverage <= 1.0) {
                let expected = "above 0 and at most 1";
                let parameter = "coverages";
                return Err(Error::Parameter { what, parameter, expected, got: coverage });
            }
            let position = (1.0 - coverage) * count(last);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the position lies within 0 and the last index"
            )]
            let lower = position.floor() as usize;
            let step = confidence[(lower + 1).min(last)] - confidence[lower];
            let min_confidence = confidence[lower] + (position - count(lower)) * step;
            Ok(ConfidenceThreshold { coverage, min_confidence })
        })
        .collect()
}

/// Accuracy of the rows at or above one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SelectiveAccuracy {
    /// The threshold that was fixed beforehand.
    pub threshold: ConfidenceThreshold,
    /// Rows at or above it.
    pub n: usize,
    /// Share of all rows at or above it (the coverage achieved).
    pub achieved_coverage: f64,
    /// Share of these rows called right, with its 95 % Wilson interval; `None` when no row
    /// reached the threshold.
    pub accuracy: Option<AccuracyInterval>,
}

/// An accuracy with its 95 % Wilson interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AccuracyInterval {
    /// Share called right.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Selective accuracy on one span with thresholds that were fixed on another.
///
/// # Errors
/// As [`accuracy`](super::accuracy).
///
/// ```
/// use mantis_eval::metrics::{confidence_thresholds, selective_accuracy};
///
/// let thresholds = confidence_thresholds(&[0.5, 0.6, 0.3, 0.9], &[0.5])?;
/// let judged = selective_accuracy(&[true, false], &[0.9, 0.55], &thresholds)?;
/// assert_eq!((judged[0].n, judged[0].achieved_coverage), (1, 0.5));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn selective_accuracy(
    up: &[bool],
    p_up: &[f64],
    thresholds: &[ConfidenceThreshold],
) -> Result<Vec<SelectiveAccuracy>> {
    check_probability("selective_accuracy", up, p_up)?;
    thresholds
        .iter()
        .map(|&threshold| {
            let chosen = || {
                up.iter().zip(p_up).filter(|(_, p)| (*p - 0.5).abs() >= threshold.min_confidence)
            };
            let n = chosen().count();
            let hits = chosen().filter(|&(&u, &p)| right(u, p)).count();
            let accuracy = if n == 0 {
                None
            } else {
                let (low, high) = wilson_interval(hits, n, Z_95)?;
                Some(AccuracyInterval { value: count(hits) / count(n), low, high })
            };
            let achieved_coverage = count(n) / count(up.len());
            Ok(SelectiveAccuracy { threshold, n, achieved_coverage, accuracy })
        })
        .collect()
}
