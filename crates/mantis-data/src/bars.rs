//! Price bars of one symbol.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::time::{Interval, Timestamp};

/// The unchecked columns of [`Bars`], all of one length, one row a bar.
///
/// ```
/// use mantis_data::{BarColumns, Bars, Interval, Timestamp};
///
/// let columns = BarColumns {
///     open_time: vec![Timestamp::parse("2025-01-01")?],
///     open: vec![100.0],
///     high: vec![102.0],
///     low: vec![99.0],
///     close: vec![101.0],
///     volume: vec![12.5],
/// };
/// assert_eq!(Bars::new("BTCUSDT", Interval::HOUR, columns)?.len(), 1);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarColumns {
    /// When the bar opened.
    pub open_time: Vec<Timestamp>,
    /// First price, in the quote currency.
    pub open: Vec<f64>,
    /// Highest price.
    pub high: Vec<f64>,
    /// Lowest price.
    pub low: Vec<f64>,
    /// Last price.
    pub close: Vec<f64>,
    /// Traded amount, in the base currency; 0 where the venue reports none.
    pub volume: Vec<f64>,
}

impl BarColumns {
    /// The value columns with their names, in the order of the struct.
    pub(crate) fn values(&self) -> [(&'static str, &[f64]); 5] {
        [
            ("open", &self.open),
            ("high", &self.high),
            ("low", &self.low),
            ("close", &self.close),
            ("volume", &self.volume),
        ]
    }

    /// Appends a row: open, high, low, close and volume.
    pub fn push(&mut self, open_time: Timestamp, values: [f64; 5]) {
        self.open_time.push(open_time);
        let [open, high, low, close, volume] = values;
        self.open.push(open);
        self.high.push(high);
        self.low.push(low);
        self.close.push(close);
        self.volume.push(volume);
    }

    /// Removes rows.
    ///
    /// # Panics
    /// If the rows are not there.
    pub fn remove(&mut self, rows: Range<usize>) {
        self.open_time.drain(rows.clone());
        for column in
            [&mut self.open, &mut self.high, &mut self.low, &mut self.close, &mut self.volume]
        {
            column.drain(rows.clone());
        }
    }

    pub(crate) fn slices(&self) -> BarSlices<'_> {
        BarSlices { open_time: &self.open_time, values: self.values() }
    }
}

/// Columns of bars, wherever they are kept.
#[derive(Clone, Copy)]
pub(crate) struct BarSlices<'a> {
    pub(crate) open_time: &'a [Timestamp],
    /// Open, high, low, close and volume with their names.
    pub(crate) values: [(&'static str, &'a [f64]); 5],
}

impl BarSlices<'_> {
    /// Checks the rules of [`Bars`].
    pub(crate) fn check(self, name: &str, interval: Interval) -> Result<()> {
        if interval <= Interval::default() {
            return Err(Error::BadInterval { name: name.to_owned(), got: interval });
        }
        self.check_lengths(name)?;
        check_rising(name, self.open_time)?;
        // What is wrong, if anything, is found row by row.
        if self.is_aligned(interval) && self.is_sound() {
            return Ok(());
        }
        for (row, &time) in self.open_time.iter().enumerate() {
            if time.floor_to(interval) != time {
                return Err(Error::Misaligned { name: name.to_owned(), row, time, interval });
            }
            self.check_row(name, row)?;
        }
        Ok(())
    }

    /// Checks that every column has the length of the time column.
    pub(crate) fn check_lengths(self, name: &str) -> Result<()> {
        let expected = self.open_time.len();
        for (column, values) in self.values {
            if values.len() != expected {
                let got = values.len();
                return Err(Error::ColumnLength { name: name.to_owned(), column, got, expected });
            }
        }
        Ok(())
    }

    fn is_aligned(self, interval: Interval) -> bool {
        // Most bars follow the one before; a division costs more than all other checks.
        let mut next = None;
        self.open_time.iter().all(|&time| {
            let aligned = next == Some(time) || time.floor_to(interval) == time;
            next = Some(time + interval);
            aligned
        })
    }

    /// Whether all values keep the rules; branch-free, for many rows.
    fn is_sound(self) -> bool {
        let [open, high, low, close, volume] = self.values.map(|(_, values)| values);
        let prices = open.iter().zip(high).zip(low).zip(close).zip(volume);
        prices.fold(true, |sound, ((((o, h), l), c), v)| {
            let finite = o.is_finite() & h.is_finite() & l.is_finite() & c.is_finite();
            let ordered = (l <= h) & (l <= o) & (l <= c) & (o <= h) & (c <= h);
            sound & finite & ordered & v.is_finite() & (*v >= 0.0)
        })
    }

    fn check_row(self, name: &str, row: usize) -> Result<()> {
        let time = self.open_time[row];
        for (column, values) in self.values {
            let value = values[row];
            if !value.is_finite() {
                return Err(Error::NotFinite { name: name.to_owned(), row, time, column, value });
            }
        }
        let [open, high, low, close, volume] =
            self.values.map(|(name, values)| (name, values[row]));
        for (lower, higher) in [(low, high), (low, open), (low, close), (open, high), (close, high)]
        {
            if lower.1 > higher.1 {
                return Err(Error::PriceOrder {
                    name: name.to_owned(),
                    row,
                    time,
                    low_column: lower.0,
                    low: lower.1,
                    high_column: higher.0,
                    high: higher.1,
                });
            }
        }
        if volume.1 < 0.0 {
            return Err(Error::NegativeVolume {
                name: name.to_owned(),
                row,
                time,
                value: volume.1,
            });
        }
        Ok(())
    }
}

