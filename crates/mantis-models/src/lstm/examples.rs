//! What a network learns from: rows of a set of sequences with their targets.

use super::loss::Loss;
use crate::{Error, Result};

/// Rows with targets, and with weights if they do not all count the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examples {
    /// Rows that have a sequence.
    pub rows: Vec<usize>,
    /// Targets row by row, as many for each as [`Loss::targets`] says.
    pub targets: Vec<f32>,
    /// Weight of each row; empty: 1 each.
    pub weights: Vec<f32>,
}

impl Examples {
    /// Rows after which the price rose or not.
    #[must_use]
    pub fn directions(rows: Vec<usize>, up: &[bool]) -> Self {
        let targets = up.iter().map(|&up| f32::from(u8::from(up))).collect();
        Self { rows, targets, weights: Vec::new() }
    }

    /// The weight of the row at a place.
    pub(crate) fn weight(&self, at: usize) -> f32 {
        self.weights.get(at).copied().unwrap_or(1.0)
    }

    /// Checks the numbers against each other and the loss.
    pub(crate) fn check(&self, what: &'static str, loss: &Loss, outputs: usize) -> Result<()> {
        let rows = self.rows.len();
        if rows == 0 {
            return Err(Error::TooFewRows { what, got: 0, least: 1 });
        }
        let expected = rows * loss.targets(outputs);
        let length = |input, got, expected| Err(Error::Length { what, input, got, expected });
        if self.targets.len() != expected {
            return length("targets", self.targets.len(), expected);
        }
        if !self.weights.is_empty() && self.weights.len() != rows {
            return length("weights", self.weights.len(), rows);
        }
        if let Some((at, expected)) = loss.bad_target(outputs, &self.targets) {
            let got = f64::from(self.targets[at]);
            return Err(Error::Parameter { what, parameter: "targets", expected, got });
        }
        if let Some(&got) = self.weights.iter().find(|w| !(w.is_finite() && **w > 0.0)) {
            let (expected, got) = ("above 0 and finite", f64::from(got));
            return Err(Error::Parameter { what, parameter: "weights", expected, got });
        }
        let one = |targets: &[f32]| targets.iter().all(|&y| y == targets[0]);
        if matches!(loss, Loss::Logistic | Loss::Classes)
            && loss.targets(outputs) == 1
            && one(&self.targets)
        {
            return Err(Error::OneClass { what, rows });
        }
        Ok(())
    }
}
