//! Intervals from resampled days: hours of a day resemble each other, so whole days are drawn.

use crate::metrics::count;
use crate::{Error, Result};
use mantis_data::{Interval, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The rows of each UTC day, in order.
///
/// # Errors
/// [`Error::NotRising`] for times out of order.
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_eval::statistics::day_blocks;
///
/// let start = Timestamp::parse("2025-01-01T22:00:00Z")?;
/// let times: Vec<_> = (0..5).map(|h| start + Interval::hours(h)).collect();
/// assert_eq!(day_blocks(&times)?, [0..2, 2..5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn day_blocks(times: &[Timestamp]) -> Result<Vec<Range<usize>>> {
    if let Some(i) = (1..times.len()).find(|&i| times[i] <= times[i - 1]) {
        return Err(Error::NotRising { what: "day_blocks", index: i, time: times[i] });
    }
    let day = |t: &Timestamp| t.as_micros().div_euclid(Interval::days(1).as_micros());
    let mut from = 0;
    let blocks = times.chunk_by(|a, b| day(a) == day(b)).map(|rows| {
        from += rows.len();
        from - rows.len()..from
    });
    Ok(blocks.collect())
}

/// A number with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// On the rows as they are.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How rows are resampled.
///
/// | field | default | range | meaning |
/// |---|---|---|---|
/// | `replicates` | 2000 | >= 1 | samples drawn |
/// | `level` | 0.95 | 0 to 1 | share of the replicates within the interval (percentile method) |
/// | `seed` | 42 | | seed |
///
/// ```
/// use mantis_eval::statistics::BlockBootstrap;
///
/// let values: Vec<f64> = (0..240).map(|i| f64::from(i % 7)).collect();
/// let blocks: Vec<_> = (0..10).map(|day| day * 24..(day + 1) * 24).collect();
/// let mean = |rows: &[usize]| rows.iter().map(|&r| values[r]).sum::<f64>() / rows.len() as f64;
/// let estimate = BlockBootstrap::default().estimate(&blocks, |rows| Ok(mean(rows)))?;
/// assert!(estimate.low < estimate.value && estimate.value < estimate.high);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct BlockBootstrap {
    pub replicates: usize,
    pub level: f64,
    pub seed: u64,
}

impl Default for BlockBootstrap {
    fn default() -> Self {
        Self { replicates: 2000, level: 0.95, seed: 42 }
    }
}

impl BlockBootstrap {
    /// The statistic of all rows, and the interval of its values over samples of as many blocks, drawn with replacement.
    /// A sample for which the statistic has no value (one outcome only) is an error, not left out.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a field outside its range, [`Error::Empty`] without blocks, and those of the statistic.
    pub fn estimate(
        &self,
        blocks: &[Range<usize>],
        statistic: impl Fn(&[usize]) -> Result<f64>,
    ) -> Result<Estimate> {
        let rows: Vec<usize> = blocks.iter().cloned().flatten().collect();
        let value = statistic(&rows)?;
        let replicates = self.replicates(blocks, statistic)?;
        let tail = (1.0 - self.level) / 2.0;
        let (low, high) = (quantile(&replicates, tail)?, quantile(&replicates, 1.0 - tail)?);
        Ok(Estimate { value, low, high })
    }

    /// The statistic of every sample, in the order of drawing.
    ///
    /// # Errors
    /// As [`BlockBootstrap::estimate`].
    pub fn replicates(
        &self,
        blocks: &[Range<usize>],
        statistic: impl Fn(&[usize]) -> Result<f64>,
    ) -> Result<Vec<f64>> {
        let what = "BlockBootstrap";
        if self.replicates == 0 {
            let (parameter, expected) = ("replicates", "at least 1");
            return Err(Error::Parameter { what, parameter, expected, got: 0.0 });
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            let (parameter, expected) = ("level", "between 0 and 1");
            return Err(Error::Parameter { what, parameter, expected, got: self.level });
        }
        if blocks.iter().all(Range::is_empty) {
            return Err(Error::Empty { what });
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut rows = Vec::new();
        (0..self.replicates)
            .map(|_| {
                rows.clear();
                for _ in 0..blocks.len() {
                    rows.extend(blocks[rng.gen_range(0..blocks.len())].clone());
                }
                statistic(&rows)
            })
            .collect()
    }
}

/// The value below which a share `q` of the values lies, interpolated linearly (NumPy's default).
///
/// # Errors
/// [`Error::Empty`], [`Error::NotFinite`], or [`Error::Parameter`] for a share outside 0 to 1.
///
/// ```
/// assert_eq!(mantis_eval::statistics::quantile(&[3.0, 1.0, 2.0], 0.25)?, 1.5);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn quantile(values: &[f64], q: f64) -> Result<f64> {
    let what = "quantile";
    if values.is_empty() {
        return Err(Error::Empty { what });
    }
    if let Some(index) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::NotFinite { what, index, value: values[index] });
    }
    if !(0.0..=1.0).contains(&q) {
        return Err(Error::Parameter { what, parameter: "q", expected: "within 0 to 1", got: q });
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = q * count(sorted.len() - 1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position within the values"
    )]
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Ok(sorted[below] + (sorted[above] - sorted[below]) * (at - at.floor()))
}
