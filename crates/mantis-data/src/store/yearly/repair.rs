//! Putting a store in order: damaged files, lost manifests, and what a killed writer left.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::dataset::Dataset;
use super::manifest::Manifest;
use super::rows::{self, Rows};
use super::writer::{Writer, merge, remove};
use super::{MANIFEST, io, names, year_range};
use crate::error::{Error, Result};
use crate::input::{self, most};
use crate::range::TimeRange;
use crate::store::StoreError;
use crate::store::atomic;

/// End of the names of files that were set aside.
const DAMAGED: &str = ".damaged";

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
    /// Moves files that are not what their manifest says out of the way, under a name with `.damaged` at its end, and
    /// forgets that their time was fetched. What was set aside when the lock was taken is told too.
    ///
    /// A manifest that cannot be understood is set aside too and made anew from the files, whose names prove them, and so is one
    /// that is gone; all their time counts as not fetched then.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn set_aside(&mut self, dataset: &Dataset) -> Result<Vec<Damage>> {
        let mut damages = self.repair(dataset)?;
        let found = std::mem::take(&mut self.found);
        let (own, others) = found.into_iter().partition(|(of, _)| of == dataset);
        self.found = others;
        damages.extend(own.into_iter().map(|(_, damage)| damage));
        Ok(damages)
    }

    fn repair(&self, dataset: &Dataset) -> Result<Vec<Damage>> {
        let folder = dataset.folder(&self.store.root);
        let mut manifest = match self.store.manifest(dataset) {
            Ok(manifest) if self.store.has(dataset) || !folder.is_dir() => manifest,
            Ok(_) => return self.rebuild(dataset, "it was gone, and was made anew from the files"),
            Err(Error::Store(StoreError::Manifest { reason, .. })) => {
                return self.rebuild(dataset, &reason);
            }
            Err(error) => return Err(error),
        };
        let damages = self.store.verify(dataset)?;
        if damages.is_empty() {
            return Ok(damages);
        }
        for damage in &damages {
            manifest.years.retain(|year| year.year != damage.year);
            manifest.uncover(year_range(damage.year));
        }
        // First the manifest: a kill in between must not leave it pointing at nothing.
        self.write_manifest(dataset, &manifest)?;
        damages.into_iter().map(moved).collect()
    }

    /// Makes the manifest anew from the files.
    fn rebuild(&self, dataset: &Dataset, reason: &str) -> Result<Vec<Damage>> {
        let (manifest, damages) = self.recover(dataset)?;
        let mut path = dataset.folder(&self.store.root).join(MANIFEST);
        if path.is_file() {
            // A copy, so that there is a manifest at every moment.
            let copy = aside(&path);
            std::fs::copy(&path, &copy).map_err(|e| io(&copy, "set the file aside", e))?;
            path = copy;
        } else if manifest.years.is_empty() && damages.is_empty() {
            return Ok(damages);
        }
        self.write_manifest(dataset, &manifest)?;
        let year = manifest.years.first().map_or(0, |year| year.year);
        let own = Damage { path, year, reason: reason.to_owned() };
        std::iter::once(Ok(own)).chain(damages.into_iter().map(moved)).collect()
    }

    /// A manifest of the files whose content has the hash in their name, and the files of which that is not so.
    pub(super) fn recover(&self, dataset: &Dataset) -> Result<(Manifest, Vec<Damage>)> {
        let folder = dataset.folder(&self.store.root);
        let mut manifest = Manifest::new(dataset.to_string());
        let mut damages = Vec::new();
        let mut all = Rows::default();
        for name in names(&folder)? {
            let Some(year) = year_of(&name) else { continue };
            let path = folder.join(name);
            match whole(&path, dataset)? {
                Ok(rows) => all = merge(dataset.kind, &all, &rows).0,
                Err(reason) => damages.push(Damage { path, year, reason }),
            }
        }
        for (year, rows) in all.by_year() {
            let file = self.write(dataset, year, &rows)?;
            manifest.put_year(file);
        }
        Ok((manifest, damages))
    }

    /// Clears away what a killed writer left: files that were still being written, and files of years that no manifest lists, as
    /// the kill came before their commit or after their successor's. Rows of such a file that are nowhere else are taken over, for
    /// not every source has them for ever; one that is not whole is set aside.
    pub(super) fn sweep(&mut self, dataset: &Dataset) -> Result<()> {
        let Ok(mut manifest) = self.store.manifest(dataset) else { return Ok(()) };
        let folder = dataset.folder(&self.store.root);
        for name in names(&folder)? {
            let path = folder.join(&name);
            if name.ends_with(atomic::TEMPORARY) {
                remove(&path)?;
                continue;
            }
            let Some(year) = year_of(&name) else { continue };
            // One that was listed goes with what was taken over into its successor.
            if lists(&manifest, &name) || !path.is_file() {
                continue;
            }
            match whole(&path, dataset)? {
                Ok(rows) => {
                    let taken = self.take_over(dataset, &mut manifest, year, rows)?;
                    // It may be what the two make together.
                    if taken && !lists(&manifest, &name) {
                        remove(&path)?;
                    }
                }
                Err(reason) => {
                    let damage = moved(Damage { path, year, reason })?;
                    self.found.push((dataset.clone(), damage));
                }
            }
        }
        Ok(())
    }

    /// Puts the rows of an unlisted file under those of the listed one, whose values count. That is put off if the listed one is
    /// damaged.
    fn take_over(
        &self,
        dataset: &Dataset,
        manifest: &mut Manifest,
        year: i32,
        rows: Rows,
    ) -> Result<bool> {
        let before = manifest.clone();
        let merged = match before.years.iter().find(|have| have.year == year) {
            None => rows,
            Some(have) => {
                match self.store.read(dataset, have, TimeRange::ALL, &dataset.kind.names()) {
                    Ok(listed) => merge(dataset.kind, &rows, &listed).0,
                    Err(_) => return Ok(false),
                }
            }
        };
        manifest.put_year(self.write(dataset, year, &merged)?);
        if *manifest != before {
            self.write_manifest(dataset, manifest)?;
            self.remove_unlisted(dataset, &before, manifest)?;
        }
        Ok(true)
    }
}

