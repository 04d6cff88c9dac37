//! The time for programs.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mantis_data::{Clock, Timestamp};

/// The clock of this machine, or one that shows another time, to try recorded data.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
    shows: Shows,
}

#[derive(Clone, Copy, Debug)]
enum Shows {
    /// The machine's time, so many microseconds later.
    Ahead(i64),
    /// One time for ever.
    Always(Timestamp),
}

impl Default for SystemClock {
    /// The time of this machine.
    fn default() -> Self {
        #[expect(clippy::disallowed_methods, reason = "programs know what time it is")]
        Self { start: Instant::now(), shows: Shows::Ahead(0) }
    }
}

impl SystemClock {
    /// A clock that shows `time` now and goes on from there.
    #[must_use]
    pub fn starting_at(time: Timestamp) -> Self {
        let ahead = time.as_micros() - machine_micros();
        Self { shows: Shows::Ahead(ahead), ..Self::default() }
    }

    /// A clock that always shows `time`, as a mirror of old data needs it.
    #[must_use]
    pub fn standing_at(time: Timestamp) -> Self {
        Self { shows: Shows::Always(time), ..Self::default() }
    }
}

fn machine_micros() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "programs know what time it is")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        match self.shows {
            Shows::Always(time) => time,
            Shows::Ahead(ahead) => Timestamp::from_micros(machine_micros().saturating_add(ahead)),
        }
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}
