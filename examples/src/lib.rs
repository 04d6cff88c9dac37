//! What the programs of Mantis share. Each binary parses its flags, calls one function here, and prints.

#[cfg(feature = "engines")]
pub mod demo;
mod error;
pub mod look_ahead;
pub mod ui;

pub use error::{Error, Result};
