//! When to submit: the validators sample every five blocks.

use std::time::Duration;

use mantis_data::{Interval, Timestamp};
use serde::{Deserialize, Serialize};

/// A block takes 12 s.
const BLOCK_MICROS: i64 = 12_000_000;

/// A block of the chain, and when it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub block: u64,
    /// Its time.
    pub time: Timestamp,
}

/// Tells blocks from times, counting 12 s for each from a block that is known.
///
/// ```
/// use mantis_data::Timestamp;
/// use mantis_submit::miner::{BlockClock, Head};
///
/// let head = Head { block: 8_000_003, time: Timestamp::parse("2026-01-01T00:00:00Z")? };
/// let clock = BlockClock::observed(head);
/// let sample = clock.next_sample(head.time);
/// assert_eq!(sample.block, 8_000_005);
/// assert_eq!(sample.time, Timestamp::parse("2026-01-01T00:00:24Z")?);
/// assert_eq!(clock.skew_seconds(head), 0.0);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BlockClock {
    anchor: Head,
    observed: bool,
}

impl BlockClock {
    /// Validators take a sample at every block that is a multiple of this.
    pub const SAMPLE_EVERY: u64 = 5;

    /// The network's first days. Blocks that were never made since then are not known here, so its
    /// numbers run ahead of the chain's, and the phase within five blocks is a guess: see
    /// [`skew_seconds`](Self::skew_seconds).
    #[must_use]
    pub const fn genesis() -> Self {
        // 2023-03-20T00:00:00Z, about when block 0 was made.
        let time = Timestamp::from_micros(1_679_270_400_000_000);
        Self { anchor: Head { block: 0, time }, observed: false }
    }

    /// Counts from a block that was seen.
    #[must_use]
    pub const fn observed(anchor: Head) -> Self {
        Self { anchor, observed: true }
    }

    /// Whether it counts from a block that was seen.
    #[must_use]
    pub const fn is_observed(&self) -> bool {
        self.observed
    }

    /// The block that is the newest at a time.
    #[must_use]
    pub fn block_at(&self, time: Timestamp) -> u64 {
        let since = time.as_micros().saturating_sub(self.anchor.time.as_micros());
        self.anchor.block.saturating_add_signed(since.div_euclid(BLOCK_MICROS))
    }

    /// When a block is made.
    #[must_use]
    pub fn time_of(&self, block: u64) -> Timestamp {
        let blocks = i64::try_from(i128::from(block) - i128::from(self.anchor.block));
        let after = blocks.unwrap_or(i64::MAX).saturating_mul(BLOCK_MICROS);
        Timestamp::from_micros(self.anchor.time.as_micros().saturating_add(after))
    }

    /// The first sample that is taken after a time.
    #[must_use]
    pub fn next_sample(&self, after: Timestamp) -> Head {
        let block = (self.block_at(after) / Self::SAMPLE_EVERY + 1) * Self::SAMPLE_EVERY;
        Head { block, time: self.time_of(block) }
    }

    /// Seconds by which the chain is behind this clock: how much later a block was made than it
    /// should have been.
    #[must_use]
    pub fn skew_seconds(&self, head: Head) -> f64 {
        let late = head.time.as_micros() - self.time_of(head.block).as_micros();
        late as f64 / 1e6
    }

    /// When to start the cycle that follows a time: `interval` apart, counted from samples, each
    /// `lead` before.
    #[must_use]
    pub fn next_start(&self, after: Timestamp, interval: Interval, lead: Duration) -> Timestamp {
        let phase = self.next_sample(after).time.as_micros() - micros(lead);
        let wait = (phase - after.as_micros()).rem_euclid(interval.as_micros());
        let wait = if wait == 0 { interval.as_micros() } else { wait };
        Timestamp::from_micros(after.as_micros() + wait)
    }
}

pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_767_225_600 + seconds).unwrap()
    }

    #[test]
    fn blocks_and_times_agree_both_ways() {
        for clock in
            [BlockClock::genesis(), BlockClock::observed(Head { block: 8_000_003, time: at(0) })]
        {
            for seconds in -100..100 {
                let block = clock.block_at(at(seconds));
                assert!(clock.time_of(block) <= at(seconds));
                assert!(clock.time_of(block + 1) > at(seconds));
                let sample = clock.next_sample(at(seconds));
                assert!(sample.block % 5 == 0 && sample.time > at(seconds));
                assert!(sample.time.as_micros() - at(seconds).as_micros() <= 60_000_000);
            }
        }
        let early = BlockClock::observed(Head { block: 3, time: at(0) });
        assert_eq!(early.block_at(at(-1_000)), 0);
        let _ = early.time_of(u64::MAX);
    }

    #[test]
    fn cycles_start_before_samples() {
        let clock = BlockClock::observed(Head { block: 8_000_005, time: at(0) });
        let minute = Interval::minutes(1);
        let start = |after| clock.next_start(at(after), minute, Duration::from_secs(15));
        assert_eq!(start(0), at(45));
        assert_eq!(start(44), at(45));
        assert_eq!(start(45), at(105));
        assert_eq!(start(-15), at(45));
        let five = clock.next_start(at(0), Interval::minutes(5), Duration::from_secs(15));
        assert!(five > at(0) && five <= at(300));
        assert_eq!((five.as_secs() - at(45).as_secs()) % 60, 0);
        let second = clock.next_start(at(0), Interval::from_micros(1_000_000), Duration::ZERO);
        assert_eq!(second, at(1));
    }

    #[test]
    fn the_skew_is_that_of_the_chain() {
        let genesis = BlockClock::genesis();
        let block = genesis.block_at(at(0)) - 1_000;
        let skew = genesis.skew_seconds(Head { block, time: at(0) });
        assert!((12_000.0..12_012.0).contains(&skew), "{skew}");
    }
}
