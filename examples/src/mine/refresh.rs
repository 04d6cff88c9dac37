//! New data by a command.

use std::time::Duration;

use mantis_data::{Clock, Timestamp};
use mantis_submit::source::Note;
use mantis_submit::{Running, Shell};

use super::Refresh;
use super::r2::SECRET_VARIABLES;
use crate::SystemClock;

/// Runs a command before each cycle, in place of [`StoreSync`](super::StoreSync). One that takes longer than the
/// cycle goes on beside it, and no second one is started.
#[derive(Debug)]
pub struct CommandRefresh {
    shell: Shell,
    clock: SystemClock,
    running: Option<Running>,
}

impl CommandRefresh {
    /// Nothing is run yet.
    #[must_use]
    pub fn new(command: &str, clock: SystemClock) -> Self {
        Self { shell: Shell::new(command, &SECRET_VARIABLES), clock, running: None }
    }

    /// `None` if all is well.
    fn wait(&mut self, deadline: Timestamp) -> Option<String> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => match self.shell.start(&[]) {
                Ok(running) => running,
                Err(error) => return Some(format!("cannot be started: {error}")),
            },
        };
        loop {
            match running.poll() {
                Ok(Some(status)) if status.success() => return None,
                Ok(Some(status)) => return Some(format!("ended with {status}")),
                Err(error) => return Some(error.to_string()),
                Ok(None) if self.clock.now() >= deadline => {
                    self.running = Some(running);
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
