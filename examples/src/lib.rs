//! What the programs of Mantis share. Each binary parses its flags, calls one function here, and prints.

pub mod audit;
#[cfg(doctest)]
mod book;
pub mod check_data;
#[cfg(feature = "network")]
mod clock;
#[cfg(feature = "engines")]
pub mod demo;
mod error;
#[cfg(feature = "network")]
pub mod fetch;
mod files;
pub mod look_ahead;
#[cfg(feature = "network")]
pub mod mine;
pub mod models;
pub mod program;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
pub mod runs;
pub mod salience;
pub mod ui;

#[cfg(feature = "network")]
pub use clock::SystemClock;
pub use error::{Error, Result};
