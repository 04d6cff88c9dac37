//! How a model was trained.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lstm::LearningCurves;

/// Numbers of rows behind each fitted part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FittedRows {
    /// Rows of the choice of columns and of the scaler.
    pub selection: usize,
    /// Rows of the LSTM.
    pub lstm: usize,
    /// Rows of the head.
    pub head: usize,
    /// Rows on which the head's number of trees was chosen.
    pub head_validation: usize,
    /// Rows of each companion that the LSTM was trained on as well; 0 for one that has not the chosen columns in the span of
    /// training.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub companions: BTreeMap<String, usize>,
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
