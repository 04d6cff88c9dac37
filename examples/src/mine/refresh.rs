//! New data by a command.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mantis_data::Timestamp;
use mantis_submit::clock::Clock;
use mantis_submit::source::Note;

use super::Refresh;
use super::clock::SystemClock;
use super::r2::SECRET_VARIABLES;

/// Runs a command such as `fetch --ticker BTC` before each cycle. One that takes longer than the
/// cycle goes on beside it, and no second one is started.
#[derive(Debug)]
pub struct CommandRefresh {
    command: String,
    clock: SystemClock,
    running: Option<Child>,
}

impl CommandRefresh {
    /// Nothing is run yet.
    #[must_use]
    pub fn new(command: &str, clock: SystemClock) -> Self {
        Self { command: command.to_owned(), clock, running: None }
    }

    fn start(&self) -> std::io::Result<Child> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.command]).stdin(Stdio::null()).stdout(Stdio::null());
        for name in SECRET_VARIABLES {
            command.env_remove(name);
        }
        command.spawn()
    }

    /// `None` if all is well.
    fn wait(&mut self, deadline: Timestamp) -> Option<String> {
        let mut child = match self.running.take() {
            Some(child) => child,
            None => match self.start() {
                Ok(child) => child,
                Err(error) => return Some(format!("cannot be started: {error}")),
            },
        };
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return None,
                Ok(Some(status)) => return Some(format!("ended with {status}")),
                Err(error) => return Some(error.to_string()),
                Ok(None) if self.clock.now() >= deadline => {
                    self.running = Some(child);
                    return Some("still running".to_owned());
                }
                Ok(None) => self.clock.sleep(Duration::from_millis(50)),
            }
        }
    }
}

impl Refresh for CommandRefresh {
    fn refresh(&mut self, now: Timestamp, deadline: Timestamp) -> Vec<Note> {
        // Half of the time is for the model.
        let half = (deadline.as_micros() - now.as_micros()) / 2;
        let until = Timestamp::from_micros(now.as_micros() + half);
        let text = self.wait(until);
        text.map(|text| Note { subject: "refresh".to_owned(), text }).into_iter().collect()
    }
}

impl Drop for CommandRefresh {
    fn drop(&mut self) {
        if let Some(child) = &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
