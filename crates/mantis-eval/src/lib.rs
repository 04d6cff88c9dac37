//! Honest metrics and a replica of the MANTIS validator's scoring.

pub mod report;

mod error;

pub use error::{Error, Result};
