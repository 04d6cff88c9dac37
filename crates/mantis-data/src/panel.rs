//! Bars and series of several symbols on one clock.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::bars::Bars;
use crate::error::{Error, Result};
use crate::series::{Series, SeriesKind};
use crate::time::{Interval, Timestamp};

/// [`Bars`] and [`Series`] of several symbols on one UTC clock.
///
/// The clock is the union of the open times of all bars. Nothing is filled: for
/// each symbol [`Panel::rows`] says which clock rows have a bar, and which. Series
/// keep their own stamps and do not add clock rows.
///
/// ```
/// use mantis_data::{Interval, Panel, Timestamp, source::synthetic::RandomWalk};
///
/// let start = Timestamp::parse("2025-01-01")?;
/// let walk = RandomWalk::default();
/// let mut panel = Panel::new(Interval::HOUR);
/// panel.add_bars("BTCUSDT", walk.bars("BTCUSDT", start, Interval::HOUR, 3, 1)?)?;
/// let later = start + Interval::HOUR;
/// panel.add_bars("ETHUSDT", walk.bars("ETHUSDT", later, Interval::HOUR, 3, 2)?)?;
///
/// assert_eq!(panel.clock().len(), 4);
/// assert_eq!(panel.rows("ETHUSDT"), Some(&[None, Some(0), Some(1), Some(2)][..]));
/// assert_eq!(panel.as_of(later).clock(), &[start]);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    interval: Interval,
    clock: Vec<Timestamp>,
    bars: BTreeMap<String, Column>,
    series: BTreeMap<(String, SeriesKind), Series>,
}

/// The bars of one symbol.
#[derive(Clone, Debug)]
struct Column {
    bars: Bars,
    /// For each clock row the bar that it holds; made when somebody asks, because the clock grows while symbols are added.
    rows: OnceLock<Vec<Option<usize>>>,
}

impl Column {
    fn new(bars: Bars) -> Self {
        Self { bars, rows: OnceLock::new() }
    }
}

/// Clock and bars decide the rows.
impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.bars == other.bars
    }
}

impl Panel {
    /// An empty panel for bars of `interval`.
    #[must_use]
    pub fn new(interval: Interval) -> Self {
        Self { interval, clock: Vec::new(), bars: BTreeMap::new(), series: BTreeMap::new() }
    }

    /// Adds the bars of a symbol; the clock grows by the open times that it lacks.
    ///
    /// # Errors
    /// [`Error::PanelInterval`] for bars of another interval, [`Error::BarsTwice`] if the
    /// symbol has bars already. The panel is unchanged then.
    pub fn add_bars(&mut self, symbol: &str, bars: Bars) -> Result<()> {
        if bars.interval() != self.interval {
            return Err(Error::PanelInterval {
                symbol: symbol.to_owned(),
                got: bars.interval(),
                expected: self.interval,
            });
        }
        if self.bars.contains_key(symbol) {
            return Err(Error::BarsTwice { symbol: symbol.to_owned() });
        }
        if let Some(clock) = union(&self.clock, bars.open_time()) {
            self.bars.values_mut().for_each(|column| column.rows = OnceLock::new());
            self.clock = clock;
        }
        self.bars.insert(symbol.to_owned(), Column::new(bars));
        Ok(())
    }

    /// Adds a series of a symbol; the symbol needs no bars.
    ///
    /// # Errors
    /// [`Error::SeriesTwice`] if the symbol has a series of this kind already.
    pub fn add_series(&mut self, symbol: &str, kind: SeriesKind, series: Series) -> Result<()> {
        let key = (symbol.to_owned(), kind);
        if self.series.contains_key(&key) {
            return Err(Error::SeriesTwice { symbol: key.0, kind });
        }
        self.series.insert(key, series);
        Ok(())
    }

    /// Length of one bar.
    #[must_use]
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// Union of the open times of all bars, strictly rising.
    #[must_use]
    pub fn clock(&self) -> &[Timestamp] {
        &self.clock
    }

    /// Symbols with bars or series, sorted, each once.
    #[must_use]
    pub fn symbols(&self) -> Vec<&str> {
        let with_series = self.series.keys().map(|(symbol, _)| symbol.as_str());
        let mut symbols: Vec<&str> =
            self.bars.keys().map(String::as_str).chain(with_series).collect();
        symbols.sort_unstable();
        symbols.dedup();
        symbols
    }

    /// The bars of a symbol.
    #[must_use]
    pub fn bars(&self, symbol: &str) -> Option<&Bars> {
        self.bars.get(symbol).map(|column| &column.bars)
    }

    /// A series of a symbol.
    #[must_use]
    pub fn series(&self, symbol: &str, kind: SeriesKind) -> Option<&Series> {
        self.series.get(&(symbol.to_owned(), kind))
    }

