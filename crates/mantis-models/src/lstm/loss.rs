//! What a network is trained to say.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The loss of one row, and with it the meaning of the outputs and of the targets.
///
/// | loss | outputs | targets of a row | an output is |
/// |---|---|---|---|
/// | `Logistic` | any number | one for each output, 0 or 1 | log-odds of 1 |
/// | `Squared` | any number | one for each output | the expected value |
/// | `Quantile` | one for each level | one | the quantile (Koenker and Bassett 1978) |
/// | `Classes` | one for each class | one, the class from 0 | log-probability up to a constant |
///
/// Where a row has several outputs its loss is their mean, except for `Classes`, whose loss is the cross-entropy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Loss {
    /// Logistic loss, for directions.
    #[default]
    Logistic,
    /// Squared error.
    Squared,
    /// Pinball loss at these levels, each between 0 and 1.
    Quantile(Vec<f64>),
    /// Cross-entropy over classes.
    Classes,
}

impl Loss {
    /// Targets of each row for a network with so many outputs.
    #[must_use]
    pub fn targets(&self, outputs: usize) -> usize {
        match self {
            Self::Logistic | Self::Squared => outputs,
            Self::Quantile(_) | Self::Classes => 1,
        }
    }

    /// Checks that a network with so many outputs can be trained with this loss.
    ///
    /// # Errors
    /// [`Error::Parameter`] for levels that are none, or another number of them than outputs, or a single class.
    pub fn check(&self, outputs: usize) -> Result<()> {
        let bad = |parameter, expected, got| {
            Err(Error::Parameter { what: "LSTM", parameter, expected, got })
        };
        match self {
            Self::Quantile(levels) => {
                if let Some(&level) = levels.iter().find(|&&q| !(q > 0.0 && q < 1.0)) {
                    return bad("loss.quantile", "levels between 0 and 1", level);
                }
                if levels.len() != outputs {
                    return bad("outputs", "one for each level of the loss", outputs as f64);
                }
            }
            Self::Classes if outputs < 2 => {
                return bad("outputs", "one for each class, at least 2", outputs as f64);
            }
            Self::Logistic | Self::Squared | Self::Classes => {}
        }
        Ok(())
    }

    /// The first target that the loss cannot take, and what it takes.
    #[cfg(any(test, feature = "torch"))]
    pub(crate) fn bad_target(
        &self,
        outputs: usize,
        targets: &[f32],
    ) -> Option<(usize, &'static str)> {
        let (fits, expected): (Box<dyn Fn(f32) -> bool>, _) = match self {
            Self::Logistic => (Box::new(|y| y == 0.0 || y == 1.0), "0 or 1"),
            Self::Squared | Self::Quantile(_) => (Box::new(f32::is_finite), "a finite number"),
            Self::Classes => {
                let largest = outputs as f32 - 1.0;
                (Box::new(move |y| y.fract() == 0.0 && (0.0..=largest).contains(&y)), "a class")
            }
        };
        targets.iter().position(|&y| !fits(y)).map(|at| (at, expected))
    }
}
