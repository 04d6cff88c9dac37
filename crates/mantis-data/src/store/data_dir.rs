//! What `--data-dir` of every program takes.

use std::path::{Path, PathBuf};

use super::folder::SERIES_KINDS;
use super::{Dataset, DatasetKind, FolderStore, Store};
use crate::asset::Asset;
use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::panel::Panel;
use crate::range::TimeRange;
use crate::series::{Series, SeriesKind};
use crate::time::Interval;

/// A folder with market data in any layout that this crate knows: the [`Store`] that `fetch` keeps,
/// or `<SYMBOL or ticker>/{ohlcv,funding_rates,open_interest}.{parquet,csv}`.
///
/// Data is asked for by symbol (`BTCUSDT`) or ticker (`BTC`). The store is looked into first, under the name itself and under
/// the symbols of the [`Asset`] of that ticker, then the files are in the same order; so data that `fetch` keeps current goes before
/// an older export beside it.
///
/// ```
/// use mantis_data::{FolderStore, Interval, Timestamp, open_data_dir};
/// use mantis_data::source::synthetic::RandomWalk;
///
/// # let folder = tempfile::tempdir().unwrap();
/// let start = Timestamp::parse("2025-01-01")?;
/// let bars = RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, 24, 1)?;
/// FolderStore::open(folder.path())?.write_bars(&bars)?;
///
/// let data = open_data_dir(folder.path())?;
/// assert_eq!(data.bars("BTC", Interval::HOUR)?.close(), bars.close());
/// assert_eq!(data.symbols()?, ["BTCUSDT"]);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DataDir {
    store: Store,
    folder: FolderStore,
}

/// Opens a folder with market data; see [`DataDir`].
///
/// # Errors
/// [`Error::Missing`] if there is no such folder.
pub fn open_data_dir(path: impl Into<PathBuf>) -> Result<DataDir> {
    let path = path.into();
    Ok(DataDir { store: Store::open(&path)?, folder: FolderStore::open(path)? })
}

