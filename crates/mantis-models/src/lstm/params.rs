//! Parameters of the network and of its training.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Sizes of the network.
///
/// LSTM layers over `steps x features`, dropout after each, then the last step through two dense layers with ReLU and one
/// linear output, the log-odds of "up".
///
/// | name | default | range | name in the mining guide |
/// |---|---|---|---|
/// | `steps` | 20 | 1..=1000 | timesteps |
/// | `hidden` | 128 | 1..=4096 | hidden units |
/// | `layers` | 2 | 1..=8 | LSTM layers |
/// | `dropout` | 0.2 | [0, 1) | dropout |
/// | `dense` | `[64, 32]` | 1..=4096 each | dense units; the last are the embedding that the head reads |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LstmParams {
    /// Rows of a sequence.
    pub steps: usize,
    /// Units of each LSTM layer.
    pub hidden: usize,
    /// LSTM layers.
    pub layers: usize,
    /// Share of values that are zeroed in training.
    pub dropout: f64,
    /// Units of the dense layers.
    pub dense: [usize; 2],
}

impl Default for LstmParams {
    fn default() -> Self {
        Self { steps: 20, hidden: 128, layers: 2, dropout: 0.2, dense: [64, 32] }
    }
}

const WHAT: &str = "LSTM";

fn within(
    parameter: &'static str,
    got: usize,
    range: std::ops::RangeInclusive<usize>,
    expected: &'static str,
) -> Result<()> {
    if range.contains(&got) {
        return Ok(());
    }
    Err(Error::Parameter { what: WHAT, parameter, expected, got: got as f64 })
}

impl LstmParams {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one outside its range.
    pub fn check(&self) -> Result<()> {
        within("steps", self.steps, 1..=1000, "from 1 to 1000")?;
        within("hidden", self.hidden, 1..=4096, "from 1 to 4096")?;
        within("layers", self.layers, 1..=8, "from 1 to 8")?;
        for units in self.dense {
            within("dense", units, 1..=4096, "from 1 to 4096")?;
        }
        if !(0.0..1.0).contains(&self.dropout) {
            let expected = "at least 0 and below 1";
            let (parameter, got) = ("dropout", self.dropout);
            return Err(Error::Parameter { what: WHAT, parameter, expected, got });
        }
        Ok(())
    }
}

/// How the network is trained: AdamW on the logistic loss, with early stopping on validation rows.
///
/// | name | default | range | purpose |
/// |---|---|---|---|
/// | `batch` | 512 | >= 1 | sequences in one step |
/// | `epochs` | 12 | >= 1 | most passes over the training rows |
/// | `patience` | 3 | >= 1 | epochs without a lower validation loss after which to stop |
/// | `learning_rate` | 0.001 | (0, 1] | step size |
/// | `weight_decay` | 0.01 | [0, 1] | decoupled decay of the weights |
/// | `clip_norm` | 1 | > 0 | largest norm of a gradient |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainParams {
    /// Sequences in one step.
    pub batch: usize,
    /// Most passes over the training rows.
    pub epochs: usize,
    /// Epochs without improvement after which to stop.
    pub patience: usize,
    /// Step size.
    pub learning_rate: f64,
    /// Decoupled decay of the weights.
    pub weight_decay: f64,
    /// Largest norm of a gradient.
    pub clip_norm: f64,
}

impl Default for TrainParams {
    fn default() -> Self {
        Self {
            batch: 512,
            epochs: 12,
            patience: 3,
            learning_rate: 1e-3,
            weight_decay: 1e-2,
            clip_norm: 1.0,
        }
    }
}

impl TrainParams {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one outside its range.
    pub fn check(&self) -> Result<()> {
        let many = 1..=usize::MAX;
        within("batch", self.batch, many.clone(), "at least 1")?;
        within("epochs", self.epochs, many.clone(), "at least 1")?;
        within("patience", self.patience, many, "at least 1")?;
        let bad = |parameter, expected, got| {
            Err(Error::Parameter { what: WHAT, parameter, expected, got })
        };
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return bad("learning_rate", "above 0 and at most 1", self.learning_rate);
        }
        if !(0.0..=1.0).contains(&self.weight_decay) {
            return bad("weight_decay", "from 0 to 1", self.weight_decay);
        }
        if !(self.clip_norm > 0.0 && self.clip_norm.is_finite()) {
            return bad("clip_norm", "above 0", self.clip_norm);
        }
        Ok(())
    }
}

/// How a training went, epoch by epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearningCurves {
    /// Mean logistic loss over the batches of each epoch, with dropout.
    pub train_loss: Vec<f64>,
    /// Logistic loss over the validation rows after each epoch, without dropout.
    pub validation_loss: Vec<f64>,
    /// The epoch whose weights were kept, from 0.
    pub best_epoch: usize,
}
