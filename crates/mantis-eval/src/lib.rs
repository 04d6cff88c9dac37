#![doc = include_str!("../README.md")]

pub mod competitors;
pub mod ledger;
pub mod metrics;
pub mod report;
pub mod score;
pub mod simulate;

mod error;
mod workers;

pub use error::{Error, Result};
