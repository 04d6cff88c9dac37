//! Changing a store.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::dataset::{Dataset, DatasetKind};
use super::manifest::{Manifest, Piece, YearFile};
use super::rows::{self, Rows};
use super::{MANIFEST, Store, file_name, io, names, year_range};
use crate::bars::Bars;
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::store::atomic;
use crate::time::Interval;

const LOCK: &str = ".lock";

/// End of the names of files that were set aside.
const DAMAGED: &str = ".damaged";

/// The right to change a [`Store`], until it is dropped or its process ends.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    // Held for its lock.
    _lock: File,
}

/// What a commit did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Committed {
    /// Rows that were not there.
    pub added: usize,
    /// Rows that were there with other values, and have the new ones now.
    pub changed: usize,
}

/// A file that is not what its manifest says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Where the file is, or where it was set aside to.
    pub path: PathBuf,
    /// The calendar year of its rows.
    pub year: i32,
    /// What is wrong with it.
    pub reason: String,
}

impl Writer {
    pub(super) fn lock(store: Store) -> Result<Self> {
        let path = store.root.join(LOCK);
        let failed = |action| {
            let path = path.clone();
            move |error| io(&path, action, error)
        };
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed("open the lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Only for the message.
                let _ = lock.read_to_string(&mut holder);
                return Err(Error::Locked { path, holder: holder.trim().to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(failed("lock the folder")(error)),
        }
        let write = |lock: &mut File| {
            lock.set_len(0)?;
            lock.rewind()?;
            write!(lock, "process {}", std::process::id())
        };
        write(&mut lock).map_err(failed("write the lock"))?;
        let writer = Self { store, _lock: lock };
        for dataset in writer.store.datasets()? {
            writer.sweep(&dataset)?;
        }
        Ok(writer)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Puts rows into a data set, all of them or none. Rows with a stamp that is there replace the older ones; no row is removed.
    ///
    /// # Errors
    /// The errors of [`Bars::new`] for rows that are no bars, [`Error::NotFinite`] for a required column that is missing,
    /// [`Error::Damaged`] if a file of a year that changes is damaged - see [`Writer::set_aside`] - and [`Error::Io`].
    pub fn commit(&mut self, dataset: &Dataset, parts: Vec<(Piece, Rows)>) -> Result<Committed> {
        let before = self.manifest(dataset)?;
        let mut manifest = before.clone();
        let mut done = Committed::default();
        let mut all = Rows::default();
        for (piece, rows) in parts {
            check(dataset, &rows)?;
            manifest.put_piece(piece);
            all = if all.is_empty() { rows } else { merge(dataset.kind, &all, &rows).0 };
        }
        for (year, rows) in all.by_year() {
            let rows = match manifest.years.iter().find(|have| have.year == year) {
                None => {
                    done.added += rows.len();
                    rows
                }
                Some(have) => {
                    let names: Vec<&str> = dataset.kind.columns().iter().map(|c| c.0).collect();
                    let old = self.store.read(dataset, have, TimeRange::ALL, &names)?;
                    let (merged, added, changed) = merge(dataset.kind, &old, &rows);
                    done.added += added;
                    done.changed += changed;
                    merged
                }
            };
            let file = self.write(dataset, year, &rows)?;
            manifest.put_year(file);
        }
        if manifest != before {
            self.write_manifest(dataset, &manifest)?;
            self.remove_unlisted(dataset, &before, &manifest)?;
        }
        Ok(done)
    }

    /// Moves files that are not what their manifest says out of the way, under a name with `.damaged` at its end, and
    /// forgets that their time was fetched.
    ///
    /// A manifest that cannot be understood is set aside too and made anew from the files, whose names prove them; all their
    /// time counts as not fetched then.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn set_aside(&mut self, dataset: &Dataset) -> Result<Vec<Damage>> {
        let folder = dataset.folder(&self.store.root);
        let mut manifest = match self.store.manifest(dataset) {
            Ok(manifest) => manifest,
            Err(Error::Manifest { path, reason }) => {
                let manifest = self.recover(dataset)?;
                // A copy, so that there is a manifest at every moment.
                let copy = aside(&path);
                std::fs::copy(&path, &copy).map_err(|e| io(&copy, "set the file aside", e))?;
                self.write_manifest(dataset, &manifest)?;
                let path = copy;
                let year = manifest.years.first().map_or(0, |year| year.year);
                return Ok(vec![Damage { path, year, reason }]);
            }
            Err(error) => return Err(error),
        };
        let mut damages = self.store.verify(dataset)?;
        if damages.is_empty() {
            return Ok(damages);
        }
        for damage in &mut damages {
            manifest.years.retain(|year| year.year != damage.year);
            manifest.uncover(year_range(damage.year));
        }
        // First the manifest: a kill in between must not leave it pointing at nothing.
        self.write_manifest(dataset, &manifest)?;
        for damage in &mut damages {
            let path = folder.join(&damage.path);
            if path.is_file() {
                damage.path = move_aside(path)?;
            }
        }
        Ok(damages)
    }

    /// The manifest; one that was deleted is made anew from the files.
    fn manifest(&self, dataset: &Dataset) -> Result<Manifest> {
        let folder = dataset.folder(&self.store.root);
        if self.store.has(dataset) || !folder.is_dir() {
            return self.store.manifest(dataset);
        }
        self.recover(dataset)
    }

    /// A manifest of the files whose content has the hash in their name.
    fn recover(&self, dataset: &Dataset) -> Result<Manifest> {
        let folder = dataset.folder(&self.store.root);
        let columns: Vec<&str> = dataset.kind.columns().iter().map(|column| column.0).collect();
        let mut manifest = Manifest::new(dataset.to_string());
        let mut all = Rows::default();
        for name in names(&folder)?.iter().filter(|name| is_year_file(name)) {
            let path = folder.join(name);
            let bytes = std::fs::read(&path).map_err(|e| io(&path, "read the file", e))?;
            let hash = hex::encode(Sha256::digest(&bytes));
            if !name.contains(&hash[..16]) {
                continue;
            }
            let read = rows::decode(Bytes::from(bytes), dataset.kind, TimeRange::ALL, &columns);
            all = all.merge(&read.map_err(|source| Error::Parquet { path, source })?).0;
        }
        for (year, rows) in all.by_year() {
            let file = self.write(dataset, year, &rows)?;
            manifest.put_year(file);
        }
        Ok(manifest)
    }

    /// Writes the file of a year, if it is not there yet.
    fn write(&self, dataset: &Dataset, year: i32, rows: &Rows) -> Result<YearFile> {
        let folder = dataset.folder(&self.store.root);
        let bytes = rows::encode(dataset.kind, rows)
            .map_err(|source| Error::Parquet { path: folder.clone(), source })?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let file = file_name(year, &sha256);
        atomic::write(&folder.join(&file), &bytes)?;
        let edge = |time: Option<&_>| time.copied().unwrap_or_default();
        Ok(YearFile {
            year,
            file,
            sha256,
            bytes: bytes.len() as u64,
            rows: rows.len(),
            first: edge(rows.times().first()),
            last: edge(rows.times().last()),
        })
    }

    fn write_manifest(&self, dataset: &Dataset, manifest: &Manifest) -> Result<()> {
        let path = dataset.folder(&self.store.root).join(MANIFEST);
        let mut text = serde_json::to_vec_pretty(manifest)
            .map_err(|error| Error::Manifest { path: path.clone(), reason: error.to_string() })?;
        text.push(b'\n');
        atomic::write(&path, &text)
    }

    fn remove_unlisted(&self, dataset: &Dataset, old: &Manifest, new: &Manifest) -> Result<()> {
        let folder = dataset.folder(&self.store.root);
        for file in old.years.iter().map(|year| &year.file) {
            if !new.years.iter().any(|year| &year.file == file) {
                remove(&folder.join(file))?;
            }
        }
        Ok(())
    }

    /// Removes what a killed writer left: files that were still being written, and files of years that no manifest
    /// lists, as their commit did not happen or their successor's did.
    fn sweep(&self, dataset: &Dataset) -> Result<()> {
        let Ok(manifest) = self.store.manifest(dataset) else { return Ok(()) };
        let folder = dataset.folder(&self.store.root);
        for name in names(&folder)? {
            let listed = manifest.years.iter().any(|year| year.file == name);
            if name.ends_with(atomic::TEMPORARY) || (is_year_file(&name) && !listed) {
                remove(&folder.join(name))?;
            }
        }
        Ok(())
    }
}

/// Archive and API may stamp one settlement some milliseconds apart; it must not count twice.
fn merge(kind: DatasetKind, old: &Rows, newer: &Rows) -> (Rows, usize, usize) {
    if kind != DatasetKind::FundingRate {
        return old.merge(newer);
    }
    let kept = old.without_near(newer, Interval::MINUTE);
    let twins = old.len() - kept.len();
    let (merged, added, changed) = kept.merge(newer);
    (merged, added - twins.min(added), changed + twins)
}

/// Checks that rows are what a data set holds.
fn check(dataset: &Dataset, rows: &Rows) -> Result<()> {
    let name = dataset.to_string();
    for (column, _) in dataset.kind.columns().iter().filter(|(_, required)| *required) {
        let values = rows.column(column).unwrap_or_default();
        let broken = (0..rows.len()).find(|&row| !values.get(row).is_some_and(|v| v.is_finite()));
        if let Some(row) = broken {
            let (time, value) = (rows.times()[row], values.get(row).copied().unwrap_or(f64::NAN));
            return Err(Error::NotFinite { name, row, time, column, value });
        }
    }
    if let DatasetKind::Bars(interval) = dataset.kind {
        Bars::new(&name, interval, rows.clone().into_bar_columns())?;
    }
    Ok(())
}

fn is_year_file(name: &str) -> bool {
    let Some((year, rest)) = name.split_once('.') else { return false };
    let hash = rest.strip_suffix(".parquet").unwrap_or_default();
    year.len() == 4
        && year.bytes().all(|b| b.is_ascii_digit())
        && hash.len() == 16
        && hash.bytes().all(|b| b.is_ascii_hexdigit())
}

fn remove(path: &std::path::Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(io(path, "remove the file", error))
        }
        _ => Ok(()),
    }
}

/// Renames a file so that nothing else finds it, and tells its new name.
fn move_aside(path: PathBuf) -> Result<PathBuf> {
    let target = aside(&path);
    std::fs::rename(&path, &target).map_err(|error| io(&path, "set the file aside", error))?;
    Ok(target)
}

/// A name that is free for a damaged file.
fn aside(path: &std::path::Path) -> PathBuf {
    let numbered = |n: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(if n == 0 { DAMAGED.to_owned() } else { format!(".{n}{DAMAGED}") });
        PathBuf::from(name)
    };
    let mut n = 0;
    while numbered(n).exists() {
        n += 1;
    }
    numbered(n)
}
