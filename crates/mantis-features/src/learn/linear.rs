//! Fitted linear classifier.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::derivatives::dot;
use crate::{Error, Result};

/// A fitted linear classifier of an up/down label: `decision = w . x + b`, `probability = 1 / (1 + exp(-decision))`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// One weight per column of the design.
    pub weights: Vec<f64>,
    /// Intercept.
    pub intercept: f64,
    /// Outer iterations of the solver.
    pub iterations: usize,
    /// Whether the stop rule of the solver was met within its iteration limit.
    pub converged: bool,
}

impl Linear {
    /// Log-odds of "up" for one row.
    ///
    /// # Errors
    /// [`Error::Length`] when the row has another number of values than the design had columns.
    pub fn decision(&self, row: &[f64]) -> Result<f64> {
        self.check_columns(row.len())?;
        Ok(self.intercept + dot(&self.weights, row))
    }

    /// Probability of "up" for one row.
    ///
    /// # Errors
    /// As [`Linear::decision`].
    pub fn probability(&self, row: &[f64]) -> Result<f64> {
        self.decision(row).map(sigmoid)
    }

    /// Log-odds of "up" for every row of `x` (rows x columns).
    ///
    /// # Errors
    /// As [`Linear::decision`].
    pub fn decisions(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>> {
        self.check_columns(x.ncols())?;
        let by_row = |row: &[f64]| self.intercept + dot(&self.weights, row);
        Ok(match x.as_slice() {
            Some(flat) => flat.chunks_exact(self.weights.len()).map(by_row).collect(),
            None => x.rows().into_iter().map(|row| by_row(&row.to_vec())).collect(),
        })
    }

    /// Probability of "up" for every row of `x` (rows x columns).
    ///
    /// # Errors
    /// As [`Linear::decision`].
    pub fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>> {
        let mut values = self.decisions(x)?;
        for value in &mut values {
            *value = sigmoid(*value);
        }
        Ok(values)
    }

    fn check_columns(&self, got: usize) -> Result<()> {
        if got == self.weights.len() {
            return Ok(());
        }
        Err(Error::Length { what: "linear model", input: "row", got, expected: self.weights.len() })
    }
}

/// The logistic function, without overflow for any finite `z`.
#[must_use]
pub fn sigmoid(z: f64) -> f64 {
    let e = (-z.abs()).exp();
    if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}