impl DataDir {
    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.root()
    }

    /// The symbol whose bars `name` stands for, if there are any.
    #[must_use]
    pub fn bars_symbol(&self, name: &str, interval: Interval) -> Option<String> {
        let candidates = self.candidates(name);
        let stored = |symbol: &&String| self.stores(symbol, DatasetKind::Bars(interval));
        let in_folder = |symbol: &&String| self.folder.has_bars(symbol);
        let found = candidates.iter().find(stored).or_else(|| candidates.iter().find(in_folder));
        found.cloned()
    }

    /// The symbol whose series `name` stands for, if there is one.
    #[must_use]
    pub fn series_symbol(&self, name: &str, kind: SeriesKind) -> Option<String> {
        let candidates = self.candidates(name);
        let stored = |symbol: &&String| {
            DatasetKind::of_series(kind).is_some_and(|kind| self.stores(symbol, kind))
        };
        let in_folder = |symbol: &&String| self.folder.has_series(symbol, kind);
        let found = candidates.iter().find(stored).or_else(|| candidates.iter().find(in_folder));
        found.cloned()
    }

    /// The bars of a symbol or ticker, under the name that was asked for.
    ///
    /// # Errors
    /// [`Error::NoData`] if there are none, else those of [`Store::bars`] and [`FolderStore::bars`].
    pub fn bars(&self, name: &str, interval: Interval) -> Result<Bars> {
        let symbol = self.found(name, "bars", self.bars_symbol(name, interval))?;
        let bars = if self.stores(&symbol, DatasetKind::Bars(interval)) {
            self.store.bars(&symbol, interval)?
        } else {
            self.folder.bars(&symbol, interval)?
        };
        Ok(bars.renamed(name))
    }

    /// The bars of a symbol or ticker as they are in the file, unchecked, for a
    /// [`QualityReport`](crate::QualityReport).
    ///
    /// # Errors
    /// As [`DataDir::bars`], for the file alone.
    pub fn columns(&self, name: &str, interval: Interval) -> Result<BarColumns> {
        let symbol = self.found(name, "bars", self.bars_symbol(name, interval))?;
        if self.stores(&symbol, DatasetKind::Bars(interval)) {
            let dataset = Dataset::bars(&symbol, interval)?;
            let columns = ["open", "high", "low", "close", "volume"];
            return Ok(self.store.rows(&dataset, TimeRange::ALL, &columns)?.into_bar_columns());
        }
        self.folder.columns(&symbol)
    }

    /// A series of a symbol or ticker, under the name that was asked for.
    ///
    /// # Errors
    /// [`Error::NoData`] if there is none, else those of [`Store::series`] and [`FolderStore::series`].
    pub fn series(&self, name: &str, kind: SeriesKind) -> Result<Series> {
        let symbol = self.found(name, "series", self.series_symbol(name, kind))?;
        let stored = DatasetKind::of_series(kind).is_some_and(|kind| self.stores(&symbol, kind));
        let series = if stored {
            self.store.series(&symbol, kind)?
        } else {
            self.folder.series(&symbol, kind)?
        };
        Ok(series.renamed(name))
    }

    /// Whether there are bars of the symbol or ticker.
    #[must_use]
    pub fn has_bars(&self, name: &str, interval: Interval) -> bool {
        self.bars_symbol(name, interval).is_some()
    }

    /// Whether there is such a series of the symbol or ticker.
    #[must_use]
    pub fn has_series(&self, name: &str, kind: SeriesKind) -> bool {
        self.series_symbol(name, kind).is_some()
    }

    /// Symbols with bars or series in either layout, sorted, each once.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed.
    pub fn symbols(&self) -> Result<Vec<String>> {
        let mut symbols = self.folder.symbols()?;
        symbols.extend(self.store.datasets()?.into_iter().map(|dataset| dataset.symbol));
        symbols.sort_unstable();
        symbols.dedup();
        Ok(symbols)
    }

    /// The intervals of which there are bars in the store.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed.
    pub fn intervals(&self, symbol: &str) -> Result<Vec<Interval>> {
        let datasets = self.store.datasets()?;
        let of_symbol = datasets.into_iter().filter(|dataset| dataset.symbol == symbol);
        Ok(of_symbol
            .filter_map(|dataset| match dataset.kind {
                DatasetKind::Bars(interval) => Some(interval),
                _ => None,
            })
            .collect())
    }

    /// A panel of the bars of each symbol or ticker, and of its series where there are any.
    ///
    /// # Errors
    /// Those of [`DataDir::bars`] and [`DataDir::series`], and [`Error::BarsTwice`] if a name is given twice.
    pub fn panel(&self, interval: Interval, names: &[&str]) -> Result<Panel> {
        let mut panel = Panel::new(interval);
        for &name in names {
            panel.add_bars(name, self.bars(name, interval)?)?;
            for kind in SERIES_KINDS.into_iter().filter(|&kind| self.has_series(name, kind)) {
                panel.add_series(name, kind, self.series(name, kind)?)?;
            }
        }
        Ok(panel)
    }

    /// The store of yearly files in this folder; it may be empty.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The symbols that a name may stand for, the best first.
    fn candidates(&self, name: &str) -> Vec<String> {
        let symbols = Asset::find(name).map(Asset::symbols).unwrap_or_default();
        std::iter::once(name.to_owned()).chain(symbols).collect()
    }

    fn stores(&self, symbol: &str, kind: DatasetKind) -> bool {
        Dataset::new(symbol, kind).is_ok_and(|dataset| self.store.has(&dataset))
    }

    fn found(&self, name: &str, what: &'static str, symbol: Option<String>) -> Result<String> {
        super::check_symbol(name)?;
        symbol.ok_or_else(|| Error::NoData {
            root: self.root().to_owned(),
            name: name.to_owned(),
            what,
            tried: self.candidates(name),
        })
    }
}
