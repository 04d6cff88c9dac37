//! What a miner remembers across restarts.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mantis_data::input::{self, most};
use mantis_data::{Interval, Timestamp};
use serde::{Deserialize, Serialize};

use super::report::CycleReport;
use super::schedule::Head;
use crate::error::{Error, Result};
use crate::replace::{folder_of, remove_leftovers, replace};
use crate::wallet::Hotkey;

/// What a miner remembers; in JSON, for `mine status` and for whoever likes to look.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// For whom it submits.
    pub hotkey: Option<Hotkey>,
    /// From cycle to cycle.
    pub interval: Option<Interval>,
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
    /// What became of the newest artifacts, newest last; as the program puts it.
    pub models: Vec<String>,
    /// When the last training began.
    pub trained_at: Option<Timestamp>,
}

/// Whether a miner is well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// Whether it is.
    pub ok: bool,
    /// Why, in a few words.
    pub text: String,
}

impl State {
    /// Intervals without a stored object after which a miner is not well, and the shortest time that this is.
    const PATIENCE: (i64, Interval) = (3, Interval::minutes(3));

    /// Whether the last object is recent and has not opened: the one rule of the health page and of `mine status`.
    #[must_use]
    pub fn health(&self, now: Timestamp) -> Health {
        let not = |text: String| Health { ok: false, text };
        let Some(last) = &self.last_upload else { return not("no object stored yet".to_owned()) };
        let (intervals, shortest) = Self::PATIENCE;
        let interval = self.interval.unwrap_or_default().as_micros();
        let most = interval.saturating_mul(intervals).max(shortest.as_micros());
        let age = now.as_micros().saturating_sub(last.time.as_micros());
        if last.stored.as_ref().is_some_and(|stored| stored.opens <= now) {
            return not(format!("the object of {} has opened, so nothing counts", last.time));
        }
        let text = format!("last object {:.0} s ago", age as f64 / 1e6);
        Health { ok: (0..=most).contains(&age), text }
    }
}

/// What is known about the commitment of the URL.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CommitState {
    /// The URL that was sent or seen last.
    pub url: Option<String>,
    /// When a transaction was sent that the chain has not shown yet.
    pub sent_at: Option<Timestamp>,
    /// When the chain refused one last.
    pub refused_at: Option<Timestamp>,
    /// How often it did in a row.
    pub refusals: u32,
    /// The block at which the chain holds the URL.
    pub block: Option<u64>,
    /// When the chain was asked last.
    pub checked_at: Option<Timestamp>,
}

/// Starts the names of states that are being written.
const TEMPORARY: &str = ".state-";

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
        remove_leftovers(folder_of(&self.path), TEMPORARY);
        let failed = |action| move |source| Error::Io { path: self.path.clone(), action, source };
        let bytes = match input::bytes(&self.path, most::DOCUMENT) {
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
        let written = fs::create_dir_all(folder_of(&self.path)).and_then(|()| {
            replace(&self.path, TEMPORARY, |file| {
                serde_json::to_writer_pretty(&mut *file, state)?;
                file.write_all(b"\n")
            })
        });
        let path = self.path.clone();
        written.map_err(|source| Error::Io { path, action: "write the state", source })
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
        let aged = |name: &str, seconds| {
            let file = fs::File::create(folder.path().join("new").join(name)).unwrap();
            let written = file.metadata().unwrap().modified().unwrap();
            file.set_modified(written - std::time::Duration::from_secs(seconds)).unwrap();
        };
        aged(".state-old", 700);
        aged(".state-new", 5);
        file.load().unwrap();
        let left = |name: &str| folder.path().join("new").join(name).exists();
        assert_eq!([".state-old", ".state-new"].map(left), [false, true], "what crashes left");
        // Fields of other versions are no reason to forget the rest.
        fs::write(file.path(), b"{\"cycles\":3,\"later\":1}").unwrap();
        assert_eq!(file.load().unwrap().cycles, 3);
    }
}
