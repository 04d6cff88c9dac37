//! The newest bars, from the sources of `fetch`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use mantis_data::{Clock, Store, Timestamp};
use mantis_submit::source::Note;

use super::Refresh;
use crate::Result;
use crate::fetch::{Outcome, Route, keep_current};

/// Keeps every data set of a store current, in a thread of its own: a slow source is not waited for beyond the deadline, and no
/// second round is begun while one runs.
#[derive(Debug)]
pub struct StoreSync {
    questions: Sender<()>,
    answers: Receiver<Result<Outcome>>,
    running: bool,
}

impl StoreSync {
    /// Whether a folder holds anything that can be kept current.
    #[must_use]
    pub fn suits(data_dir: &Path) -> bool {
        Store::open(data_dir).and_then(|store| store.datasets()).is_ok_and(|held| !held.is_empty())
    }

    /// Starts the thread, which ends when this is dropped; nothing is fetched yet.
    #[must_use]
    pub fn new(data_dir: PathBuf, route: Route, clock: Arc<dyn Clock>) -> Self {
        let (questions, asked) = channel();
        let (answer, answers) = channel();
        std::thread::spawn(move || {
            while asked.recv().is_ok() {
                if answer.send(keep_current(&data_dir, &route, &clock)).is_err() {
                    return;
                }
            }
        });
        Self { questions, answers, running: false }
    }
}

impl Refresh for StoreSync {
    fn refresh(&mut self, now: Timestamp, deadline: Timestamp) -> Vec<Note> {
        if !self.running {
            self.running = self.questions.send(()).is_ok();
        }
        // Half of the time is for the model.
        let half = u64::try_from((deadline.as_micros() - now.as_micros()) / 2).unwrap_or(0);
        let answer = self.answers.recv_timeout(Duration::from_micros(half));
        self.running = matches!(answer, Err(RecvTimeoutError::Timeout));
        let text = match answer {
            Ok(Ok(outcome)) => return notes(&outcome),
            Ok(Err(error)) => error.to_string(),
            Err(RecvTimeoutError::Timeout) => "still running".to_owned(),
            Err(RecvTimeoutError::Disconnected) => {
                "its thread has ended; restart the miner".to_owned()
            }
        };
        vec![note(text)]
    }
}

/// What could not be fetched; one line, since a network that is gone fails everywhere for the same reason.
fn notes(outcome: &Outcome) -> Vec<Note> {
    let first = outcome.failures.first();
    let text = first.map(|first| match outcome.failures.len() {
        1 => first.clone(),
        n => format!("{first}, and {} more", n - 1),
    });
    text.map(note).into_iter().collect()
}

fn note(text: String) -> Note {
    Note { subject: "sync".to_owned(), text }
}
