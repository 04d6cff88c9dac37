//! A folder of Parquet or CSV files, one folder per symbol.

use std::path::{Path, PathBuf};

use super::{csv, existing_folder, parquet};
use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::panel::Panel;
use crate::series::{Series, SeriesKind};
use crate::store::StoreError;
use crate::time::Interval;

const BARS_FILE: &str = "ohlcv";
const SERIES_KINDS: [SeriesKind; 2] = [SeriesKind::FundingRate, SeriesKind::OpenInterest];

/// A folder with one folder per symbol, each with the files described in
/// [`parquet`](super::parquet) or in [`csv`](super::csv). Where a symbol has both, Parquet is read.
/// Files are written as Parquet.
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
    /// [`StoreError::Missing`] if `root` is not a folder.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        Ok(Self { root: existing_folder(root.into())? })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The bars of a symbol.
    ///
    /// # Errors
    /// See [`parquet::read_bars`](super::parquet::read_bars); [`StoreError::BadSymbol`].
    pub fn bars(&self, symbol: &str, interval: Interval) -> Result<Bars> {
        match self.find(symbol, BARS_FILE)? {
            Form::Parquet(path) => parquet::read_bars(&path, symbol, interval),
            Form::Csv(path) => csv::read_bars(&path, symbol, interval),
        }
    }

    /// The bars of a symbol as they are in the file, unchecked, for a
    /// [`QualityReport`](crate::QualityReport).
    ///
    /// # Errors
    /// See [`parquet::read_columns`](super::parquet::read_columns); [`StoreError::BadSymbol`].
    pub fn columns(&self, symbol: &str) -> Result<BarColumns> {
        match self.find(symbol, BARS_FILE)? {
            Form::Parquet(path) => parquet::read_columns(&path),
            Form::Csv(path) => csv::read_columns(&path),
        }
    }

    /// A series of a symbol.
    ///
    /// # Errors
    /// See [`parquet::read_series`](super::parquet::read_series); [`StoreError::BadSymbol`].
    pub fn series(&self, symbol: &str, kind: SeriesKind) -> Result<Series> {
        match self.find(symbol, series_file(kind)?)? {
            Form::Parquet(path) => parquet::read_series(&path, symbol, kind),
            Form::Csv(path) => csv::read_series(&path, symbol, kind),
        }
    }

    /// Whether there is a file with bars of the symbol.
    #[must_use]
    pub fn has_bars(&self, symbol: &str) -> bool {
        self.find(symbol, BARS_FILE).is_ok_and(|form| form.path().is_file())
    }

    /// The length of the bars of a symbol; `None` if its file has too few rows to tell.
    ///
    /// # Errors
    /// See [`parquet::interval`](super::parquet::interval); [`StoreError::BadSymbol`].
    pub fn interval(&self, symbol: &str) -> Result<Option<Interval>> {
        match self.find(symbol, BARS_FILE)? {
            Form::Parquet(path) => parquet::interval(&path),
            Form::Csv(path) => csv::interval(&path),
        }
    }

    /// Whether there is a file with this series of the symbol.
    #[must_use]
    pub fn has_series(&self, symbol: &str, kind: SeriesKind) -> bool {
        series_file(kind)
            .and_then(|file| self.find(symbol, file))
            .is_ok_and(|form| form.path().is_file())
    }

    /// Symbols with bars or series, sorted.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the folder cannot be listed.
    pub fn symbols(&self) -> Result<Vec<String>> {
        let failed = |source| {
            Error::from(StoreError::Io {
                path: self.root.clone(),
                action: "list the folder",
                source,
            })
        };
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

    /// Writes the bars under their name as Parquet, replacing the file at once or not at all.
    ///
    /// # Errors
    /// See [`parquet::write_bars`](super::parquet::write_bars); [`StoreError::BadSymbol`].
    pub fn write_bars(&self, bars: &Bars) -> Result<()> {
        parquet::write_bars(&self.folder(bars.name())?.join("ohlcv.parquet"), bars)
    }

    /// Writes the series under its name as Parquet, replacing the file at once or not at all.
    ///
    /// # Errors
    /// See [`parquet::write_series`](super::parquet::write_series); [`StoreError::BadSymbol`].
    pub fn write_series(&self, kind: SeriesKind, series: &Series) -> Result<()> {
        let file = format!("{}.parquet", series_file(kind)?);
        parquet::write_series(&self.folder(series.name())?.join(file), kind, series)
    }

    /// The file of a symbol in the form that is there; Parquet if there is none.
    fn find(&self, symbol: &str, stem: &str) -> Result<Form> {
        let folder = self.folder(symbol)?;
        let parquet = folder.join(format!("{stem}.parquet"));
        let csv = folder.join(format!("{stem}.csv"));
        Ok(if csv.is_file() && !parquet.is_file() {
            Form::Csv(csv)
        } else {
            Form::Parquet(parquet)
        })
    }

    fn folder(&self, symbol: &str) -> Result<PathBuf> {
        super::check_symbol(symbol)?;
        Ok(self.root.join(symbol))
    }
}

/// A file in one of the two forms.
enum Form {
    Parquet(PathBuf),
    Csv(PathBuf),
}

impl Form {
    fn path(&self) -> &Path {
        match self {
            Self::Parquet(path) | Self::Csv(path) => path,
        }
    }
}

/// Name of the file of a series, without its ending.
fn series_file(kind: SeriesKind) -> Result<&'static str> {
    match kind {
        SeriesKind::FundingRate => Ok("funding_rates"),
        SeriesKind::OpenInterest => Ok("open_interest"),
        _ => Err(Error::from(StoreError::NoFileFor { path: PathBuf::new(), kind })),
    }
}
