//! How a model was trained.

use serde::{Deserialize, Serialize};

use crate::lstm::LearningCurves;

/// Numbers of rows behind each fitted part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FittedRows {
    /// Rows of the choice of columns and of the scaler.
    pub selection: usize,
    /// Rows of the LSTM.
    pub lstm: usize,
    /// Rows of the head.
    pub head: usize,
    /// Rows on which the head's number of trees was chosen.
    pub head_validation: usize,
}

/// How a model was trained, as its artifact keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingLog {
    /// Losses of the LSTM.
    pub curves: LearningCurves,
    /// Rows behind each part.
    pub rows: FittedRows,
}
