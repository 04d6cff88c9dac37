//! The time for fetching.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mantis_data::{Clock, Timestamp};

/// The clock of this machine, or one that always shows the same time, as a mirror of old data needs it.
#[derive(Clone, Copy, Debug)]
pub struct ProgramClock {
    fixed: Option<Timestamp>,
    start: Instant,
}

impl ProgramClock {
    /// A clock that shows `fixed` if it is given, else the time.
    #[must_use]
    pub fn new(fixed: Option<Timestamp>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "programs know what time it is")]
        Self { fixed, start: Instant::now() }
    }
}

impl Clock for ProgramClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "programs know what time it is")]
        let system = || SystemTime::now().duration_since(UNIX_EPOCH);
        self.fixed.unwrap_or_else(|| {
            Timestamp::from_micros(system().map_or(0, |since| since.as_micros() as i64))
        })
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}
