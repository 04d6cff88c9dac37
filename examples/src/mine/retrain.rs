//! Training on schedule, beside the mining.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use mantis_data::{Interval, Timestamp};

use super::promotion::{Verdict, compare};
use super::r2::SECRET_VARIABLES;
use crate::{Error, Result};

/// Runs a command on schedule that trains an artifact into `candidate`, compares it with the one
/// in use, and puts it in its place if it is not worse. Mining goes on all the while.
#[derive(Debug)]
pub struct Retrainer {
    command: String,
    every: Interval,
    in_use: PathBuf,
    candidate: PathBuf,
    data_dir: PathBuf,
    last: Timestamp,
    work: Work,
}

#[derive(Debug)]
enum Work {
    None,
    Training(Child),
    Comparing(Receiver<Result<Verdict>>),
}

impl Retrainer {
    /// Trains for the first time `every` after `now`. The command gets the folder to write as
    /// `MANTIS_CANDIDATE_DIR` and the time as `MANTIS_NOW` (seconds since 1970).
    #[must_use]
    pub fn new(
        command: &str,
        every: Interval,
        in_use: PathBuf,
        data_dir: PathBuf,
        now: Timestamp,
    ) -> Self {
        let candidate = beside(&in_use, "candidate");
        let before = beside(&in_use, "before");
        if !in_use.exists() && before.exists() {
            // The machine stopped between the two steps of a swap. If it cannot be mended, the
            // missing artifact is told by whoever loads it.
            let _ = std::fs::rename(&before, &in_use);
        }
        let command = command.to_owned();
        Self { command, every, in_use, candidate, data_dir, last: now, work: Work::None }
    }

    /// Looks after the work; what is new about it, if anything.
    pub fn step(&mut self, now: Timestamp) -> Option<String> {
        match &mut self.work {
            Work::None => {
                let due = now.as_micros() - self.last.as_micros() >= self.every.as_micros();
                due.then(|| self.train(now))
            }
            Work::Training(child) => match child.try_wait() {
                Ok(None) => None,
                Ok(Some(status)) if status.success() => {
                    self.work = Work::Comparing(self.comparison(now));
                    Some("training is done, comparing".to_owned())
                }
                Ok(Some(status)) => self.failed(&format!("the training ended with {status}")),
                Err(error) => self.failed(&error.to_string()),
            },
            Work::Comparing(verdict) => match verdict.try_recv() {
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => self.failed("the comparison ended early"),
                Ok(Err(error)) => self.failed(&error.to_string()),
                Ok(Ok(verdict)) => {
                    self.work = Work::None;
                    if !verdict.promotes() {
                        return Some(format!("new artifact {verdict}"));
                    }
                    match swap(&self.candidate, &self.in_use) {
                        Ok(()) => Some(format!("new artifact {verdict}")),
                        Err(error) => self.failed(&error.to_string()),
                    }
                }
            },
        }
    }

    fn failed(&mut self, reason: &str) -> Option<String> {
        self.work = Work::None;
        Some(format!("no new artifact: {reason}; the one in use stays"))
    }

    fn train(&mut self, now: Timestamp) -> String {
        self.last = now;
        let mut command = Command::new("sh");
        command
            .args(["-c", &self.command])
            .env("MANTIS_CANDIDATE_DIR", &self.candidate)
            .env("MANTIS_NOW", now.as_secs().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        for name in SECRET_VARIABLES {
            command.env_remove(name);
        }
        match command.spawn() {
            Ok(child) => {
                self.work = Work::Training(child);
                "training a new artifact".to_owned()
            }
            Err(error) => format!("no new artifact: the training cannot be started: {error}"),
        }
    }

    fn comparison(&self, now: Timestamp) -> Receiver<Result<Verdict>> {
        let (send, receive) = channel();
        let (new, old) = (self.candidate.clone(), self.in_use.clone());
        let data = self.data_dir.clone();
        std::thread::spawn(move || {
            // Nobody listens any more when the miner has ended.
            let _ = send.send(compare(&new, &old, &data, now));
        });
        receive
    }
}

/// A training that is not done is not worth more than the end of the program.
impl Drop for Retrainer {
    fn drop(&mut self) {
        if let Work::Training(child) = &mut self.work {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Puts a folder into the place of another one, which is kept beside it.
fn swap(new: &Path, place: &Path) -> Result<()> {
    let failed = |action| move |source| Error::Write { path: place.to_owned(), action, source };
    let before = beside(place, "before");
    if before.exists() {
        std::fs::remove_dir_all(&before).map_err(failed("remove the artifact before"))?;
    }
    if place.exists() {
        std::fs::rename(place, &before).map_err(failed("put the artifact aside"))?;
    }
    std::fs::rename(new, place).map_err(failed("put the new artifact into place"))
}

/// `folder.suffix`, whatever dots are in its name.
fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    folder.with_file_name(name)
}
