//! What `--data-dir` of every program takes.

use std::path::{Path, PathBuf};

use super::{Dataset, DatasetKind, FolderStore, Store};
use crate::asset::Asset;
use crate::bars::Bars;
use crate::error::{Error, Result};
use crate::panel::Panel;
use crate::series::{Series, SeriesKind};
use crate::store::StoreError;
use crate::time::Interval;

/// A folder with market data in any layout that this crate knows: the [`Store`] that `fetch` keeps,
/// or `<SYMBOL or ticker>/{ohlcv,funding_rates,open_interest}.{parquet,csv}`.
///
/// Data is asked for by symbol (`BTCUSDT`) or ticker (`BTC`). The store is looked into first, under the name itself, under
/// the symbols of the [`Asset`] of that ticker and under the ticker that the symbol stands for, then the files are in the same
/// order; so data that `fetch` keeps current goes before
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
/// [`StoreError::Missing`] if there is no such folder.
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
        self.find_bars(name, interval).map(|(symbol, _)| symbol)
    }

    /// The bars of a symbol or ticker, under the name that was asked for.
    ///
    /// # Errors
    /// [`StoreError::NoData`] if there are none, [`StoreError::FileInterval`] if there is only a file with others, else those of
    /// [`Store::bars`] and [`FolderStore::bars`].
    pub fn bars(&self, name: &str, interval: Interval) -> Result<Bars> {
        let bars = match self.found_bars(name, interval)? {
            (symbol, Place::Store) => self.store.bars(&symbol, interval)?,
            (symbol, Place::Folder) => self.folder.bars(&symbol, interval)?,
        };
        Ok(bars.renamed(name))
    }

    /// A series of a symbol or ticker, under the name that was asked for. Where there is no such series, a kind that is a
    /// column of bars comes from the bars of the store that [`DataDir::bars`] gives for hours, the step of the challenges;
    /// [`DataDir::panel`] takes it from the bars that it gives.
    ///
    /// # Errors
    /// [`StoreError::NoData`] if there is none, else those of [`Store::series`], [`Store::bar_series`] and [`FolderStore::series`].
    pub fn series(&self, name: &str, kind: SeriesKind) -> Result<Series> {
        let series = self.find_series(name, kind, Interval::HOUR)?;
        series.ok_or_else(|| self.nothing(name, "series"))
    }

    /// Whether there are bars of the symbol or ticker.
    #[must_use]
    pub fn has_bars(&self, name: &str, interval: Interval) -> bool {
        self.find_bars(name, interval).is_some()
    }

    /// Whether there is such a series of the symbol or ticker, as [`DataDir::series`] finds it.
    #[must_use]
    pub fn has_series(&self, name: &str, kind: SeriesKind) -> bool {
        match DatasetKind::of_series(kind) {
            Some(dataset_kind) => self.find_file(name, kind, dataset_kind).is_some(),
            // Whether bars have a column shows when they are read; what cannot be read says so then.
            None => !matches!(self.find_series(name, kind, Interval::HOUR), Ok(None)),
        }
    }

    /// Symbols with bars or series in either layout, sorted, each once.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the folder cannot be listed.
    pub fn symbols(&self) -> Result<Vec<String>> {
        let mut symbols = self.folder.symbols()?;
        symbols.extend(self.store.datasets()?.into_iter().map(|dataset| dataset.symbol));
        symbols.sort_unstable();
        symbols.dedup();
        Ok(symbols)
    }

    /// The intervals of which there are bars of a symbol, shortest first, each once.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the folder cannot be listed.
    pub fn intervals(&self, symbol: &str) -> Result<Vec<Interval>> {
        let datasets = self.store.datasets()?;
        let of_symbol = datasets.into_iter().filter(|dataset| dataset.symbol == symbol);
        let mut intervals: Vec<Interval> = of_symbol
            .filter_map(|dataset| match dataset.kind {
                DatasetKind::Bars(interval) => Some(interval),
                _ => None,
            })
            .collect();
        intervals.extend(self.folder.interval(symbol).ok().flatten());
        intervals.sort_unstable();
        intervals.dedup();
        Ok(intervals)
    }

    /// A panel of the bars of each symbol or ticker, and of its series where there are any, among them the further columns
    /// of its bars.
    ///
    /// # Errors
    /// Those of [`DataDir::bars`] and [`DataDir::series`], and [`Error::BarsTwice`] if a name is given twice.
    pub fn panel(&self, interval: Interval, names: &[&str]) -> Result<Panel> {
        let mut panel = Panel::new(interval);
        for &name in names {
            panel.add_bars(name, self.bars(name, interval)?)?;
            for kind in SeriesKind::ALL {
                if let Some(series) = self.find_series(name, kind, interval)? {
                    panel.add_series(name, kind, series)?;
                }
            }
        }
        Ok(panel)
    }

    /// The store of yearly files in this folder; it may be empty.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The files of whole histories in this folder; there may be none.
    #[must_use]
    pub fn folder(&self) -> &FolderStore {
        &self.folder
    }

    /// The symbols that a name may stand for, the best first.
    fn candidates(&self, name: &str) -> Vec<String> {
        let symbols = Asset::find(name).map(Asset::symbols).unwrap_or_default();
        let ticker = Asset::of_symbol(name).map(|asset| asset.ticker.to_owned());
        let mut candidates = vec![name.to_owned()];
        for candidate in symbols.into_iter().chain(ticker) {
            if !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
        candidates
    }

    /// The first candidate that the store has, else the first that the folder has.
    fn first_of(
        &self,
        name: &str,
        in_store: impl Fn(&str) -> bool,
        in_folder: impl Fn(&str) -> bool,
    ) -> Option<(String, Place)> {
        let mut candidates = self.candidates(name);
        let stored = candidates.iter().position(|symbol| in_store(symbol));
        let place = if stored.is_some() { Place::Store } else { Place::Folder };
        let at = stored.or_else(|| candidates.iter().position(|symbol| in_folder(symbol)))?;
        Some((candidates.swap_remove(at), place))
    }

    fn find_bars(&self, name: &str, interval: Interval) -> Option<(String, Place)> {
        let in_folder = |symbol: &str| match self.folder.interval(symbol) {
            Ok(Some(found)) => found == interval,
            // A file that cannot be read says so when it is read.
            Ok(None) | Err(_) => self.folder.has_bars(symbol),
        };
        self.first_of(name, |symbol| self.stores(symbol, DatasetKind::Bars(interval)), in_folder)
    }

    /// As [`DataDir::find_bars`], else the file whose error tells best what is wrong.
    fn found_bars(&self, name: &str, interval: Interval) -> Result<(String, Place)> {
        super::check_symbol(name)?;
        let found = self.find_bars(name, interval);
        let other = || self.first_of(name, |_| false, |symbol| self.folder.has_bars(symbol));
        found.or_else(other).ok_or_else(|| self.nothing(name, "bars"))
    }

    fn find_file(
        &self,
        name: &str,
        kind: SeriesKind,
        dataset_kind: DatasetKind,
    ) -> Option<(String, Place)> {
        let in_store = |symbol: &str| self.stores(symbol, dataset_kind);
        self.first_of(name, in_store, |symbol| self.folder.has_series(symbol, kind))
    }

    /// A series, from its own file or from the bars of an interval.
    fn find_series(
        &self,
        name: &str,
        kind: SeriesKind,
        interval: Interval,
    ) -> Result<Option<Series>> {
        super::check_symbol(name)?;
        let found = match DatasetKind::of_series(kind) {
            Some(dataset_kind) => match self.find_file(name, kind, dataset_kind) {
                Some((symbol, Place::Store)) => Some(self.store.series(&symbol, kind)?),
                Some((symbol, Place::Folder)) => Some(self.folder.series(&symbol, kind)?),
                None => None,
            },
            None => match self.find_bars(name, interval) {
                Some((symbol, Place::Store)) => self.store.bar_series(&symbol, interval, kind)?,
                // Files of whole histories have no further columns.
                Some((_, Place::Folder)) | None => None,
            },
        };
        Ok(found.map(|series| series.renamed(name)))
    }

    fn stores(&self, symbol: &str, kind: DatasetKind) -> bool {
        Dataset::new(symbol, kind).is_ok_and(|dataset| self.store.has(&dataset))
    }

    fn nothing(&self, name: &str, what: &'static str) -> Error {
        let tried = self.candidates(name);
        Error::from(StoreError::NoData {
            root: self.root().to_owned(),
            name: name.to_owned(),
            what,
            tried,
        })
    }
}

/// Which of the two layouts has what was asked for.
#[derive(Clone, Copy)]
enum Place {
    Store,
    Folder,
}
