//! The time as something that is passed in.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::time::Timestamp;

/// Tells the time and waits. Programs pass the system's clock; tests pass a [`ManualClock`], so
/// that hours of waiting take no time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now. It may be set forwards and back.
    fn now(&self) -> Timestamp;

    /// Time since some moment, which never goes back: what pauses and deadlines are measured with.
    fn elapsed(&self) -> Duration;

    /// Returns after `duration`.
    fn sleep(&self, duration: Duration);
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn elapsed(&self) -> Duration {
        (**self).elapsed()
    }

    fn sleep(&self, duration: Duration) {
        (**self).sleep(duration);
    }
}

/// A clock that moves when it is told to, and when something sleeps.
///
/// ```
/// use std::time::Duration;
///
/// use mantis_data::{Clock, ManualClock, Timestamp};
///
/// let clock = ManualClock::new(Timestamp::parse("2026-01-01")?);
/// clock.sleep(Duration::from_secs(60));
/// assert_eq!(clock.now(), Timestamp::parse("2026-01-01T00:01:00Z")?);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
    slept: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { now: AtomicI64::new(now.as_micros()), slept: AtomicI64::new(0) }
    }

    /// Sets the time, forwards or back.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.as_micros(), Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.slept.load(Ordering::Relaxed).unsigned_abs())
    }

    fn sleep(&self, duration: Duration) {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        self.now.fetch_add(micros, Ordering::Relaxed);
        self.slept.fetch_add(micros, Ordering::Relaxed);
    }
}
