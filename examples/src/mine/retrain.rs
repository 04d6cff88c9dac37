//! Training on schedule, beside the mining.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use mantis_data::{ChallengeTable, Interval, Timestamp};
use mantis_submit::{Running, Shell};

use super::promotion::{Verdict, compare};
use super::r2::SECRET_VARIABLES;
use crate::models::source::{Candidate, artifact_folder, candidates};
use crate::{Error, Result};

/// What is trained, how often and where.
#[derive(Clone, Debug)]
pub struct RetrainSettings {
    /// Trains artifacts into `MANTIS_CANDIDATE_DIR`.
    pub command: String,
    /// From the end of a training to the next.
    pub every: Interval,
    /// A training that takes longer is ended.
    pub limit: Interval,
    /// The challenges.
    pub table: ChallengeTable,
    /// The artifacts in use.
    pub model_dir: PathBuf,
    /// Market data.
    pub data_dir: PathBuf,
}

/// Runs a command on schedule that trains artifacts, compares each with the one of its challenge that is in use, and puts it in
/// its place if it is not worse. Mining goes on all the while.
#[derive(Debug)]
pub struct Retrainer {
    settings: RetrainSettings,
    shell: Shell,
    candidate: PathBuf,
    last: Timestamp,
    work: Work,
}

/// What became of the candidates.
type Compared = Result<Vec<(Candidate, Result<Verdict>)>>;

#[derive(Debug)]
enum Work {
    None,
    Training(Running, Timestamp),
    Comparing(Receiver<Compared>),
}

impl Retrainer {
    /// Trains for the first time `every` after `last`. The command gets the folder to write as
    /// `MANTIS_CANDIDATE_DIR` and the time as `MANTIS_NOW` (seconds since 1970).
    #[must_use]
    pub fn new(settings: RetrainSettings, last: Timestamp) -> Self {
        for challenge in settings.table.challenges() {
            let in_use = artifact_folder(&settings.model_dir, &challenge.ticker);
            for folder in [&in_use, &settings.model_dir] {
                let before = beside(folder, "before");
                if !folder.exists() && before.exists() {
                    // The machine stopped between the two steps of a swap. If it cannot be mended, the
                    // missing artifact is told by whoever loads it.
                    let _ = std::fs::rename(&before, folder);
                }
            }
        }
        let candidate = beside(&settings.model_dir, "candidate");
        let shell = Shell::new(&settings.command, &SECRET_VARIABLES);
        Self { settings, shell, candidate, last, work: Work::None }
    }

    /// When the last training ended.
    #[must_use]
    pub const fn last(&self) -> Timestamp {
        self.last
    }

    /// Looks after the work; what is new about it.
    pub fn step(&mut self, now: Timestamp) -> Vec<String> {
        match std::mem::replace(&mut self.work, Work::None) {
            Work::None => {
                let since = now.as_micros() - self.last.as_micros();
                // A clock that was far ahead for a while must not put it off for as long.
                let due = since.abs() >= self.settings.every.as_micros();
                if due { vec![self.train(now)] } else { Vec::new() }
            }
            Work::Training(mut running, began) => match running.poll() {
                Ok(None) if began + self.settings.limit < now => {
                    let hours = self.settings.limit.as_micros() as f64 / 3.6e9;
                    self.failed(
                        now,
                        &format!("the training took longer than {hours} h and was ended"),
                    )
                }
                Ok(None) => {
                    self.work = Work::Training(running, began);
                    Vec::new()
                }
                Ok(Some(status)) if status.success() => {
                    self.work = Work::Comparing(self.comparison(now));
                    vec!["training is done, comparing".to_owned()]
                }
                Ok(Some(status)) => self.failed(now, &format!("the training ended with {status}")),
                Err(error) => self.failed(now, &error.to_string()),
            },
            Work::Comparing(verdicts) => match verdicts.try_recv() {
                Err(TryRecvError::Empty) => {
                    self.work = Work::Comparing(verdicts);
                    Vec::new()
                }
                Err(TryRecvError::Disconnected) => self.failed(now, "the comparison ended early"),
                Ok(Err(error)) => self.failed(now, &error.to_string()),
                Ok(Ok(verdicts)) => {
                    self.last = now;
                    verdicts
                        .iter()
                        .map(|(candidate, verdict)| promote(candidate, verdict))
                        .collect()
                }
            },
        }
    }

    fn failed(&mut self, now: Timestamp, reason: &str) -> Vec<String> {
        self.last = now;
        vec![format!("no new artifact: {reason}; what is in use stays")]
    }

    fn train(&mut self, now: Timestamp) -> String {
        // A candidate of an earlier training must not be taken for one of this.
        if let Err(error) = remove(&self.candidate) {
            self.last = now;
            return format!("no new artifact: {error}");
        }
        let seconds = now.as_secs().to_string();
        let variables = [
            ("MANTIS_CANDIDATE_DIR", self.candidate.as_os_str()),
            ("MANTIS_NOW", seconds.as_ref()),
        ];
        match self.shell.start(&variables) {
            Ok(running) => {
                self.work = Work::Training(running, now);
                "training new artifacts".to_owned()
            }
            Err(error) => {
                self.last = now;
                format!("no new artifact: the training cannot be started: {error}")
            }
        }
    }

    fn comparison(&self, now: Timestamp) -> Receiver<Compared> {
        let (send, receive) = channel();
        let (settings, folder) = (self.settings.clone(), self.candidate.clone());
        std::thread::spawn(move || {
            let compared = candidates(&settings.table, &settings.model_dir, &folder).map(|found| {
                let judged = found.into_iter().map(|candidate| {
                    let verdict = compare(&candidate, &settings.data_dir, now);
                    (candidate, verdict)
                });
                judged.collect()
            });
            // Nobody listens any more when the miner has ended.
            let _ = send.send(compared);
        });
        receive
    }
}

/// Puts a candidate into place if the verdict is for it; what to tell.
fn promote(candidate: &Candidate, verdict: &Result<Verdict>) -> String {
    let ticker = &candidate.challenge.ticker;
    let failed = |error: &Error| {
        format!("{ticker}: the new artifact is not used: {error}; the one in use stays")
    };
    match verdict {
        Ok(verdict) if verdict.promotes() => match swap(&candidate.new, &candidate.in_use) {
            Ok(()) => format!("{ticker}: new artifact {verdict}"),
            Err(error) => failed(&error),
        },
        Ok(verdict) => format!("{ticker}: new artifact {verdict}"),
        Err(error) => failed(error),
    }
}

/// Puts a folder into the place of another one, which is kept beside it.
fn swap(new: &Path, place: &Path) -> Result<()> {
    let failed = |action| move |source| Error::Write { path: place.to_owned(), action, source };
    let before = beside(place, "before");
    remove(&before)?;
    if place.exists() {
        std::fs::rename(place, &before).map_err(failed("put the artifact aside"))?;
    } else if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).map_err(failed("make the folder"))?;
    }
    std::fs::rename(new, place).map_err(failed("put the new artifact into place"))
}

fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let path = folder.to_owned();
    std::fs::remove_dir_all(folder).map_err(|source| Error::Write {
        path,
        action: "remove the artifacts of an earlier training",
        source,
    })
}

/// `folder.suffix`, whatever dots are in its name.
fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    folder.with_file_name(name)
}
