//! What a miner remembers across restarts.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mantis_data::Timestamp;
use serde::{Deserialize, Serialize};

use super::report::CycleReport;
use super::schedule::Head;
use crate::error::{Error, Result};
use crate::wallet::Hotkey;

/// What a miner remembers; in JSON, for `mine status` and for whoever likes to look.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// For whom it submits.
    pub hotkey: Option<Hotkey>,
    /// Cycles so far, over all restarts.
    pub cycles: u64,
    /// Cycles that stored no object, since the last one that did.
    pub failures_in_a_row: u64,
    /// Failures so far, by [`Error::class`].
    pub failures: BTreeMap<String, u64>,
    /// How the last cycle went.
    pub last_cycle: Option<CycleReport>,
    /// How the last cycle that stored an object went.
    pub last_upload: Option<CycleReport>,
    /// The newest block that was seen.
    pub head: Option<Head>,
    /// What is known about the commitment.
    pub commit: CommitState,
    /// The artifact in use, and what became of others, newest last; as the program puts it.
    pub models: Vec<String>,
}

/// What is known about the commitment of the URL.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CommitState {
    /// The URL that was sent or seen last.
    pub url: Option<String>,
    /// When a transaction was sent that the chain has not shown yet.
    pub sent_at: Option<Timestamp>,
    /// The block at which the chain holds the URL.
    pub block: Option<u64>,
    /// When the chain was asked last.
    pub checked_at: Option<Timestamp>,
}

/// The state on disk: written beside its place and renamed, so that a crash leaves the old one or
/// the new one.
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// A state at a path; nothing is read or written yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state; that of a new miner if there is no file.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::State`] for a file that is none, which is put aside first: the
    /// next call begins anew.
    pub fn load(&self) -> Result<State> {
        let failed = |action| move |source| Error::Io { path: self.path.clone(), action, source };
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
            Err(error) => return Err(failed("read the state")(error)),
        };
        serde_json::from_slice(&bytes).or_else(|error| {
            let aside = self.path.with_extension("damaged");
            fs::rename(&self.path, &aside).map_err(failed("put a damaged state aside"))?;
            Err(Error::State { path: self.path.clone(), problem: error.to_string(), aside })
        })
    }

    /// Writes the state.
    ///
    /// # Errors
    /// [`Error::Io`]; the old one is still there then.
    pub fn save(&self, state: &State) -> Result<()> {
        let folder = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let write = || -> io::Result<()> {
            fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(".state-").tempfile_in(folder)?;
            serde_json::to_writer_pretty(&mut file, state)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        let path = self.path.clone();
        write().map_err(|source| Error::Io { path, action: "write the state", source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_and_a_damaged_one_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("new/state.json"));
        assert_eq!(file.load().unwrap(), State::default());
        let state = State { cycles: 7, models: vec!["a".into()], ..State::default() };
        file.save(&state).unwrap();
        assert_eq!(file.load().unwrap(), state);
        fs::write(file.path(), b"{\"cycles\":").unwrap();
        let message = file.load().unwrap_err().to_string();
        assert!(message.contains("put aside as"), "{message}");
        assert_eq!(file.load().unwrap(), State::default());
        assert!(folder.path().join("new/state.damaged").exists());
        // Fields of other versions are no reason to forget the rest.
        fs::write(file.path(), b"{\"cycles\":3,\"later\":1}").unwrap();
        assert_eq!(file.load().unwrap().cycles, 3);
    }
}
