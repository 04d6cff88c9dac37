//! Logistic regression on z-scores.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::learner::{Learner, Predict};
use super::linear::Linear;
use super::logistic::Logistic;
use super::problem::check_positive;
use crate::split::TrainingView;
use crate::{Error, Result};

const WHAT: &str = "logistic learner";

/// L2 logistic regression on z-scores of the training rows, clipped on both sides.
///
/// | name | default | range |
/// |---|---|---|
/// | `clip` | 5 | > 0 |
/// | `logistic` | `c` 0.003, free intercept | see [`Logistic`] |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LogisticLearner {
    /// Largest absolute z-score that the regression sees.
    pub clip: f64,
    /// The regression.
    pub logistic: Logistic,
}

impl Default for LogisticLearner {
    fn default() -> Self {
        Self { clip: 5.0, logistic: Logistic { c: 0.003, ..Logistic::default() } }
    }
}

/// Fitted [`LogisticLearner`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedLogistic {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Mean of each column over the training rows.
    pub mean: Vec<f64>,
    /// Standard deviation of each column over the training rows (population form).
    pub deviation: Vec<f64>,
    /// Largest absolute z-score.
    pub clip: f64,
    /// The regression on the clipped z-scores.
    pub linear: Linear,
}

impl Learner for LogisticLearner {
    type Fitted = FittedLogistic;

    /// # Errors
    /// [`Error::Parameter`] for a bad `clip`, [`Error::NotFinite`] or [`Error::Constant`] naming a column without a z-score,
    /// and the errors of [`Logistic::fit`].
    fn fit(&self, train: &TrainingView<'_>) -> Result<FittedLogistic> {
        check_positive(WHAT, "clip", self.clip)?;
        let (n, p) = (train.up().len(), train.names().len());
        let (mut mean, mut deviation) = (Vec::with_capacity(p), Vec::with_capacity(p));
        let mut design = Array2::zeros((n, p));
        for (j, values) in train.columns().enumerate() {
            let (m, s) = moments(&train.names()[j], values)?;
            for (cell, value) in design.column_mut(j).iter_mut().zip(values) {
                *cell = ((value - m) / s).clamp(-self.clip, self.clip);
            }
            mean.push(m);
            deviation.push(s);
        }
        let linear = self.logistic.fit(design.view(), train.up(), None)?;
        Ok(FittedLogistic {
            names: train.names().to_vec(),
            mean,
            deviation,
            clip: self.clip,
            linear,
        })
    }
}

impl Predict for FittedLogistic {
    fn probability(&self, row: &[f64]) -> Result<f64> {
        if row.len() != self.names.len() {
            let (got, expected) = (row.len(), self.names.len());
            return Err(Error::Length { what: WHAT, input: "row", got, expected });
        }
        if let Some(j) = row.iter().position(|value| !value.is_finite()) {
            let column = self.names[j].clone();
            return Err(Error::NotFinite { what: WHAT, column, row: 0, got: row[j] });
        }
        let scales = self.mean.iter().zip(&self.deviation);
        let clipped =
            |(value, (m, s)): (&f64, (&f64, &f64))| ((value - m) / s).clamp(-self.clip, self.clip);
        self.linear.probability(&row.iter().zip(scales).map(clipped).collect::<Vec<_>>())
    }
}

fn moments(name: &str, values: &[f64]) -> Result<(f64, f64)> {
    if let Some(row) = values.iter().position(|value| !value.is_finite()) {
        let (column, got) = (name.to_owned(), values[row]);
        return Err(Error::NotFinite { what: WHAT, column, row, got });
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    if !(deviation.is_finite() && deviation > 1e-13 * mean.abs()) {
        return Err(Error::Constant { what: WHAT, column: name.to_owned(), rows: values.len() });
    }
    Ok((mean, deviation))
}
