//! The LSTM: its parameters, its weights, inference in plain Rust, and training on libtorch (feature `torch`).

mod params;
mod portable;
#[cfg(feature = "torch")]
mod torch;
mod weights;

pub use params::{LearningCurves, LstmParams, TrainParams};
pub use portable::{Lstm, Outputs};
#[cfg(feature = "torch")]
pub use torch::{LabelledRows, train};
pub use weights::LstmWeights;

#[cfg(test)]
mod tests;
