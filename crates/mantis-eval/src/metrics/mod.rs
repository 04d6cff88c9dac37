//! Honest measures of a one-hour direction forecast.
//!
//! A forecast is a probability `p_up` that the price rises, the truth a flag `up`. A row is
//! called "up" when `p_up > 0.5`.

mod classification;
mod curves;
mod judgement;
mod selective;
mod strategy;
#[cfg(test)]
mod tests;

pub use classification::{
    Z_95, accuracy, balanced_accuracy, brier, log_loss, roc_auc, wilson_interval,
};
pub use curves::{
    CalibrationBin, ConfidenceBin, MonthBin, RocPoint, accuracy_by_confidence, accuracy_by_month,
    reliability, roc_curve,
};
pub use judgement::{Judgement, PassCriterion, Verdict};
pub use selective::{
    AccuracyInterval, ConfidenceThreshold, SelectiveAccuracy, confidence_thresholds,
    selective_accuracy,
};

pub use strategy::{SignStrategy, sign_strategy};

use crate::{Error, Result};

/// Rows as a float; counts here stay far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of rows stay below 2^53")]
pub(crate) fn count(n: usize) -> f64 {
    n as f64
}

/// One label for each score, at least one row, finite scores.
fn check(what: &'static str, up: &[bool], score: &[f64]) -> Result<()> {
    if up.len() != score.len() {
        return Err(Error::Length { what, expected: up.len(), got: score.len() });
    }
    if up.is_empty() {
        return Err(Error::Empty { what });
    }
    match score.iter().position(|s| !s.is_finite()) {
        Some(index) => Err(Error::NotFinite { what, index, value: score[index] }),
        None => Ok(()),
    }
}

/// As [`check`], and every value is a probability.
fn check_probability(what: &'static str, up: &[bool], p_up: &[f64]) -> Result<()> {
    check(what, up, p_up)?;
    match p_up.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        Some(&got) => {
            Err(Error::Parameter { what, parameter: "p_up", expected: "within 0 to 1", got })
        }
        None => Ok(()),
    }
}

/// Whether a row is called right.
fn right(up: bool, p_up: f64) -> bool {
    (p_up > 0.5) == up
}
