//! Bars and series on disk.
//!
//! | type | folder |
//! |---|---|
//! | [`FolderStore`] | `BTCUSDT/ohlcv.parquet`, `BTC/funding_rates.csv`: whole histories, as fixtures and the guide have them |
//! | [`Store`] | one Parquet file a year with a manifest: what `fetch` fills and keeps current |
//! | [`DataDir`] | either of them, found by symbol or ticker: what `--data-dir` of every program takes |

mod atomic;
pub mod csv;
mod data_dir;
mod error;
mod folder;
mod guard;
pub mod parquet;
mod yearly;

use std::path::{Path, PathBuf};

pub use data_dir::{DataDir, open_data_dir};
pub use error::StoreError;
pub use folder::FolderStore;
pub use yearly::{
    Committed, Damage, Dataset, DatasetKind, Manifest, Piece, Rows, Store, Writer, YearFile,
};

use crate::bars::Bars;
use crate::error::{Error, Result};
use crate::input::{self, most};
use crate::time::{Interval, Timestamp};

/// The bytes of a file of market data.
fn table_file(path: &Path) -> Result<Vec<u8>> {
    input::bytes(path, most::TABLE).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => {
            Error::from(StoreError::Missing { path: path.to_owned(), what: "file" })
        }
        _ => Error::from(StoreError::Io { path: path.to_owned(), action: "read the file", source }),
    })
}

fn existing_folder(root: PathBuf) -> Result<PathBuf> {
    if root.is_dir() {
        Ok(root)
    } else {
        Err(Error::from(StoreError::Missing { path: root, what: "folder" }))
    }
}

/// Checks that bars are one interval apart, as far as that can be known.
///
/// A file of another writer does not tell its interval. Without a single pair of neighbours one
/// interval apart, the bars are longer than what was asked for.
fn check_spacing(path: &Path, recorded: Option<Interval>, bars: &Bars) -> Result<()> {
    let smallest = || distances(bars.open_time()).min();
    match recorded.or_else(smallest) {
        Some(got) if got != bars.interval() => Err(Error::from(StoreError::FileInterval {
            path: path.to_owned(),
            got,
            expected: bars.interval(),
        })),
        _ => Ok(()),
    }
}

/// The distance that most rows have from the next, which a few odd rows do not change; `None` for fewer than two rows.
fn usual_distance(times: &[Timestamp]) -> Option<Interval> {
    let mut distances: Vec<Interval> = distances(times).collect();
    let middle = distances.len().checked_sub(1)? / 2;
    Some(*distances.select_nth_unstable(middle).1)
}

fn distances(times: &[Timestamp]) -> impl Iterator<Item = Interval> {
    times.windows(2).map(|pair| pair[1] - pair[0]).filter(|&step| step > Interval::default())
}

/// A symbol comes from configuration and must not leave the root.
fn check_symbol(symbol: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if symbol.starts_with(|c: char| c.is_ascii_alphanumeric()) && symbol.chars().all(plain) {
        Ok(())
    } else {
        Err(Error::from(StoreError::BadSymbol { symbol: symbol.to_owned() }))
    }
}
