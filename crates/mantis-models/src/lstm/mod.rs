//! The LSTM: its parameters, its weights, inference in plain Rust, and training on libtorch (feature `torch`).

#[cfg(feature = "torch")]
mod checkpoint;
mod device;
#[cfg(feature = "torch")]
mod examples;
mod loss;
#[cfg(feature = "torch")]
mod optimiser;
mod params;
mod portable;
#[cfg(feature = "torch")]
mod torch;
mod weights;

pub use device::Device;
#[cfg(feature = "torch")]
pub use examples::Examples;
pub use loss::Loss;
pub use params::{LearningCurves, LstmParams, Schedule, TrainParams};
pub use portable::{Lstm, Outputs};
#[cfg(feature = "torch")]
pub use torch::{RunOptions, train};
pub use weights::LstmWeights;

#[cfg(test)]
mod tests;
