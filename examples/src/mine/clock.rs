//! The system's clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mantis_data::Timestamp;
use mantis_submit::clock::Clock;

/// The time of this machine, or one that runs beside it from another moment on, to try recorded
/// data.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock {
    /// Microseconds by which it is ahead.
    offset: i64,
}

impl SystemClock {
    /// A clock that shows `time` now.
    #[must_use]
    pub fn starting_at(time: Timestamp) -> Self {
        Self { offset: time.as_micros() - Self::default().now().as_micros() }
    }

    /// The time of this machine, or the one that is given.
    #[must_use]
    pub fn new(now: Option<Timestamp>) -> Self {
        now.map_or_else(Self::default, Self::starting_at)
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "programs know what time it is")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(micros.saturating_add(self.offset))
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}
