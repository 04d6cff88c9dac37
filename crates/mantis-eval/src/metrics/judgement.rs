//! All measures of one span together, and the mining guide's criterion.

use super::{
    ConfidenceThreshold, SelectiveAccuracy, Z_95, accuracy, balanced_accuracy, brier,
    check_probability, log_loss, right, roc_auc, selective_accuracy, wilson_interval,
};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// How good the forecasts of one span are.
///
/// ```
/// use mantis_eval::metrics::{Judgement, PassCriterion};
///
/// let up = [true, false, true, true, false, true];
/// let p_up = [0.61, 0.42, 0.55, 0.48, 0.39, 0.7];
/// let judgement = Judgement::new(&up, &p_up, &[])?;
/// assert_eq!(judgement.n, 6);
/// // Six rows are far too few for a lower bound above 55 %.
/// assert!(!PassCriterion::default().verdict(&judgement).passed);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Rows.
    pub n: usize,
    /// Share called right.
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval of the accuracy.
    pub low: f64,
    /// Upper end of the 95 % Wilson interval of the accuracy.
    pub high: f64,
    /// Mean of the shares of rises and of falls called right.
    pub balanced_accuracy: f64,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// Mean negative log likelihood (natural logarithm).
    pub log_loss: f64,
    /// Accuracy of the confident rows, one entry for each threshold given.
    pub selective: Vec<SelectiveAccuracy>,
}

impl Judgement {
    /// Judges one span; `thresholds` come from an earlier span
    /// ([`confidence_thresholds`](super::confidence_thresholds)).
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Empty`], [`Error::NotFinite`], [`Error::OneClass`], or
    /// [`Error::Parameter`] for a probability outside 0 to 1.
    pub fn new(up: &[bool], p_up: &[f64], thresholds: &[ConfidenceThreshold]) -> Result<Self> {
        check_probability("Judgement", up, p_up)?;
        let hits = up.iter().zip(p_up).filter(|&(&u, &p)| right(u, p)).count();
        let (low, high) = wilson_interval(hits, up.len(), Z_95)?;
        Ok(Self {
            n: up.len(),
            accuracy: accuracy(up, p_up)?,
            low,
            high,
            balanced_accuracy: balanced_accuracy(up, p_up)?,
            auc: roc_auc(up, p_up)?,
            brier: brier(up, p_up)?,
            log_loss: log_loss(up, p_up)?,
            selective: selective_accuracy(up, p_up, thresholds)?,
        })
    }
}

/// The mining guide's pass criterion; every part must be *exceeded*.
///
/// | field | default | range | part of the guide |
/// |---|---|---|---|
/// | `accuracy` | 0.55 | 0 to 1 | "Test accuracy > 55 %" |
/// | `lower_bound` | 0.55 | 0 to 1 | "95 % CI lower bound > 55 %" |
/// | `auc` | 0.55 | 0 to 1 | "AUC > 0.55" |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PassCriterion {
    /// Accuracy to exceed.
    pub accuracy: f64,
    /// What the lower end of the 95 % interval of the accuracy must exceed.
    pub lower_bound: f64,
    /// AUC to exceed.
    pub auc: f64,
}

impl Default for PassCriterion {
    fn default() -> Self {
        Self { accuracy: 0.55, lower_bound: 0.55, auc: 0.55 }
    }
}

impl PassCriterion {
    /// A criterion with other bars to clear.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a value outside 0 to 1.
    pub fn new(accuracy: f64, lower_bound: f64, auc: f64) -> Result<Self> {
        let what = "PassCriterion";
        for (parameter, got) in [("accuracy", accuracy), ("lower_bound", lower_bound), ("auc", auc)]
        {
            if !(0.0..=1.0).contains(&got) {
                return Err(Error::Parameter { what, parameter, expected: "within 0 to 1", got });
            }
        }
        Ok(Self { accuracy, lower_bound, auc })
    }

    /// Whether `judgement` clears every bar, and which ones.
    #[must_use]
    pub fn verdict(&self, judgement: &Judgement) -> Verdict {
        let accuracy = judgement.accuracy > self.accuracy;
        let lower_bound = judgement.low > self.lower_bound;
        let auc = judgement.auc > self.auc;
        Verdict { accuracy, lower_bound, auc, passed: accuracy && lower_bound && auc }
    }
}

/// The parts of a [`PassCriterion`] that a judgement met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The accuracy is high enough.
    pub accuracy: bool,
    /// The lower end of its 95 % interval is high enough.
    pub lower_bound: bool,
    /// The AUC is high enough.
    pub auc: bool,
    /// All of them are.
    pub passed: bool,
}