/// Price bars of one symbol: columns keyed by bar **open** time.
///
/// Open times rise strictly and lie on multiples of the interval; all values are
/// finite, `low <= open, close <= high`, `volume >= 0`. A missing bar is absent:
/// there are no filler rows, so neighbouring rows may be more than one interval
/// apart. A bar is known once it has closed, at open + interval.
///
/// Copies and cuts ([`Bars::as_of`], [`Bars::between`]) share the memory of the
/// original and cost no more than a search.
///
/// ```
/// use mantis_data::{Interval, Timestamp, source::synthetic::RandomWalk};
///
/// let start = Timestamp::parse("2025-01-01")?;
/// let bars = RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, 48, 7)?;
/// let noon = Timestamp::parse("2025-01-01T12:00:00Z")?;
///
/// let known = bars.as_of(noon);
/// assert_eq!(known.len(), 12);
/// assert_eq!(known.known_at(11), noon);
/// assert_eq!(bars.position(noon), Some(12));
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bars {
    name: Arc<str>,
    interval: Interval,
    columns: Arc<BarColumns>,
    range: Range<usize>,
}

impl Bars {
    /// Checks the columns and takes them over. No row is changed, moved or dropped.
    ///
    /// # Errors
    /// The first violated rule of the type, with row, time and value:
    /// [`Error::BadInterval`], [`Error::ColumnLength`], [`Error::TimeOutOfRange`],
    /// [`Error::OutOfOrder`], [`Error::Duplicate`], [`Error::Misaligned`],
    /// [`Error::NotFinite`], [`Error::PriceOrder`] or [`Error::NegativeVolume`].
    pub fn new(name: &str, interval: Interval, columns: BarColumns) -> Result<Self> {
        columns.slices().check(name, interval)?;
        let range = 0..columns.open_time.len();
        Ok(Self { name: name.into(), interval, columns: Arc::new(columns), range })
    }

