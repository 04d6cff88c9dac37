//! Baselines: the majority class, and fading the last return.

use serde::{Deserialize, Serialize};

use super::learner::{Learner, Predict};
use super::linear::sigmoid;
use crate::split::TrainingView;
use crate::{Error, Result};

/// Predicts the share of "up" among the training labels for every row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prior;

/// Fitted [`Prior`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FittedPrior {
    /// Share of "up" among the training labels.
    pub up_share: f64,
}

impl Learner for Prior {
    type Fitted = FittedPrior;

    /// # Errors
    /// [`Error::Length`] when there is no training row.
    fn fit(&self, train: &TrainingView<'_>) -> Result<FittedPrior> {
        let rows = train.up().len();
        if rows == 0 {
            let (what, input) = ("prior", "training rows");
            return Err(Error::Length { what, input, got: 0, expected: 1 });
        }
        let up = train.up().iter().filter(|&&up| up).count();
        Ok(FittedPrior { up_share: up as f64 / rows as f64 })
    }
}

impl Predict for FittedPrior {
    fn probability(&self, _row: &[f64]) -> Result<f64> {
        Ok(self.up_share)
    }
}

/// Predicts the opposite of a trailing return, for example of the last two hours ("fade-2h").
///
/// The direction needs no fitting: up after a fall, down after a rise, 1/2 after no change. Fitting only finds the column
/// and the root mean square of its training rows, which scales the return so that larger moves give more confidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FadeRule {
    /// Name of the column that holds the return over the last bars.
    pub return_column: String,
}

/// Fitted [`FadeRule`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedFade {
    /// Position of the return among the columns of the fit.
    pub column: usize,
    /// Number of columns of the fit.
    pub columns: usize,
    /// Root mean square return of the training rows.
    pub scale: f64,
}

const FADE: &str = "fade rule";

impl Learner for FadeRule {
    type Fitted = FittedFade;

    /// # Errors
    /// [`Error::UnknownColumn`] when the view has no column of that name, [`Error::NotFinite`] or [`Error::Constant`] when its
    /// training rows have no usable scale.
    fn fit(&self, train: &TrainingView<'_>) -> Result<FittedFade> {
        let found = train.names().iter().position(|name| *name == self.return_column);
        let wanted = || self.return_column.clone();
        let column = found
            .ok_or_else(|| Error::UnknownColumn { name: wanted(), columns: train.names().len() })?;
        let returns = train.column(column);
        if let Some(row) = returns.iter().position(|r| !r.is_finite()) {
            let got = returns[row];
            return Err(Error::NotFinite { what: FADE, column: wanted(), row, got });
        }
        let squares: f64 = returns.iter().map(|r| r * r).sum();
        let scale = (squares / returns.len() as f64).sqrt();
        if !(scale.is_finite() && scale > 0.0) {
            return Err(Error::Constant { what: FADE, column: wanted(), rows: returns.len() });
        }
        Ok(FittedFade { column, columns: train.names().len(), scale })
    }
}

impl Predict for FittedFade {
    fn probability(&self, row: &[f64]) -> Result<f64> {
        if row.len() != self.columns {
            let (got, expected) = (row.len(), self.columns);
            return Err(Error::Length { what: FADE, input: "row", got, expected });
        }
        let got = row[self.column];
        if !got.is_finite() {
            let column = format!("column {}", self.column);
            return Err(Error::NotFinite { what: FADE, column, row: 0, got });
        }
        Ok(sigmoid(-got / self.scale))
    }
}
