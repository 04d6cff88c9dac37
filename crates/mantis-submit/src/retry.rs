//! Trying again, within a deadline.

use std::time::Duration;

use mantis_data::Clock;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::error::Result;

/// How often and how long to try again.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `first` | 0.5 s | longest wait before the second attempt; doubles from attempt to attempt |
/// | `longest` | 8 s | no wait is longer |
/// | `within` | 40 s | no attempt starts later than this after the first, since the next minute's payload is due then |
/// | `seed` | 0 | of the jitter; give every miner its own, so that they do not come back at once |
///
/// A wait is drawn between half of its length and the whole.
///
/// ```
/// use mantis_submit::Retry;
///
/// assert_eq!(Retry::default().within.as_secs(), 40);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    /// Longest wait before the second attempt.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
    /// No attempt starts later than this after the first.
    pub within: Duration,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(8),
            within: Duration::from_secs(40),
            seed: 0,
        }
    }
}

impl Retry {
    /// Calls `attempt` until it succeeds, fails for good or the time is up.
    ///
    /// # Errors
    /// The last error of `attempt`; those that [`Error::is_retryable`](crate::Error::is_retryable) denies end it at once.
    pub fn run<T>(
        &self,
        clock: &(impl Clock + ?Sized),
        mut attempt: impl FnMut() -> Result<T>,
    ) -> Result<T> {
        let start = clock.elapsed();
        let mut rng = StdRng::seed_from_u64(self.seed ^ clock.now().as_micros().unsigned_abs());
        let mut wait = self.first;
        loop {
            let error = match attempt() {
                Err(error) if error.is_retryable() => error,
                result => return result,
            };
            let jittered = wait.mul_f64(rng.gen_range(0.5..=1.0));
            // Nothing is gained by asking sooner than the server said.
            let pause = jittered.max(error.retry_after().unwrap_or_default());
            // A server may ask for any wait.
            if clock.elapsed().saturating_sub(start).saturating_add(pause) > self.within {
                return Err(error);
            }
            clock.sleep(pause);
            wait = (wait * 2).min(self.longest);
        }
    }
}

#[cfg(test)]
mod tests;
