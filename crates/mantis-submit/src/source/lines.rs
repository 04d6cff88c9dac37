//! Embeddings that arrive line by line.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use mantis_data::{ChallengeTable, Clock, Interval, Timestamp};

use super::file::harvest;
use super::json::MAX_BYTES;
use super::{EmbeddingSource, Harvest, failed};
use crate::error::Result;
use crate::wallet::Hotkey;

/// Embeddings that arrive at an input such as standard input, one JSON object per line, as
/// [`parse_embeddings`](super::parse_embeddings) reads them. The newest line counts; it is as old
/// as its arrival.
#[derive(Debug)]
pub struct LineSource {
    newest: Arc<Mutex<Newest>>,
    table: ChallengeTable,
    hotkey: Hotkey,
    max_age: Interval,
}

#[derive(Debug, Default)]
struct Newest {
    line: Option<(String, Timestamp)>,
    /// Why nothing more will come.
    ended: Option<String>,
}

impl LineSource {
    /// Reads lines of `input` in a thread of its own; a line counts for `max_age`.
    pub fn new(
        input: impl Read + Send + 'static,
        clock: impl Clock + 'static,
        table: ChallengeTable,
        hotkey: Hotkey,
        max_age: Interval,
    ) -> Self {
        let newest = Arc::new(Mutex::new(Newest::default()));
        let shared = Arc::clone(&newest);
        // It ends with the input, or with the process.
        std::thread::spawn(move || follow(input, &clock, &shared));
        Self { newest, table, hotkey, max_age }
    }
}

fn follow(input: impl Read, clock: &impl Clock, newest: &Mutex<Newest>) {
    let mut reader = BufReader::new(input);
    let ended = loop {
        let mut line = Vec::new();
        match reader.by_ref().take(MAX_BYTES as u64 + 1).read_until(b'\n', &mut line) {
            Ok(0) => break "the input has ended".to_owned(),
            Ok(n) if n > MAX_BYTES => break format!("a line is longer than {MAX_BYTES} bytes"),
            Ok(_) if line.iter().all(u8::is_ascii_whitespace) => {}
            Ok(_) => {
                let line = String::from_utf8_lossy(&line).into_owned();
                let arrived = clock.now();
                lock(newest).line = Some((line, arrived));
            }
            Err(error) => break error.to_string(),
        }
    };
    lock(newest).ended = Some(ended);
}

fn lock(newest: &Mutex<Newest>) -> std::sync::MutexGuard<'_, Newest> {
    // Both fields are whole after any panic.
    newest.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EmbeddingSource for LineSource {
    fn name(&self) -> String {
        "standard input".to_owned()
    }

    fn embed(&mut self, _: Timestamp, _: Timestamp) -> Result<Harvest> {
        let (line, ended) = {
            let newest = lock(&self.newest);
            (newest.line.clone(), newest.ended.clone())
        };
        let Some((line, arrived)) = line else {
            let problem = ended.unwrap_or_else(|| "nothing has arrived yet".to_owned());
            return Err(failed(&self.name(), problem));
        };
        harvest(&self.table, &self.hotkey, &self.name(), &line, arrived, self.max_age)
    }
}
