//! A data folder that is read again and again, each time for the newest rows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mantis_data::{Interval, Panel, Timestamp, open_data_dir};
use mantis_features::plan::RecentRows;

use super::market;
use crate::{Error, Result};

/// Bars and series of some symbols, read anew when a file of their folder has changed.
#[derive(Debug, Default)]
pub struct Market {
    read: Option<Read>,
}

#[derive(Debug)]
struct Read {
    files: Vec<File>,
    symbols: BTreeSet<String>,
    panel: Panel,
}

/// A file by what tells that it has changed.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct File {
    path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Market {
    /// What is known at a time, and what of it cannot be read: a file that is damaged leaves the other symbols as they are, and is
    /// tried again. Symbols without bars are left out.
    ///
    /// # Errors
    /// Those of the folder.
    pub fn panel(
        &mut self,
        data_dir: &Path,
        symbols: BTreeSet<String>,
        now: Timestamp,
    ) -> Result<(Panel, Vec<String>)> {
        let mut files = Vec::new();
        list(data_dir, &mut files)?;
        files.sort_unstable();
        let same = |read: &&Read| read.files == files && read.symbols == symbols;
        if let Some(read) = self.read.as_ref().filter(same) {
            return Ok((read.panel.as_of(now), Vec::new()));
        }
        let data = open_data_dir(data_dir)?;
        let (mut panel, mut troubles) = (Panel::new(Interval::HOUR), Vec::new());
        for symbol in &symbols {
            if let Err(error) = market::add(&mut panel, &data, symbol) {
                troubles.push(format!("{symbol}: {error}"));
            }
        }
        let known = panel.as_of(now);
        self.read = troubles.is_empty().then_some(Read { files, symbols, panel });
        Ok((known, troubles))
    }
}

/// The files of a folder and of those in it.
fn list(folder: &Path, files: &mut Vec<File>) -> Result<()> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        // Where a link leads is what counts.
        let Ok(about) = std::fs::metadata(&path) else { continue };
        if about.is_dir() {
            list(&path, files)?;
        } else {
            files.push(File { path, bytes: about.len(), modified: about.modified().ok() });
        }
    }
    Ok(())
}

/// The newest rows of symbols, shared by all models that read the same columns of them.
#[derive(Debug, Default)]
pub struct Rows {
    known: BTreeMap<String, RecentRows>,
    used: BTreeSet<String>,
}

impl Rows {
    /// Those of a symbol's columns; `new` makes them.
    ///
    /// # Errors
    /// That of `new`.
    pub fn of<E>(
        &mut self,
        symbol: &str,
        columns: &[String],
        new: impl FnOnce() -> std::result::Result<RecentRows, E>,
    ) -> std::result::Result<&mut RecentRows, E> {
        let key = format!("{symbol} {}", columns.join(" "));
        self.used.insert(key.clone());
        match self.known.entry(key) {
            std::collections::btree_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::btree_map::Entry::Vacant(free) => Ok(free.insert(new()?)),
        }
    }

    /// Forgets what nobody has asked for since the last time.
    pub fn tidy(&mut self) {
        let used = std::mem::take(&mut self.used);
        self.known.retain(|key, _| used.contains(key));
    }
}
