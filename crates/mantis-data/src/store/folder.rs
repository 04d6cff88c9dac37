//! A folder of Parquet files, one folder per symbol.

use std::path::{Path, PathBuf};

use super::parquet;
use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::panel::Panel;
use crate::series::{Series, SeriesKind};
use crate::time::Interval;

const BARS_FILE: &str = "ohlcv.parquet";
const SERIES_KINDS: [SeriesKind; 2] = [SeriesKind::FundingRate, SeriesKind::OpenInterest];

/// A folder with one folder per symbol, each with the files described in
/// [`parquet`](super::parquet).
///
/// ```
/// use mantis_data::{FolderStore, Interval, Timestamp, source::synthetic::RandomWalk};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let root = folder.path();
/// let store = FolderStore::open(root)?;
/// let start = Timestamp::parse("2025-01-01")?;
/// let bars = RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, 24, 1)?;
///
/// store.write_bars(&bars)?;
/// assert_eq!(store.symbols()?, ["BTCUSDT"]);
/// assert_eq!(store.bars("BTCUSDT", Interval::HOUR)?, bars);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FolderStore {
    root: PathBuf,
}

impl FolderStore {
    /// Opens an existing folder, which may be empty.
    ///
    /// # Errors
    /// [`Error::Missing`] if `root` is not a folder.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        if root.is_dir() {
            Ok(Self { root })
        } else {
            Err(Error::Missing { path: root, what: "folder" })
        }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The bars of a symbol.
    ///
    /// # Errors
    /// See [`parquet::read_bars`](super::parquet::read_bars); [`Error::BadSymbol`].
    pub fn bars(&self, symbol: &str, interval: Interval) -> Result<Bars> {
        parquet::read_bars(&self.bars_path(symbol)?, symbol, interval)
    }

    /// The bars of a symbol as they are in the file, unchecked, for a
    /// [`QualityReport`](crate::QualityReport).
    ///
    /// # Errors
    /// See [`parquet::read_columns`](super::parquet::read_columns); [`Error::BadSymbol`].
    pub fn columns(&self, symbol: &str) -> Result<BarColumns> {
        parquet::read_columns(&self.bars_path(symbol)?)
    }

    /// A series of a symbol.
    ///
    /// # Errors
    /// See [`parquet::read_series`](super::parquet::read_series); [`Error::BadSymbol`].
    pub fn series(&self, symbol: &str, kind: SeriesKind) -> Result<Series> {
        parquet::read_series(&self.series_path(symbol, kind)?, symbol, kind)
    }

    /// Whether there is a file with bars of the symbol.
    #[must_use]
    pub fn has_bars(&self, symbol: &str) -> bool {
        self.bars_path(symbol).is_ok_and(|path| path.is_file())
    }

    /// Whether there is a file with this series of the symbol.
    #[must_use]
    pub fn has_series(&self, symbol: &str, kind: SeriesKind) -> bool {
        self.series_path(symbol, kind).is_ok_and(|path| path.is_file())
    }

    /// Symbols with bars or series, sorted.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed.
    pub fn symbols(&self) -> Result<Vec<String>> {
        let failed =
            |source| Error::Io { path: self.root.clone(), action: "list the folder", source };
        let mut symbols = Vec::new();
        for entry in std::fs::read_dir(&self.root).map_err(failed)? {
            if let Ok(symbol) = entry.map_err(failed)?.file_name().into_string() {
                let has_series = || SERIES_KINDS.iter().any(|&kind| self.has_series(&symbol, kind));
                if self.has_bars(&symbol) || has_series() {
                    symbols.push(symbol);
                }
            }
        }
        symbols.sort_unstable();
        Ok(symbols)
    }

    /// A panel of the bars of each symbol, and of its series where there are any.
    ///
    /// # Errors
    /// Those of [`FolderStore::bars`] and [`FolderStore::series`] - a symbol without bars
    /// is an error - and [`Error::BarsTwice`] if a symbol is named twice.
    pub fn panel(&self, interval: Interval, symbols: &[&str]) -> Result<Panel> {
        let mut panel = Panel::new(interval);
        for &symbol in symbols {
            panel.add_bars(symbol, self.bars(symbol, interval)?)?;
            for kind in SERIES_KINDS.into_iter().filter(|&kind| self.has_series(symbol, kind)) {
                panel.add_series(symbol, kind, self.series(symbol, kind)?)?;
            }
        }
        Ok(panel)
    }

    /// Writes the bars under their name, replacing the file at once or not at all.
    ///
    /// # Errors
    /// See [`parquet::write_bars`](super::parquet::write_bars); [`Error::BadSymbol`].
    pub fn write_bars(&self, bars: &Bars) -> Result<()> {
        parquet::write_bars(&self.bars_path(bars.name())?, bars)
    }

    /// Writes the series under its name, replacing the file at once or not at all.
    ///
    /// # Errors
    /// See [`parquet::write_series`](super::parquet::write_series); [`Error::BadSymbol`].
    pub fn write_series(&self, kind: SeriesKind, series: &Series) -> Result<()> {
        parquet::write_series(&self.series_path(series.name(), kind)?, kind, series)
    }

    fn bars_path(&self, symbol: &str) -> Result<PathBuf> {
        Ok(self.folder(symbol)?.join(BARS_FILE))
    }

    fn series_path(&self, symbol: &str, kind: SeriesKind) -> Result<PathBuf> {
        Ok(self.folder(symbol)?.join(match kind {
            SeriesKind::FundingRate => "funding_rates.parquet",
            SeriesKind::OpenInterest => "open_interest.parquet",
        }))
    }

    /// A symbol comes from configuration and must not leave the root.
    fn folder(&self, symbol: &str) -> Result<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if symbol.starts_with(|c: char| c.is_ascii_alphanumeric()) && symbol.chars().all(plain) {
            Ok(self.root.join(symbol))
        } else {
            Err(Error::BadSymbol { symbol: symbol.to_owned() })
        }
    }
}
