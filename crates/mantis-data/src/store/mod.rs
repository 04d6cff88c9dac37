//! Bars and series on disk.
//!
//! A store is a folder with one folder per symbol: `BTCUSDT/ohlcv.parquet`,
//! `BTCUSDT/funding_rates.parquet`, `BTCUSDT/open_interest.parquet`.

mod folder;
pub mod parquet;

pub use folder::FolderStore;