fn lists(manifest: &Manifest, name: &str) -> bool {
    manifest.years.iter().any(|year| year.file == name)
}

/// The rows of a file whose content has the hash in its name, or what is wrong with it.
fn whole(path: &Path, dataset: &Dataset) -> Result<std::result::Result<Rows, String>> {
    let bytes = input::bytes(path, most::TABLE).map_err(|e| io(path, "read the file", e))?;
    let hash = hex::encode(Sha256::digest(&bytes));
    let named = path.file_name().is_some_and(|name| name.to_string_lossy().contains(&hash[..16]));
    if !named {
        return Ok(Err("its SHA-256 is not the one in its name".to_owned()));
    }
    let bytes = Bytes::from(bytes);
    let rows = rows::decode(bytes, dataset.kind, TimeRange::ALL, &dataset.kind.names());
    Ok(rows.map_err(|error| error.to_string()))
}

/// The year in the name of a file of a year; `None` for another file.
fn year_of(name: &str) -> Option<i32> {
    let (year, rest) = name.split_once('.')?;
    let hash = rest.strip_suffix(".parquet")?;
    let is_ours = year.len() == 4
        && year.bytes().all(|b| b.is_ascii_digit())
        && hash.len() == 16
        && hash.bytes().all(|b| b.is_ascii_hexdigit());
    year.parse().ok().filter(|_| is_ours)
}

/// Renames the file, if it is there, so that nothing else finds it.
fn moved(mut damage: Damage) -> Result<Damage> {
    if damage.path.is_file() {
        let target = aside(&damage.path);
        std::fs::rename(&damage.path, &target)
            .map_err(|error| io(&damage.path, "set the file aside", error))?;
        damage.path = target;
    }
    Ok(damage)
}

/// A name that is free for a damaged file.
fn aside(path: &Path) -> PathBuf {
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
