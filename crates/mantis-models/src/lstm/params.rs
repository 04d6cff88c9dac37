//! Parameters of the network and of its training.

use serde::{Deserialize, Serialize};

use super::loss::Loss;
use crate::{Error, Result};

/// Sizes of the network.
///
/// LSTM layers over `steps x features`, dropout after each, then the last step through two dense layers with ReLU and one
/// linear layer; its one output by default is the log-odds of "up".
///
/// | name | default | range | name in the mining guide |
/// |---|---|---|---|
/// | `steps` | 20 | 1..=1000 | timesteps |
/// | `hidden` | 128 | 1..=4096 | hidden units |
/// | `layers` | 2 | 1..=8 | LSTM layers |
/// | `dropout` | 0.2 | [0, 1) | dropout |
/// | `dense` | `[64, 32]` | 1..=4096 each | dense units; the last are the embedding that the head reads |
/// | `outputs` | 1 | 1..=4096 | outputs; what they mean the [`Loss`] says |
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
    /// Outputs.
    pub outputs: usize,
}

impl Default for LstmParams {
    fn default() -> Self {
        Self { steps: 20, hidden: 128, layers: 2, dropout: 0.2, dense: [64, 32], outputs: 1 }
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
        within("outputs", self.outputs, 1..=4096, "from 1 to 4096")?;
        if !(0.0..1.0).contains(&self.dropout) {
            let expected = "at least 0 and below 1";
            let (parameter, got) = ("dropout", self.dropout);
            return Err(Error::Parameter { what: WHAT, parameter, expected, got });
        }
        Ok(())
    }
}

/// How the network is trained: AdamW with early stopping on validation rows.
///
/// | name | default | range | purpose |
/// |---|---|---|---|
/// | `batch` | 512 | >= 1 | sequences in one step |
/// | `epochs` | 12 | >= 1 | most passes over the training rows |
/// | `patience` | 3 | >= 1 | epochs without a lower validation loss after which to stop |
/// | `loss` | logistic | | see [`Loss`] |
/// | `learning_rate` | 0.001 | (0, 1] | step size |
/// | `schedule` | constant | | see [`Schedule`] |
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
    /// What the network is trained to say.
    pub loss: Loss,
    /// Step size.
    pub learning_rate: f64,
    /// Step size over the epochs.
    pub schedule: Schedule,
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
            loss: Loss::Logistic,
            learning_rate: 1e-3,
            schedule: Schedule::Constant,
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
        self.schedule.check()?;
        if !(self.clip_norm > 0.0 && self.clip_norm.is_finite()) {
            return bad("clip_norm", "above 0", self.clip_norm);
        }
        Ok(())
    }
}

/// How the step size changes from epoch to epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schedule {
    /// It does not.
    #[default]
    Constant,
    /// Half a cosine from the full step size towards 0 at the last planned epoch (Loshchilov and Hutter 2017).
    Cosine,
    /// It is multiplied by `factor` after every `patience` epochs in a row without a lower validation loss.
    Plateau {
        /// Above 0 and below 1.
        factor: f64,
        /// At least 1.
        patience: usize,
    },
}

impl Schedule {
    fn check(&self) -> Result<()> {
        if let Self::Plateau { factor, patience } = self {
            within("schedule.plateau.patience", *patience, 1..=usize::MAX, "at least 1")?;
            if !(*factor > 0.0 && *factor < 1.0) {
                let (parameter, expected) = ("schedule.plateau.factor", "above 0 and below 1");
                return Err(Error::Parameter { what: WHAT, parameter, expected, got: *factor });
            }
        }
        Ok(())
    }

    /// Share of the full step size in the epoch after these validation losses.
    fn share(&self, losses: &[f64], epochs: usize) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine => {
                let progress = losses.len() as f64 / epochs as f64;
                0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
            }
            Self::Plateau { factor, patience } => {
                let (mut best, mut waited, mut share) = (f64::INFINITY, 0, 1.0);
                for &loss in losses {
                    waited = if loss < best { 0 } else { waited + 1 };
                    best = best.min(loss);
                    if waited == *patience {
                        share *= factor;
                        waited = 0;
                    }
                }
                share
            }
        }
    }
}

impl TrainParams {
    /// The step size of the epoch after these validation losses.
    #[must_use]
    pub fn rate(&self, losses: &[f64]) -> f64 {
        self.learning_rate * self.schedule.share(losses, self.epochs)
    }
}

/// How a training went, epoch by epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearningCurves {
    /// Mean loss over the training rows of each epoch, with dropout, while the weights moved.
    pub train_loss: Vec<f64>,
    /// Mean loss over the validation rows after each epoch, without dropout.
    pub validation_loss: Vec<f64>,
    /// The epoch whose weights were kept, from 0.
    pub best_epoch: usize,
}
