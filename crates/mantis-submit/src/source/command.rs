//! Embeddings of a command that is run each cycle.

use std::io::Read;
use std::time::Duration;

use mantis_data::{ChallengeTable, Clock, Interval, Timestamp};

use super::file::harvest;
use super::json::MAX_BYTES;
use super::{EmbeddingSource, Harvest, failed};
use crate::error::Result;
use crate::shell::Shell;
use crate::wallet::Hotkey;

/// How often a running command is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// The end of what a command writes to standard error, for messages.
const SHOWN_BYTES: usize = 300;

/// Runs a command each cycle and reads one JSON object from its standard output, as
/// [`parse_embeddings`](super::parse_embeddings) reads it. A command that is not done by the
/// deadline is killed, together with what it started.
///
/// The command is run by `sh -c`. It gets `MANTIS_NOW` (seconds since 1970) and `MANTIS_HOTKEY`,
/// and does not get variables that are named in `hidden`, where a program keeps its credentials.
#[derive(Debug)]
pub struct CommandSource<C> {
    shell: Shell,
    clock: C,
    table: ChallengeTable,
    hotkey: Hotkey,
    max_age: Interval,
}

impl<C: Clock> CommandSource<C> {
    /// A command whose answers count for `max_age`.
    pub fn new(
        command: &str,
        hidden: &[&str],
        clock: C,
        table: ChallengeTable,
        hotkey: Hotkey,
        max_age: Interval,
    ) -> Self {
        Self { shell: Shell::new(command, hidden), clock, table, hotkey, max_age }
    }

    fn run(&self, now: Timestamp, deadline: Timestamp) -> std::result::Result<String, String> {
        let (seconds, hotkey) = (now.as_secs().to_string(), self.hotkey.to_string());
        let variables = [("MANTIS_NOW", seconds.as_ref()), ("MANTIS_HOTKEY", hotkey.as_ref())];
        let started = self.shell.start_piped(&variables);
        let mut child = started.map_err(|error| format!("cannot be started: {error}"))?;
        // Read beside waiting, or a command that writes much would wait for us.
        let output = child.0.stdout.take().map(|pipe| reader(pipe, MAX_BYTES + 1));
        let errors = child.0.stderr.take().map(|pipe| reader(pipe, MAX_BYTES));
        let status = loop {
            match child.poll() {
                Ok(Some(status)) => break status,
                Ok(None) if self.clock.now() >= deadline => {
                    return Err("not done by the deadline, killed".to_owned());
                }
                Ok(None) => self.clock.sleep(PAUSE),
                Err(error) => return Err(error.to_string()),
            }
        };
        // Whatever the command left running would hold the pipes open.
        drop(child);
        let joined = |thread: Option<std::thread::JoinHandle<Vec<u8>>>| {
            thread.and_then(|thread| thread.join().ok()).unwrap_or_default()
        };
        let (output, errors) = (joined(output), joined(errors));
        if !status.success() {
            let errors =
                String::from_utf8_lossy(&errors[errors.len().saturating_sub(SHOWN_BYTES)..])
                    .trim()
                    .replace('\n', " | ");
            return Err(format!("ended with {status}: {errors}"));
        }
        String::from_utf8(output).map_err(|_| "its output is no text".to_owned())
    }
}

fn reader(pipe: impl Read + Send + 'static, limit: usize) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut pipe = pipe;
        let mut bytes = Vec::new();
        // What was read before an error is what there is.
        let _ = pipe.by_ref().take(limit as u64).read_to_end(&mut bytes);
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        bytes
    })
}

impl<C: Clock> EmbeddingSource for CommandSource<C> {
    fn name(&self) -> String {
        format!("command `{}`", self.shell.command())
    }

    fn embed(&mut self, now: Timestamp, deadline: Timestamp) -> Result<Harvest> {
        let text = self.run(now, deadline).map_err(|problem| failed(&self.name(), problem))?;
        harvest(&self.table, &self.hotkey, &self.name(), &text, now, self.max_age)
    }
}