    /// For each clock row the row of the symbol's bar, or `None` where it has none.
    #[must_use]
    pub fn rows(&self, symbol: &str) -> Option<&[Option<usize>]> {
        let column = self.bars.get(symbol)?;
        Some(column.rows.get_or_init(|| presence(&self.clock, &column.bars)))
    }

    /// The panel as it was known at `t`: closed bars and published values only.
    ///
    /// Every symbol stays, with no rows if nothing of it was known.
    #[must_use]
    pub fn as_of(&self, t: Timestamp) -> Self {
        // All bars have one interval, so what is known is a prefix of the clock
        // and of every column.
        let known = self.clock.partition_point(|&open| open + self.interval <= t);
        let cut = |column: &Column| Column::new(column.bars.as_of(t));
        Self {
            interval: self.interval,
            clock: self.clock[..known].to_vec(),
            bars: self.bars.iter().map(|(symbol, column)| (symbol.clone(), cut(column))).collect(),
            series: self
                .series
                .iter()
                .map(|(key, series)| (key.clone(), series.as_of(t)))
                .collect(),
        }
    }

    /// The panel with other bars and other series in the place of each of its own, under the same symbols.
    ///
    /// ```
    /// use mantis_data::source::RandomWalk;
    /// use mantis_data::{Error, Interval, Panel, Timestamp};
    ///
    /// let start = Timestamp::parse("2025-01-01")?;
    /// let mut panel = Panel::new(Interval::HOUR);
    /// panel.add_bars("BTC", RandomWalk::default().bars("BTC", start, Interval::HOUR, 48, 1)?)?;
    /// let day = start + Interval::days(1);
    /// let first = panel.map(|_, bars| Ok(bars.between(start, day)), |_, _, s| Ok::<_, Error>(s.clone()))?;
    /// assert_eq!(first.clock().len(), 24);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the closures, and those of [`Panel::add_bars`] and [`Panel::add_series`].
    pub fn map<E: From<Error>>(
        &self,
        mut bars: impl FnMut(&str, &Bars) -> std::result::Result<Bars, E>,
        mut series: impl FnMut(&str, SeriesKind, &Series) -> std::result::Result<Series, E>,
    ) -> std::result::Result<Self, E> {
        let mut panel = Self::new(self.interval);
        for (symbol, column) in &self.bars {
            panel.add_bars(symbol, bars(symbol, &column.bars)?)?;
        }
        for ((symbol, kind), values) in &self.series {
            panel.add_series(symbol, *kind, series(symbol, *kind, values)?)?;
        }
        Ok(panel)
    }

    /// SHA-256 in hex over interval, symbols, stamps and the bits of every value.
    ///
    /// Does not depend on the order in which symbols were added.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Fingerprint(Sha256::new());
        hash.number(self.interval.as_micros());
        hash.number(self.bars.len() as i64);
        for (symbol, column) in &self.bars {
            hash.text(symbol);
            hash.text(column.bars.name());
            hash.times(column.bars.open_time());
            for (_, values) in column.bars.values() {
                hash.values(values);
            }
        }
        for ((symbol, kind), series) in &self.series {
            hash.text(symbol);
            hash.text(&kind.to_string());
            hash.text(series.name());
            hash.times(series.known_at());
            hash.values(series.values());
        }
        hex::encode(hash.0.finalize())
    }
}

/// Feeds a hash so that no two different panels give the same bytes: every
/// variable-length part is preceded by its length.
struct Fingerprint(Sha256);

impl Fingerprint {
    fn number(&mut self, number: i64) {
        self.0.update(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as i64);
        self.0.update(text);
    }

    fn times(&mut self, times: &[Timestamp]) {
        self.number(times.len() as i64);
        times.iter().for_each(|time| self.number(time.as_micros()));
    }

    fn values(&mut self, values: &[f64]) {
        self.number(values.len() as i64);
        values.iter().for_each(|value| self.0.update(value.to_bits().to_le_bytes()));
    }
}

/// Both clocks as one, where `b` has a time that `clock` lacks.
fn union(clock: &[Timestamp], b: &[Timestamp]) -> Option<Vec<Timestamp>> {
    let mut rest = clock.iter();
    let known = b.iter().all(|time| rest.any(|have| have == time));
    if known {
        return None;
    }
    let mut all = Vec::with_capacity(clock.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < clock.len() && j < b.len() {
        let (x, y) = (clock[i], b[j]);
        all.push(x.min(y));
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    all.extend_from_slice(&clock[i..]);
    all.extend_from_slice(&b[j..]);
    Some(all)
}

/// Every open time is on the clock.
fn presence(clock: &[Timestamp], bars: &Bars) -> Vec<Option<usize>> {
    let mut opens = bars.open_time().iter().copied().enumerate().peekable();
    let row = |&time: &Timestamp| opens.next_if(|&(_, open)| open == time).map(|(row, _)| row);
    clock.iter().map(row).collect()
}

#[cfg(test)]
mod tests;
