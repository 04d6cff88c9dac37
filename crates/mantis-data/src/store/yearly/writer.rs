//! Changing a store.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::dataset::{Dataset, DatasetKind};
use super::manifest::{Manifest, Piece, YearFile};
use super::repair::Damage;
use super::rows::{self, Rows};
use super::{MANIFEST, Store, file_name, io};
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::store::StoreError;
use crate::store::atomic;
use crate::time::Interval;

const LOCK: &str = ".lock";

/// Years that are encoded side by side; more would hold more of them in memory.
const WRITTEN_AT_ONCE: usize = 4;

/// The right to change a [`Store`], until it is dropped or its process ends.
#[derive(Debug)]
pub struct Writer {
    pub(super) store: Store,
    /// What was set aside when the lock was taken, until it is told.
    pub(super) found: Vec<(Dataset, Damage)>,
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
                let _ = (&lock).take(100).read_to_string(&mut holder);
                return Err(Error::from(StoreError::Locked {
                    path,
                    holder: holder.trim().to_owned(),
                }));
            }
            Err(TryLockError::Error(error)) => return Err(failed("lock the folder")(error)),
        }
        let write = |lock: &mut File| {
            lock.set_len(0)?;
            lock.rewind()?;
            write!(lock, "process {}", std::process::id())
        };
        write(&mut lock).map_err(failed("write the lock"))?;
        let mut writer = Self { store, found: Vec::new(), _lock: lock };
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
    /// The errors of [`Bars::new`](crate::Bars::new) for rows that are no bars, [`Error::NotFinite`] for a required column that is missing,
    /// [`StoreError::Damaged`] if a file of a year that changes is damaged, or the manifest is gone and one is - see
    /// [`Writer::set_aside`] - and [`StoreError::Io`].
    pub fn commit(&mut self, dataset: &Dataset, parts: Vec<(Piece, Rows)>) -> Result<Committed> {
        let before = self.manifest(dataset)?;
        let mut manifest = before.clone();
        let mut done = Committed::default();
        let mut all = Rows::default();
        for (piece, rows) in parts {
            check(dataset, &rows)?;
            manifest.put_piece(piece);
            // Archives come in order, so most parts lie whole after the ones before.
            let (end, start) = (all.times().last(), rows.times().first());
            if end.zip(start).is_none_or(|(&end, &start)| start - end >= TWINS) {
                all.append(rows);
            } else {
                all = merge(dataset.kind, &all, &rows).0;
            }
        }
        let mut years = all.by_year();
        for (year, rows) in &mut years {
            let Some(have) = manifest.years.iter().find(|have| have.year == *year) else {
                done.added += rows.len();
                continue;
            };
            let old = self.store.read(dataset, have, TimeRange::ALL, &dataset.kind.names())?;
            let (merged, added, changed) = merge(dataset.kind, &old, rows);
            done.added += added;
            done.changed += changed;
            *rows = merged;
        }
        for files in years.chunks(WRITTEN_AT_ONCE) {
            for file in self.write_years(dataset, files) {
                manifest.put_year(file?);
            }
        }
        if manifest != before {
            self.write_manifest(dataset, &manifest)?;
            self.remove_unlisted(dataset, &before, &manifest)?;
        }
        Ok(done)
    }

    /// The manifest; one that was deleted is made anew from the files.
    fn manifest(&self, dataset: &Dataset) -> Result<Manifest> {
        let folder = dataset.folder(&self.store.root);
        if self.store.has(dataset) || !folder.is_dir() {
            return self.store.manifest(dataset);
        }
        let (manifest, damages) = self.recover(dataset)?;
        match damages.into_iter().next() {
            Some(Damage { path, reason, .. }) => {
                Err(Error::from(StoreError::Damaged { path, reason }))
            }
            None => Ok(manifest),
        }
    }

    /// Writes files of several years.
    fn write_years(&self, dataset: &Dataset, years: &[(i32, Rows)]) -> Vec<Result<YearFile>> {
        std::thread::scope(|scope| {
            let write = |(year, rows): &(i32, Rows)| self.write(dataset, *year, rows);
            let threads: Vec<_> = years.iter().map(|of| scope.spawn(move || write(of))).collect();
            let joined = |thread: std::thread::ScopedJoinHandle<'_, Result<YearFile>>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().map(joined).collect()
        })
    }

    /// Writes the file of a year; it is as durable as its manifest once that is written.
    pub(super) fn write(&self, dataset: &Dataset, year: i32, rows: &Rows) -> Result<YearFile> {
        let folder = dataset.folder(&self.store.root);
        let bytes = rows::encode(dataset.kind, rows)
            .map_err(|source| Error::from(StoreError::Parquet { path: folder.clone(), source }))?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let file = file_name(year, &sha256);
        atomic::write_unlisted(&folder.join(&file), &bytes)?;
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

    pub(super) fn write_manifest(&self, dataset: &Dataset, manifest: &Manifest) -> Result<()> {
        let path = dataset.folder(&self.store.root).join(MANIFEST);
        let mut text = serde_json::to_vec_pretty(manifest).map_err(|error| {
            Error::from(StoreError::Manifest { path: path.clone(), reason: error.to_string() })
        })?;
        text.push(b'\n');
        // No manifest may outlive a file that it lists.
        if !manifest.years.is_empty() {
            atomic::sync_folder(&path)?;
        }
        atomic::write(&path, &text)
    }

    pub(super) fn remove_unlisted(
        &self,
        dataset: &Dataset,
        old: &Manifest,
        new: &Manifest,
    ) -> Result<()> {
        let folder = dataset.folder(&self.store.root);
        for file in old.years.iter().map(|year| &year.file) {
            if !new.years.iter().any(|year| &year.file == file) {
                remove(&folder.join(file))?;
            }
        }
        Ok(())
    }
}

/// Stamps nearer than this may be of one settlement or measurement.
const TWINS: Interval = Interval::MINUTE;

/// Archive and API may stamp one settlement some milliseconds apart, one measurement of open interest some seconds; it must not
/// count twice.
pub(super) fn merge(kind: DatasetKind, old: &Rows, newer: &Rows) -> (Rows, usize, usize) {
    if matches!(kind, DatasetKind::Bars(_)) {
        return old.merge(newer);
    }
    let kept = old.without_near(newer, TWINS);
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
        rows.bar_slices().check(&name, interval)?;
    }
    Ok(())
}

pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(io(path, "remove the file", error))
        }
        _ => Ok(()),
    }
}
