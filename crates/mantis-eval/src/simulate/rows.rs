//! The validator's rows: one a minute, embeddings known by then, return of the hour after it.

use super::path::{MinutePath, minute, minutes_between};
use crate::competitors::TimedEmbedding;
use crate::{Error, Result};
use half::f16;
use mantis_data::{Bars, Interval, Timestamp};
use ndarray::Array2;

const DAY_MINUTES: usize = 1440;
/// Minutes from a row to its outcome.
const LAG: usize = 60;
/// Rows whose price has stood still for more than this many rows are dropped.
const MAX_UNCHANGED: usize = 15;

/// The times of the first and the last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: Timestamp,
    pub(super) last: Timestamp,
}

impl Span {
    /// The last `days` whose rows all have an outcome.
    pub(super) fn last_days(bars: &Bars, days: usize) -> Result<Self> {
        Self::last_minutes(bars, days.saturating_mul(DAY_MINUTES))
    }

    /// The last `minutes`, one row each, whose rows all have an outcome.
    pub(super) fn last_minutes(bars: &Bars, minutes: usize) -> Result<Self> {
        let hours = minutes.div_ceil(LAG).saturating_add(2);
        if bars.len() < hours {
            return Err(Error::TooShort {
                what: super::WHAT,
                unit: "hourly bars",
                expected: hours,
                got: bars.len(),
                remedy: "pass bars that start earlier, or score fewer days",
            });
        }
        let end = bars.known_at(bars.len() - 1);
        let last = end - Interval::HOUR;
        let rows = i64::try_from(minutes).unwrap_or(i64::MAX);
        Ok(Self { start: last - Interval::minutes(rows - 1), last })
    }

    /// When the outcome of the last row is known.
    pub(super) fn end(self) -> Timestamp {
        self.last + Interval::HOUR
    }
}

/// The rows that the validator keeps.
#[derive(Debug)]
pub(super) struct Rows {
    /// Rows x (2 values per miner).
    pub(super) embeddings: Array2<f32>,
    /// Simple return over the hour after each row.
    pub(super) returns: Vec<f32>,
    /// Minute of each row, counted from the start of the span.
    pub(super) minutes: Vec<usize>,
}

impl Rows {
    pub(super) fn new(
        span: Span,
        path: &MinutePath,
        streams: &[Vec<TimedEmbedding>],
    ) -> Result<Self> {
        let missing = || Error::TooShort {
            what: super::WHAT,
            unit: "minutes of prices",
            expected: minutes_between(span.start, span.end()),
            got: 0,
            remedy: "pass prices that cover the whole scored span",
        };
        let mut next = vec![0; streams.len()];
        let mut current = vec![[0.0_f32; 2]; streams.len()];
        let (mut values, mut returns, mut minutes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut last_price, mut unchanged) = (f64::NAN, 0);
        for m in 0..=minutes_between(span.start, span.last) {
            let t = minute(span.start, m);
            for ((stream, next), current) in streams.iter().zip(&mut next).zip(&mut current) {
                while let Some((_, value)) = stream.get(*next).filter(|(known, _)| *known <= t) {
                    *current = value.map(|v| f16::from_f32(v).to_f32());
                    *next += 1;
                }
            }
            let price = path.price_at(t).ok_or_else(missing)?;
            let later = path.price_at(minute(t, LAG)).ok_or_else(missing)?;
            unchanged = if price == last_price { unchanged + 1 } else { 0 };
            last_price = price;
            let somebody = current.iter().flatten().any(|&v| v != 0.0);
            if unchanged <= MAX_UNCHANGED && somebody {
                minutes.push(m);
                values.extend(current.iter().flatten());
                #[expect(clippy::cast_possible_truncation, reason = "the validator stores f32")]
                returns.push(((later - price) / price) as f32);
            }
        }
        let embeddings = Array2::from_shape_vec((returns.len(), 2 * streams.len()), values)
            .expect("every kept row has two values per miner");
        Ok(Self { embeddings, returns, minutes })
    }
}
