//! A source that may be slow.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use mantis_data::Timestamp;

use super::{EmbeddingSource, Harvest, Note, failed};
use crate::error::Result;

/// Runs another source in a thread, and does not wait for it beyond the deadline: what comes too
/// late is taken in the next cycle. No second question is asked while one is open.
#[derive(Debug)]
pub struct Background {
    name: String,
    questions: Sender<(Timestamp, Timestamp)>,
    answers: Receiver<Result<Harvest>>,
    open: bool,
}

impl Background {
    /// Moves a source into a thread, which ends when this is dropped.
    pub fn new(mut source: impl EmbeddingSource + Send + 'static) -> Self {
        let name = source.name();
        let (questions, asked) = channel::<(Timestamp, Timestamp)>();
        let (answer, answers) = channel();
        std::thread::spawn(move || {
            while let Ok((now, deadline)) = asked.recv() {
                if answer.send(source.embed(now, deadline)).is_err() {
                    return;
                }
            }
        });
        Self { name, questions, answers, open: false }
    }
}

impl EmbeddingSource for Background {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn embed(&mut self, now: Timestamp, deadline: Timestamp) -> Result<Harvest> {
        // What was late in the last cycle is better than nothing, and worse than an answer now.
        let late = if self.open { self.answers.try_recv().ok() } else { None };
        self.open &= late.is_none();
        if !self.open {
            self.open = self.questions.send((now, deadline)).is_ok();
        }
        let micros = u64::try_from(deadline.as_micros() - now.as_micros()).unwrap_or(0);
        let wait = Duration::from_micros(micros);
        let answer = match self.answers.recv_timeout(wait) {
            Ok(answer) => {
                self.open = false;
                answer
            }
            Err(RecvTimeoutError::Timeout) => {
                let seconds = wait.as_secs_f64();
                Err(failed(&self.name, format!("no answer within {seconds:.1} s, still running")))
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(failed(&self.name, "its thread has ended; restart the miner"))
            }
        };
        match (late, answer) {
            (Some(Ok(late)), Err(error)) => {
                let mut harvest = late;
                harvest.notes.push(Note { subject: self.name.clone(), text: error.to_string() });
                Ok(harvest)
            }
            (_, answer) => answer,
        }
    }
}
