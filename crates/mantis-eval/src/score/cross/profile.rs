//! Constants of the cross-sectional scorers.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Constants of the rank scorings of returns and of funding rates; the default is what the validator runs with.
///
/// In serialised form the fields carry the validator's names (upper case), and absent ones take their default. Rows are
/// minutes; "pooled" rows are pairs of minute and asset.
///
/// | field | default | range | meaning |
/// |---|---|---|---|
/// | `chunk_size` | 8000 | > embargo | rows of a walk-forward segment |
/// | `top_k` | 20 | >= 1 | miners selected for a segment |
/// | `windows_half_life` | 3 | > 0 | segments in which the weight of a segment halves |
/// | `lag` | 60 | >= 1 | least embargo |
/// | `min_rows` | 500 | >= 1 | least rows with an outcome |
/// | `min_pooled` | 200 | >= 1 | least pooled rows of a part |
/// | `min_fit` | 50 | >= 1 | least pooled rows of a miner's own fit |
/// | `min_eval` | 20 | >= 1 | least pooled rows that judge it |
/// | `least_sub_chunk` | 2000 | >= 1 | least rows of an out-of-sample part |
/// | `c` | 0.5 | > 0 | inverse penalty of all fits |
/// | `base_max_iter` | 200 | >= 1 | iterations of a miner's own fit |
/// | `meta_max_iter` | 100 | >= 1 | iterations of a meta fit |
/// | `bootstrap_n` | 20 | >= 0 | bootstrap replicates |
/// | `bootstrap_block` | 120 | >= 1 | pooled rows of a bootstrap block |
/// | `seed` | 42 | | seed |
/// | `pair_tolerance` | 0.15 | >= 0 | funding: how far the later row may be off, as a part of the horizon |
/// | `stale_std` | 1e-4 | >= 0 | funding: a miner's values of an asset that vary less count as absent |
/// | `min_distinct` | 5 | >= 1 | funding: least distinct values of a miner's own fit |
/// | `max_rows` | 432 000 | >= 1 | newest rows that count |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct CrossProfile {
    pub chunk_size: usize,
    pub top_k: usize,
    pub windows_half_life: f64,
    pub lag: usize,
    pub min_rows: usize,
    pub min_pooled: usize,
    pub min_fit: usize,
    pub min_eval: usize,
    pub least_sub_chunk: usize,
    pub c: f64,
    pub base_max_iter: usize,
    pub meta_max_iter: usize,
    pub bootstrap_n: usize,
    pub bootstrap_block: usize,
    pub seed: u64,
    pub pair_tolerance: f64,
    pub stale_std: f32,
    pub min_distinct: usize,
    pub max_rows: usize,
}

impl Default for CrossProfile {
    fn default() -> Self {
        Self {
            chunk_size: 8000,
            top_k: 20,
            windows_half_life: 3.0,
            lag: 60,
            min_rows: 500,
            min_pooled: 200,
            min_fit: 50,
            min_eval: 20,
            least_sub_chunk: 2000,
            c: 0.5,
            base_max_iter: 200,
            meta_max_iter: 100,
            bootstrap_n: 20,
            bootstrap_block: 120,
            seed: 42,
            pair_tolerance: 0.15,
            stale_std: 1e-4,
            min_distinct: 5,
            max_rows: crate::score::MAX_ROWS,
        }
    }
}

impl CrossProfile {
    /// Checks every range of the table.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first value outside its range.
    pub fn check(&self) -> Result<()> {
        let what = "CrossProfile";
        let whole = [
            ("chunk_size", self.chunk_size),
            ("top_k", self.top_k),
            ("lag", self.lag),
            ("min_rows", self.min_rows),
            ("min_pooled", self.min_pooled),
            ("min_fit", self.min_fit),
            ("min_eval", self.min_eval),
            ("least_sub_chunk", self.least_sub_chunk),
            ("base_max_iter", self.base_max_iter),
            ("meta_max_iter", self.meta_max_iter),
            ("bootstrap_block", self.bootstrap_block),
            ("min_distinct", self.min_distinct),
            ("max_rows", self.max_rows),
        ];
        if let Some(&(parameter, _)) = whole.iter().find(|(_, value)| *value == 0) {
            return Err(Error::Parameter { what, parameter, expected: "at least 1", got: 0.0 });
        }
        for (parameter, got) in [("windows_half_life", self.windows_half_life), ("c", self.c)] {
            if !(got.is_finite() && got > 0.0) {
                let expected = "finite and above 0";
                return Err(Error::Parameter { what, parameter, expected, got });
            }
        }
        for (parameter, got) in
            [("pair_tolerance", self.pair_tolerance), ("stale_std", f64::from(self.stale_std))]
        {
            if !(got.is_finite() && got >= 0.0) {
                let expected = "finite and not negative";
                return Err(Error::Parameter { what, parameter, expected, got });
            }
        }
        Ok(())
    }
}
