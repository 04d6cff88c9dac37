//! Constants of the breakout scoring.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Constants of the breakouts; the default is what the validator runs with.
///
/// | field | default | range | meaning |
/// |---|---|---|---|
/// | `range_lookback_blocks` | 28 800 | >= 10 | blocks of the range that is broken |
/// | `barrier_pct` | 25 | > 0 | distance of the barriers in percent of the range |
/// | `min_range_pct` | 1 | >= 0 | least width of the range in percent of the price |
/// | `max_pending_blocks` | 43 200 | >= 1 | age at which an open breakout is forgotten |
/// | `min_events` | 50 | >= 1 | least events of a score |
/// | `episode_gap` | 1440 | >= 0 | minutes without a trigger that end an episode |
/// | `min_episodes` | 2 | >= 1 | least episodes of a miner, and of all events |
/// | `min_std` | 0.03 | >= 0 | least standard deviation of a miner's forecasts |
/// | `c` | 0.01 | > 0 | inverse penalty |
/// | `max_iter` | 1000 | >= 1 | iterations of the fit |
/// | `min_share` | 1e-6 | >= 0 | smaller shares are dropped |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct BreakoutProfile {
    pub range_lookback_blocks: i64,
    pub barrier_pct: f64,
    pub min_range_pct: f64,
    pub max_pending_blocks: i64,
    pub min_events: usize,
    pub episode_gap: i64,
    pub min_episodes: usize,
    pub min_std: f64,
    pub c: f64,
    pub max_iter: usize,
    pub min_share: f64,
}

impl Default for BreakoutProfile {
    fn default() -> Self {
        Self {
            range_lookback_blocks: 28_800,
            barrier_pct: 25.0,
            min_range_pct: 1.0,
            max_pending_blocks: 43_200,
            min_events: 50,
            episode_gap: 1440,
            min_episodes: 2,
            min_std: 0.03,
            c: 0.01,
            max_iter: 1000,
            min_share: 1e-6,
        }
    }
}

impl BreakoutProfile {
    /// Checks every range of the table.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first value outside its range.
    pub fn check(&self) -> Result<()> {
        #[expect(clippy::cast_precision_loss, reason = "only shown in a message")]
        let as_float = |v: i64| v as f64;
        let at_least_one = "at least 1";
        let checks = [
            (
                "range_lookback_blocks",
                "at least 10",
                as_float(self.range_lookback_blocks),
                self.range_lookback_blocks >= 10,
            ),
            ("barrier_pct", "above 0", self.barrier_pct, self.barrier_pct > 0.0),
            ("min_range_pct", "not negative", self.min_range_pct, self.min_range_pct >= 0.0),
            (
                "max_pending_blocks",
                at_least_one,
                as_float(self.max_pending_blocks),
                self.max_pending_blocks >= 1,
            ),
            ("min_events", at_least_one, 0.0, self.min_events >= 1),
            ("episode_gap", "not negative", as_float(self.episode_gap), self.episode_gap >= 0),
            ("min_episodes", at_least_one, 0.0, self.min_episodes >= 1),
            ("min_std", "not negative", self.min_std, self.min_std >= 0.0),
            ("c", "finite and above 0", self.c, self.c.is_finite() && self.c > 0.0),
            ("max_iter", at_least_one, 0.0, self.max_iter >= 1),
            ("min_share", "not negative", self.min_share, self.min_share >= 0.0),
        ];
        match checks.into_iter().find(|(_, _, _, fits)| !fits) {
            Some((parameter, expected, got, _)) => {
                Err(Error::Parameter { what: "BreakoutProfile", parameter, expected, got })
            }
            None => Ok(()),
        }
    }

    /// The look-back in minutes.
    pub(super) fn lookback(&self) -> i64 {
        self.range_lookback_blocks / super::BLOCKS_PER_ROW
    }
}
