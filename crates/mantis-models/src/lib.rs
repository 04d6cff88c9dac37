#![doc = include_str!("../README.md")]

mod artifact;
mod calibrate;
mod companion;
mod dataset;
mod ensemble;
mod error;
pub mod gbdt;
#[cfg(feature = "torch")]
mod lessons;
pub mod lstm;
pub mod pooled;
mod progress;
mod recipe;
mod scaler;
mod sequences;
#[cfg(feature = "torch")]
mod train;
mod training_log;

pub use artifact::{Artifact, Explanation, FORMAT_VERSION, Fingerprints, Forecast};
pub use calibrate::Calibration;
pub use companion::Companion;
pub use dataset::{Dataset, head_rows, quiet};
pub use ensemble::{Stack, mean_log_odds};
pub use error::{Error, Result};
pub use progress::{Progress, Stage};
pub use recipe::{Companions, Recipe};
pub use scaler::{CLIP, Scaler};
pub use sequences::Sequences;
#[cfg(feature = "torch")]
pub use train::{TrainOptions, Trained, train};
pub use training_log::{FittedRows, TrainingLog};

/// A pool of so many threads (0: one for each core).
pub(crate) fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    let failed =
        |e: rayon::ThreadPoolBuildError| Error::Engine { engine: "rayon", reason: e.to_string() };
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(failed)
}
