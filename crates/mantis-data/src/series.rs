//! Irregular values of one symbol, such as funding rates.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::bars::{check_rising, common};
use crate::error::{Error, Result};
use crate::time::{Interval, Timestamp};

/// What a [`Series`] measures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SeriesKind {
    /// Rate that longs pay shorts at a settlement, as a fraction of the position.
    FundingRate,
    /// Size of all open contracts, in the base currency.
    OpenInterest,
    /// Amount traded during a bar, in the quote currency.
    QuoteVolume,
    /// Number of trades during a bar.
    TradeCount,
    /// Amount bought by takers during a bar, in the base currency.
    TakerBuyVolume,
}

impl SeriesKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::FundingRate,
        Self::OpenInterest,
        Self::QuoteVolume,
        Self::TradeCount,
        Self::TakerBuyVolume,
    ];
}

impl fmt::Display for SeriesKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FundingRate => "funding rate",
            Self::OpenInterest => "open interest",
            Self::QuoteVolume => "quote volume",
            Self::TradeCount => "trade count",
            Self::TakerBuyVolume => "taker buy volume",
        })
    }
}

/// Values that each became known at their own time: strictly rising stamps,
/// finite values.
///
/// # Stamps that jitter
///
/// Exchanges stamp a funding settlement some milliseconds after the full hour
/// (08:00:00.013). The stamp is kept as it is and is the time at which the value
/// became known: a rate of 08:00:00.013 is **not** part of `as_of(08:00:00)`, and a
/// feature of the bar that closes at 08:00 uses the settlement before. Rounding
/// the stamp to the hour would hand out the rate a few milliseconds before
/// anyone had it. To match settlements of two venues use
/// [`Series::settlement_keys`], which gives keys for a join and leaves the stamps alone.
///
/// ```
/// use mantis_data::{Series, Timestamp};
///
/// let stamps = ["2025-01-01T00:00:00Z", "2025-01-01T08:00:00.013Z"];
/// let stamps = stamps.map(|s| Timestamp::parse(s).unwrap()).to_vec();
/// let funding = Series::new("BTCUSDT", stamps, vec![0.0001, 0.0002])?;
///
/// let close = Timestamp::parse("2025-01-01T08:00:00Z")?;
/// assert_eq!(funding.latest_at(close).map(|(_, rate)| rate), Some(0.0001));
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Series {
    name: Arc<str>,
    rows: Arc<(Vec<Timestamp>, Vec<f64>)>,
    range: Range<usize>,
}

impl Series {
    /// Checks the rows and takes them over.
    ///
    /// # Errors
    /// [`Error::ColumnLength`], [`Error::TimeOutOfRange`], [`Error::OutOfOrder`],
    /// [`Error::Duplicate`] or [`Error::NotFinite`], for the first broken row.
    pub fn new(name: &str, known_at: Vec<Timestamp>, values: Vec<f64>) -> Result<Self> {
        let name_owned = || name.to_owned();
        if values.len() != known_at.len() {
            return Err(Error::ColumnLength {
                name: name_owned(),
                column: "value",
                got: values.len(),
                expected: known_at.len(),
            });
        }
        check_rising(name, &known_at)?;
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::NotFinite {
                name: name_owned(),
                row,
                time: known_at[row],
                column: "value",
                value: values[row],
            });
        }
        let range = 0..values.len();
        Ok(Self { name: name.into(), rows: Arc::new((known_at, values)), range })
    }

    /// Name of the symbol.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same rows under another name.
    #[must_use]
    pub fn renamed(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// When each value became known, strictly rising.
    #[must_use]
    pub fn known_at(&self) -> &[Timestamp] {
        &self.rows.0[self.range.clone()]
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.rows.1[self.range.clone()]
    }

    /// The values that were known at `t`: those with `known_at <= t`.
    #[must_use]
    pub fn as_of(&self, t: Timestamp) -> Self {
        let known = self.known_at().partition_point(|&at| at <= t);
        Self { range: self.range.start..self.range.start + known, ..self.clone() }
    }

    /// How many rows from the first on are the same in both.
    #[must_use]
    pub fn common_rows(&self, other: &Self) -> usize {
        if Arc::ptr_eq(&self.rows, &other.rows) && self.range.start == other.range.start {
            return self.len().min(other.len());
        }
        let rows = common(self.known_at(), other.known_at());
        common(&self.values()[..rows], &other.values()[..rows])
    }

    /// The newest value known at `t` with its stamp, or `None` before the first one.
    #[must_use]
    pub fn latest_at(&self, t: Timestamp) -> Option<(Timestamp, f64)> {
        let row = self.known_at().partition_point(|&at| at <= t).checked_sub(1)?;
        Some((self.known_at()[row], self.values()[row]))
    }

    /// The multiple of `step` nearest to each stamp, to join the settlements of
    /// venues whose stamps jitter. These are keys, **not** times at which a value
    /// was known: a key may be earlier than its stamp.
    ///
    /// # Errors
    /// [`Error::BadInterval`] if `step` is not positive, [`Error::OffGrid`] if a stamp is
    /// farther than `tolerance` from the grid, [`Error::Duplicate`] if two stamps
    /// share a key.
    pub fn settlement_keys(&self, step: Interval, tolerance: Interval) -> Result<Vec<Timestamp>> {
        let name = || self.name().to_owned();
        if step <= Interval::default() {
            return Err(Error::BadInterval { name: name(), got: step });
        }
        let mut keys: Vec<Timestamp> = Vec::with_capacity(self.len());
        for (row, &time) in self.known_at().iter().enumerate() {
            let before = time.floor_to(step);
            let after = before + step;
            let (key, off) = if time - before <= after - time {
                (before, time - before)
            } else {
                (after, after - time)
            };
            if off > tolerance {
                return Err(Error::OffGrid { name: name(), row, time, off, step, tolerance });
            }
            if keys.last() == Some(&key) {
                return Err(Error::Duplicate { name: name(), row, time: key });
            }
            keys.push(key);
        }
        Ok(keys)
    }
}

/// Equal if name and all rows are equal.
impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.known_at() == other.known_at()
            && self.values() == other.values()
    }
}

#[cfg(test)]
mod tests;
