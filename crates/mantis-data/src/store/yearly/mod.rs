//! A store of one Parquet file a year with a manifest.
//!
//! ```text
//! data/BTCUSDT/bars_1h/manifest.json
//! data/BTCUSDT/bars_1h/2024.5f0c6e1b2a3d4c5e.parquet
//! data/BTCUSDT/funding_rate/manifest.json
//! ```
//!
//! The name of a file carries the first digits of its SHA-256. A commit writes new files beside the old ones, then
//! replaces the manifest, then removes what is no longer listed; so a reader and a killed writer always find
//! a whole state, and the same rows end up in the same bytes whatever the order in which they came.

mod dataset;
mod manifest;
mod repair;
mod rows;
mod writer;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest, Sha256};

pub use dataset::{Dataset, DatasetKind};
pub use manifest::{Manifest, Piece, YearFile};
pub use repair::Damage;
pub use rows::Rows;
pub use writer::{Committed, Writer};

use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::input::{self, most};
use crate::range::{RangeSet, TimeRange};
use crate::series::{Series, SeriesKind};
use crate::store::{StoreError, existing_folder};
use crate::time::{Interval, Timestamp};

const MANIFEST: &str = "manifest.json";

/// The columns of [`Bars`].
const BAR_COLUMNS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// A folder of data sets, each with one Parquet file a year and a manifest. Reading needs no
/// lock; [`Store::writer`] takes the one that writing needs.
///
/// ```
/// use mantis_data::store::{Dataset, DatasetKind, Piece, Rows, Store};
/// use mantis_data::{TimeRange, Timestamp};
///
/// # let folder = tempfile::tempdir().unwrap();
/// let store = Store::create(folder.path())?;
/// let funding = Dataset::new("BTCUSDT", DatasetKind::FundingRate)?;
/// let day = TimeRange::new(Timestamp::parse("2025-01-01")?, Timestamp::parse("2025-01-02")?);
///
/// let rows = Rows::new("example", vec![day.from], [("funding_rate", vec![0.0001])])?;
/// let piece = Piece {
///     range: day,
///     source: "example".to_owned(),
///     origin: None,
///     sha256: None,
///     rows: 1,
///     fetched_at: day.until,
/// };
/// store.writer()?.commit(&funding, vec![(piece, rows)])?;
///
/// let rates = store.series("BTCUSDT", mantis_data::SeriesKind::FundingRate)?;
/// assert_eq!(rates.values(), [0.0001]);
/// assert!(store.missing(&funding, day)?.is_empty());
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens an existing folder, which may be empty.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if `root` is not a folder.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        Ok(Self { root: existing_folder(root.into())? })
    }

    /// Opens a folder and makes it if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn create(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        std::fs::create_dir_all(&root).map_err(|e| io(&root, "make the folder", e))?;
        Ok(Self { root })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Takes the lock for writing, which one process has at a time, and clears away what a killed writer left.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another writer has it, [`StoreError::Io`].
    pub fn writer(&self) -> Result<Writer> {
        Writer::lock(self.clone())
    }

    /// The data sets, sorted.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a folder cannot be listed.
    pub fn datasets(&self) -> Result<Vec<Dataset>> {
        let mut found = Vec::new();
        for symbol in names(&self.root)? {
            let folder = self.root.join(&symbol);
            if !folder.is_dir() {
                continue;
            }
            for kind in names(&folder)? {
                let has_manifest = folder.join(&kind).join(MANIFEST).is_file();
                found.extend(Dataset::from_names(&symbol, &kind).filter(|_| has_manifest));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Whether there is such a data set.
    #[must_use]
    pub fn has(&self, dataset: &Dataset) -> bool {
        dataset.folder(&self.root).join(MANIFEST).is_file()
    }

    /// The manifest of a data set; an empty one if there is none.
    ///
    /// # Errors
    /// [`StoreError::Manifest`] if it cannot be understood, [`StoreError::Io`].
    pub fn manifest(&self, dataset: &Dataset) -> Result<Manifest> {
        let path = dataset.folder(&self.root).join(MANIFEST);
        let text = match input::bytes(&path, most::DOCUMENT) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Manifest::new(dataset.to_string()));
            }
            Err(error) => return Err(io(&path, "read the manifest", error)),
        };
        let wrong =
            |reason: String| Error::from(StoreError::Manifest { path: path.clone(), reason });
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        if manifest.format != manifest::FORMAT {
            return Err(wrong(format!("format {} is not known here", manifest.format)));
        }
        if manifest.dataset != dataset.to_string() {
            return Err(wrong(format!("it belongs to {}", manifest.dataset)));
        }
        // A name must not lead out of the folder.
        match manifest.years.iter().find(|year| year.file != file_name(year.year, &year.sha256)) {
            Some(year) => {
                Err(wrong(format!("{:?} is no name of a file of {}", year.file, year.year)))
            }
            None => Ok(manifest),
        }
    }

    /// The time for which sources were asked and have answered.
    ///
    /// # Errors
    /// As [`Store::manifest`].
    pub fn coverage(&self, dataset: &Dataset) -> Result<RangeSet> {
        Ok(self.manifest(dataset)?.coverage())
    }

    /// The part of `range` that has to be fetched.
    ///
    /// # Errors
    /// As [`Store::manifest`].
    pub fn missing(&self, dataset: &Dataset, range: TimeRange) -> Result<RangeSet> {
        Ok(self.manifest(dataset)?.missing(range))
    }

    /// The rows of a range of time with the columns named, as far as the data set has them. Files of other years are not
    /// opened, row groups of other times and other columns are not decoded.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such data set, [`StoreError::Damaged`] if a file is not what the manifest says, and those of
    /// [`Store::manifest`].
    pub fn rows(&self, dataset: &Dataset, range: TimeRange, columns: &[&str]) -> Result<Rows> {
        if !self.has(dataset) {
            let path = dataset.folder(&self.root).join(MANIFEST);
            return Err(Error::from(StoreError::Missing { path, what: "file" }));
        }
        // A writer may replace a file between the look into the manifest and the read.
        let mut attempt = 0;
        loop {
            attempt += 1;
            let manifest = self.manifest(dataset)?;
            let in_range = |year: &&YearFile| year.last >= range.from && year.first < range.until;
            let years: Vec<&YearFile> = manifest.years.iter().filter(in_range).collect();
            match self.read_all(dataset, &years, range, columns) {
                Err(_) if attempt < 3 && self.manifest(dataset)? != manifest => {}
                rows => return rows,
            }
        }
    }

    /// The rows of several files. While one is decoded, the next is read and compared with its manifest.
    fn read_all(
        &self,
        dataset: &Dataset,
        years: &[&YearFile],
        range: TimeRange,
        columns: &[&str],
    ) -> Result<Rows> {
        if let [year] = years {
            return self.read(dataset, year, range, columns);
        }
        std::thread::scope(|scope| {
            let (ready, files) = std::sync::mpsc::sync_channel(1);
            // It ends early when the files are no longer asked for.
            scope.spawn(move || {
                years.iter().try_for_each(|year| ready.send(self.whole_file(dataset, year)))
            });
            let mut rows = Rows::default();
            for (file, year) in files.into_iter().zip(years) {
                rows.append(self.decode(dataset, year, file?, range, columns)?);
            }
            Ok(rows)
        })
    }

    /// The bars of a symbol.
    ///
    /// # Errors
    /// Those of [`Store::rows`], and of [`Bars::new`] if the files hold what no writer of this crate wrote.
    pub fn bars(&self, symbol: &str, interval: Interval) -> Result<Bars> {
        self.bars_in(symbol, interval, TimeRange::ALL)
    }

    /// The bars of a symbol that open in a range of time.
    ///
    /// # Errors
    /// As [`Store::bars`].
    pub fn bars_in(&self, symbol: &str, interval: Interval, range: TimeRange) -> Result<Bars> {
        let dataset = Dataset::bars(symbol, interval)?;
        let rows = self.rows(&dataset, range, &BAR_COLUMNS)?;
        Bars::new(symbol, interval, rows.into_bar_columns())
            .map_err(|error| error.in_file(&dataset.folder(&self.root)))
    }

    /// The bars of a symbol as they are in the files, unchecked, for a [`QualityReport`](crate::QualityReport).
    ///
    /// # Errors
    /// Those of [`Store::rows`].
    pub fn columns(&self, symbol: &str, interval: Interval) -> Result<BarColumns> {
        let dataset = Dataset::bars(symbol, interval)?;
        Ok(self.rows(&dataset, TimeRange::ALL, &BAR_COLUMNS)?.into_bar_columns())
    }

    /// Funding rates or open interest of a symbol.
    ///
    /// # Errors
    /// Those of [`Store::rows`] and [`Series::new`]; [`StoreError::NoFileFor`] for a kind that is a column of bars.
    pub fn series(&self, symbol: &str, kind: SeriesKind) -> Result<Series> {
        self.series_in(symbol, kind, TimeRange::ALL)
    }

    /// Funding rates or open interest of a symbol in a range of time.
    ///
    /// # Errors
    /// As [`Store::series`].
    pub fn series_in(&self, symbol: &str, kind: SeriesKind, range: TimeRange) -> Result<Series> {
        let Some(dataset_kind) = DatasetKind::of_series(kind) else {
            return Err(Error::from(StoreError::NoFileFor { path: self.root.clone(), kind }));
        };
        let dataset = Dataset::new(symbol, dataset_kind)?;
        let (column, _) = dataset_kind.columns()[0];
        let rows = self.rows(&dataset, range, &[column])?;
        let (times, values) = rows.into_series(column);
        Series::new(symbol, times, values)
            .map_err(|error| error.in_file(&dataset.folder(&self.root)))
    }

    /// A further column of bars as a series: each value is known when its bar has closed. Bars for which the source left it
    /// blank are left out; `None` if those are all, as not every source has these columns, and for a kind that is no column of
    /// bars.
    ///
    /// # Errors
    /// Those of [`Store::rows`].
    pub fn bar_series(
        &self,
        symbol: &str,
        interval: Interval,
        kind: SeriesKind,
    ) -> Result<Option<Series>> {
        let Some(column) = DatasetKind::bar_column(kind) else { return Ok(None) };
        let dataset = Dataset::bars(symbol, interval)?;
        let (times, values) = self.rows(&dataset, TimeRange::ALL, &[column])?.into_series(column);
        let known = times.into_iter().zip(values).filter(|(_, value)| !value.is_nan());
        let (times, values): (Vec<_>, Vec<_>) =
            known.map(|(open, value)| (open + interval, value)).unzip();
        if times.is_empty() {
            return Ok(None);
        }
        let series = Series::new(symbol, times, values);
        series.map(Some).map_err(|error| error.in_file(&dataset.folder(&self.root)))
    }

    /// Compares every file of a data set with its manifest.
    ///
    /// # Errors
    /// As [`Store::manifest`].
    pub fn verify(&self, dataset: &Dataset) -> Result<Vec<Damage>> {
        let mut damages = Vec::new();
        for year in self.manifest(dataset)?.years {
            if let Err(error) = self.read(dataset, &year, TimeRange::ALL, &[]) {
                let path = dataset.folder(&self.root).join(&year.file);
                damages.push(Damage { path, year: year.year, reason: error.to_string() });
            }
        }
        Ok(damages)
    }

    /// Reads a file and never uses one that differs from its manifest.
    fn read(
        &self,
        dataset: &Dataset,
        year: &YearFile,
        range: TimeRange,
        columns: &[&str],
    ) -> Result<Rows> {
        self.decode(dataset, year, self.whole_file(dataset, year)?, range, columns)
    }

    /// The bytes of a file, which are those that its manifest tells of.
    fn whole_file(&self, dataset: &Dataset, year: &YearFile) -> Result<Bytes> {
        let path = dataset.folder(&self.root).join(&year.file);
        let damaged =
            |reason: String| Error::from(StoreError::Damaged { path: path.clone(), reason });
        let bytes = match input::bytes(&path, most::TABLE) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(damaged("the file is gone".to_owned()));
            }
            Err(error) => return Err(io(&path, "read the file", error)),
        };
        if bytes.len() as u64 != year.bytes {
            return Err(damaged(format!("it has {} bytes, expected {}", bytes.len(), year.bytes)));
        }
        if hex::encode(Sha256::digest(&bytes)) != year.sha256 {
            return Err(damaged("its SHA-256 differs from the manifest".to_owned()));
        }
        Ok(Bytes::from(bytes))
    }

    fn decode(
        &self,
        dataset: &Dataset,
        year: &YearFile,
        file: Bytes,
        range: TimeRange,
        columns: &[&str],
    ) -> Result<Rows> {
        rows::decode(file, dataset.kind, range, columns).map_err(|source| {
            let path = dataset.folder(&self.root).join(&year.file);
            Error::from(StoreError::Parquet { path, source })
        })
    }
}

/// Name of the file of a year.
fn file_name(year: i32, sha256: &str) -> String {
    format!("{year:04}.{}.parquet", sha256.get(..16).unwrap_or(sha256))
}

/// Names in a folder.
fn names(folder: &Path) -> Result<Vec<String>> {
    let failed = |error| io(folder, "list the folder", error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        // A name that is no text is none of ours.
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

fn io(path: &Path, action: &'static str, source: std::io::Error) -> Error {
    Error::from(StoreError::Io { path: path.to_owned(), action, source })
}

/// The last instant before the year after.
fn year_range(year: i32) -> TimeRange {
    let start = |year| Timestamp::from_date(year, 1, 1);
    TimeRange::new(start(year).unwrap_or(Timestamp::MIN), start(year + 1).unwrap_or(Timestamp::MAX))
}
