//! What learners have in common: fitting is one type, predicting another.

use std::ops::Range;

use crate::split::TrainingView;
use crate::{Error, Result};

/// A model that has not seen data. Fitting takes training rows only and returns another type, so that a prediction
/// before fitting does not compile.
pub trait Learner {
    /// The fitted model.
    type Fitted: Predict;

    /// Fits on the labelled training rows.
    ///
    /// # Errors
    /// What the implementation documents.
    fn fit(&self, train: &TrainingView<'_>) -> Result<Self::Fitted>;
}

/// A fitted model of the probability that the label is up.
pub trait Predict {
    /// Probability of "up" for one row, its values in the column order of the fit.
    ///
    /// # Errors
    /// [`Error::Length`] for a row of another length, [`Error::NotFinite`] when a value that the model uses is NaN or
    /// infinite.
    fn probability(&self, row: &[f64]) -> Result<f64>;

    /// Probabilities of "up" for some rows of whole columns.
    ///
    /// # Errors
    /// As [`Predict::probability`], and [`Error::Length`] when a column ends before the rows do.
    fn probabilities(&self, columns: &[Vec<f64>], rows: Range<usize>) -> Result<Vec<f64>> {
        if let Some(short) = columns.iter().find(|column| column.len() < rows.end) {
            let (what, input) = ("prediction", "column");
            return Err(Error::Length { what, input, got: short.len(), expected: rows.end });
        }
        let mut row = Vec::with_capacity(columns.len());
        rows.map(|at| {
            row.clear();
            row.extend(columns.iter().map(|column| column[at]));
            self.probability(&row)
        })
        .collect()
    }
}
