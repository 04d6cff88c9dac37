//! Longer bars out of shorter ones.

use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::quality::Row;
use crate::time::Interval;

/// Longer bars, and those that could not be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Resampled {
    /// The longer bars, by open time. Each is known at its open time plus its interval, when the last bar in it has closed.
    pub bars: Bars,
    /// Longer bars that were left out, since bars in them are missing: the first row of each in the shorter bars, and its open time.
    pub incomplete: Vec<Row>,
}

impl Bars {
    /// Bars of `interval`, which must be a multiple of the interval of these.
    ///
    /// A longer bar is made only when every bar in it is there, so that it is never known before its end and never changes: for any
    /// `t`, resampling what was known at `t` gives what is known at `t` of the resampled bars. To get a bar in spite of a
    /// gap, [`Bars::fill`] it first.
    ///
    /// # Errors
    /// [`Error::ResampleInterval`] if `interval` is not a multiple.
    ///
    /// ```
    /// use mantis_data::{Interval, Timestamp, source::synthetic::RandomWalk};
    ///
    /// let start = Timestamp::parse("2025-01-01T01:00:00Z")?;
    /// let hours = RandomWalk::default().bars("BTC", start, Interval::HOUR, 50, 7)?;
    /// let days = hours.resample(Interval::DAY)?;
    /// // The first day lacks its first hour, the third one is not over.
    /// assert_eq!(days.bars.open_time(), [Timestamp::parse("2025-01-02")?]);
    /// assert_eq!(days.bars.known_at(0), Timestamp::parse("2025-01-03")?);
    /// # Ok::<(), mantis_data::Error>(())
    /// ```
    pub fn resample(&self, interval: Interval) -> Result<Resampled> {
        let (long, short) = (interval.as_micros(), self.interval().as_micros());
        if long < short || long % short != 0 {
            return Err(Error::ResampleInterval {
                name: self.name().to_owned(),
                got: interval,
                from: self.interval(),
            });
        }
        let parts = (long / short) as usize;
        let mut columns = BarColumns::default();
        let mut incomplete = Vec::new();
        let mut first = 0;
        while first < self.len() {
            let open = self.open_time()[first].floor_to(interval);
            let rest = &self.open_time()[first..];
            let rows = first..first + rest.partition_point(|&time| time < open + interval);
            if rows.len() == parts {
                let fold = |values: &[f64], pick: fn(f64, f64) -> f64| {
                    values[rows.clone()].iter().copied().reduce(pick).unwrap_or(f64::NAN)
                };
                columns.push(
                    open,
                    [
                        self.open()[rows.start],
                        fold(self.high(), f64::max),
                        fold(self.low(), f64::min),
                        self.close()[rows.end - 1],
                        fold(self.volume(), |a, b| a + b),
                    ],
                );
            } else {
                incomplete.push(Row { row: first, time: open });
            }
            first = rows.end;
        }
        Ok(Resampled { bars: Bars::new(self.name(), interval, columns)?, incomplete })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::synthetic::RandomWalk;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    #[test]
    fn other_lengths_are_refused() {
        let start = Timestamp::parse("2025-01-01").unwrap();
        let bars = RandomWalk::default().bars("BTC", start, Interval::HOUR, 4, 1).unwrap();
        for interval in [Interval::minutes(30), Interval::minutes(90), Interval::from_micros(0)] {
            assert!(bars.resample(interval).is_err(), "{interval}");
        }
        assert_eq!(bars.resample(Interval::HOUR).unwrap().bars, bars);
    }

    proptest! {
        #[test]
        fn nothing_is_known_before_its_end(
            keep in prop::collection::vec(prop::bool::weighted(0.9), 1..100),
            hours in 1_i64..8,
            cut in 0_i64..110,
        ) {
            let start = Timestamp::parse("2025-01-01").unwrap();
            let all = RandomWalk::default().bars("BTC", start, Interval::HOUR, keep.len(), 3).unwrap();
            let mut columns = BarColumns::default();
            for row in (0..keep.len()).filter(|&row| keep[row]) {
                columns.push(all.open_time()[row], all.values().map(|(_, values)| values[row]));
            }
            let bars = Bars::new("BTC", Interval::HOUR, columns).unwrap();
            let interval = Interval::hours(hours);
            let resampled = bars.resample(interval).unwrap();
            let t = start + Interval::hours(cut);
            prop_assert_eq!(bars.as_of(t).resample(interval).unwrap().bars, resampled.bars.as_of(t));
            for row in 0..resampled.bars.len() {
                let open = resampled.bars.open_time()[row];
                let inside = bars.between(open, open + interval);
                prop_assert_eq!(inside.len() as i64, hours);
                let high = inside.high().iter().copied().fold(f64::MIN, f64::max);
                prop_assert_eq!(resampled.bars.high()[row], high);
                let volume: f64 = inside.volume().iter().sum();
                prop_assert!((resampled.bars.volume()[row] - volume).abs() < 1e-9);
            }
        }
    }
}