    /// Name of the symbol.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same bars under another name.
    #[must_use]
    pub fn renamed(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Length of one bar.
    #[must_use]
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// Number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there is no bar.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Open times, strictly rising.
    #[must_use]
    pub fn open_time(&self) -> &[Timestamp] {
        &self.columns.open_time[self.range.clone()]
    }

    /// First prices.
    #[must_use]
    pub fn open(&self) -> &[f64] {
        &self.columns.open[self.range.clone()]
    }

    /// Highest prices.
    #[must_use]
    pub fn high(&self) -> &[f64] {
        &self.columns.high[self.range.clone()]
    }

    /// Lowest prices.
    #[must_use]
    pub fn low(&self) -> &[f64] {
        &self.columns.low[self.range.clone()]
    }

    /// Last prices.
    #[must_use]
    pub fn close(&self) -> &[f64] {
        &self.columns.close[self.range.clone()]
    }

    /// Traded amounts.
    #[must_use]
    pub fn volume(&self) -> &[f64] {
        &self.columns.volume[self.range.clone()]
    }

    /// When bar `i` became known: its open time + interval.
    ///
    /// # Panics
    /// If `i` is not below [`Bars::len`].
    #[must_use]
    pub fn known_at(&self, i: usize) -> Timestamp {
        self.open_time()[i] + self.interval
    }

    /// The bars that were known at `t`: those with `open + interval <= t`.
    #[must_use]
    pub fn as_of(&self, t: Timestamp) -> Self {
        // The first bar opens at Timestamp::MIN or later, so an earlier `t` keeps
        // nothing and the comparison cannot overflow.
        let known = self.open_time().partition_point(|&open| open + self.interval <= t);
        self.cut(0..known)
    }

    /// The bars that open in `[from, to)`; none if `to <= from`.
    #[must_use]
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Self {
        let first = self.open_time().partition_point(|&open| open < from);
        let last = self.open_time().partition_point(|&open| open < to);
        self.cut(first..last.max(first))
    }

    /// How many rows from the first on are the same in both.
    ///
    /// ```
    /// use mantis_data::source::RandomWalk;
    /// use mantis_data::{Interval, Timestamp};
    ///
    /// let start = Timestamp::parse("2025-01-01")?;
    /// let bars = RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, 48, 1)?;
    /// assert_eq!(bars.as_of(start + Interval::DAY).common_rows(&bars), 24);
    /// # Ok::<(), mantis_data::Error>(())
    /// ```
    #[must_use]
    pub fn common_rows(&self, other: &Self) -> usize {
        if self.interval != other.interval {
            return 0;
        }
        // What is cut from the same columns need not be read.
        if Arc::ptr_eq(&self.columns, &other.columns) && self.range.start == other.range.start {
            return self.len().min(other.len());
        }
        let rows = common(self.open_time(), other.open_time());
        let values = self.values().into_iter().zip(other.values());
        values.fold(rows, |rows, ((_, a), (_, b))| common(&a[..rows], &b[..rows]))
    }

    /// Row of the bar that opens at `open_time`, if there is one.
    #[must_use]
    pub fn position(&self, open_time: Timestamp) -> Option<usize> {
        self.open_time().binary_search(&open_time).ok()
    }

    /// An owned copy of the columns.
    #[must_use]
    pub fn to_columns(&self) -> BarColumns {
        BarColumns {
            open_time: self.open_time().to_vec(),
            open: self.open().to_vec(),
            high: self.high().to_vec(),
            low: self.low().to_vec(),
            close: self.close().to_vec(),
            volume: self.volume().to_vec(),
        }
    }

    /// The value columns with their names.
    pub(crate) fn values(&self) -> [(&'static str, &[f64]); 5] {
        self.columns.values().map(|(name, values)| (name, &values[self.range.clone()]))
    }

    fn cut(&self, rows: Range<usize>) -> Self {
        let range = self.range.start + rows.start..self.range.start + rows.end;
        Self { range, ..self.clone() }
    }
}

/// Equal if name, interval and all rows are equal.
impl PartialEq for Bars {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.interval == other.interval
            && self.open_time() == other.open_time()
            && self.values() == other.values()
    }
}

/// Checks that stamps rise strictly and lie in the accepted years.
pub(crate) fn check_rising(name: &str, times: &[Timestamp]) -> Result<()> {
    for (row, &time) in times.iter().enumerate() {
        if time < Timestamp::MIN || time > Timestamp::MAX {
            let micros = time.as_micros();
            return Err(Error::TimeOutOfRange { name: name.to_owned(), row, micros });
        }
        let Some(&previous) = row.checked_sub(1).and_then(|before| times.get(before)) else {
            continue;
        };
        if time == previous {
            return Err(Error::Duplicate { name: name.to_owned(), row, time });
        }
        if time < previous {
            return Err(Error::OutOfOrder { name: name.to_owned(), row, time, previous });
        }
    }
    Ok(())
}

/// How many elements from the first on are the same in both.
pub(crate) fn common<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let n = a.len().min(b.len());
    if a[..n] == b[..n] {
        return n;
    }
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests;
