#![doc = include_str!("../README.md")]

#[cfg(feature = "ledger")]
pub mod among;
pub mod backtest;
pub mod competitors;
pub mod ledger;
pub mod metrics;
pub mod report;
pub mod runs;
pub mod score;
pub mod simulate;
pub mod statistics;

mod error;
mod workers;

pub use error::{Error, Result};
