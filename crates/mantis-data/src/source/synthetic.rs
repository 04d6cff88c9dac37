//! Made-up bars for tests and examples.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::time::{Interval, Timestamp};

/// A geometric random walk, sampled within each bar so that high and low are
/// real extremes of the path.
///
/// | field | default | range | meaning |
/// |---|---|---|---|
/// | `start_price` | 100 | > 0 | price before the first bar |
/// | `volatility` | 0.01 | 0 to 0.5 | spread of the log return of one bar |
/// | `drift` | 0 | -0.1 to 0.1 | mean log return of one bar |
/// | `mean_volume` | 10 | >= 0 | volumes are uniform between half and 1.5 times this |
///
/// The walk has no signal in it: any accuracy above the base rate is luck or a leak.
///
/// ```
/// use mantis_data::{Interval, Timestamp, source::synthetic::RandomWalk};
///
/// let start = Timestamp::parse("2025-01-01")?;
/// let walk = RandomWalk { volatility: 0.02, ..RandomWalk::default() };
/// let bars = walk.bars("TEST", start, Interval::HOUR, 24, 42)?;
/// assert_eq!(bars, walk.bars("TEST", start, Interval::HOUR, 24, 42)?);
/// assert_ne!(bars, walk.bars("TEST", start, Interval::HOUR, 24, 43)?);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomWalk {
    /// Price before the first bar.
    pub start_price: f64,
    /// Standard deviation of the log return of one bar.
    pub volatility: f64,
    /// Mean log return of one bar.
    pub drift: f64,
    /// Mean volume of one bar.
    pub mean_volume: f64,
}

impl Default for RandomWalk {
    fn default() -> Self {
        Self { start_price: 100.0, volatility: 0.01, drift: 0.0, mean_volume: 10.0 }
    }
}

/// Price moves within one bar.
const STEPS: usize = 12;

impl RandomWalk {
    /// `n` bars without a gap, the first of which opens at `start`. The same
    /// arguments give the same bits.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a field outside its range, [`Error::Misaligned`] or
    /// [`Error::BadInterval`] for a start or an interval that bars do not accept, and
    /// [`Error::NotFinite`] or [`Error::TimeOutOfRange`] if the walk leaves the numbers or the calendar.
    pub fn bars(
        &self,
        name: &str,
        start: Timestamp,
        interval: Interval,
        n: usize,
        seed: u64,
    ) -> Result<Bars> {
        self.check()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut columns = BarColumns::default();
        let mut price = self.start_price;
        let mut open_time = start;
        // A sum of uniform steps: bounded, and the same bits on every platform up
        // to `exp`. The variance of one uniform step on [-1, 1] is 1/3.
        let scale = self.volatility * (3.0 / STEPS as f64).sqrt();
        for row in 0..n {
            let open = price;
            let (mut high, mut low) = (open, open);
            for _ in 0..STEPS {
                let step = scale * rng.gen_range(-1.0..=1.0) + self.drift / STEPS as f64;
                price *= step.exp();
                high = high.max(price);
                low = low.min(price);
            }
            columns.open_time.push(open_time);
            columns.open.push(open);
            columns.high.push(high);
            columns.low.push(low);
            columns.close.push(price);
            columns.volume.push(self.mean_volume * rng.gen_range(0.5..1.5));
            open_time = open_time.checked_add(interval).ok_or_else(|| Error::TimeOutOfRange {
                name: name.to_owned(),
                row,
                micros: open_time.as_micros(),
            })?;
        }
        Bars::new(name, interval, columns)
    }

    fn check(&self) -> Result<()> {
        let fields = [
            ("start_price", self.start_price, f64::MIN_POSITIVE, f64::MAX),
            ("volatility", self.volatility, 0.0, 0.5),
            ("drift", self.drift, -0.1, 0.1),
            ("mean_volume", self.mean_volume, 0.0, f64::MAX),
        ];
        for (parameter, got, min, max) in fields {
            if !(min..=max).contains(&got) {
                return Err(Error::Parameter { what: "random walk", parameter, got, min, max });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
