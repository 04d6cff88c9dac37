//! What a panel has that a stream has not taken yet.

use mantis_data::{Interval, Panel, SeriesKind, Timestamp};

use super::{FeatureStream, LiveBar, LiveValue, Tick};
use crate::Result;

/// No value that is older at the close of a row is read by it: the longest bars are those of a day.
const READ_BACK: Interval = Interval::days(1);

/// The kinds of series.
pub(super) const KINDS: [SeriesKind; 3] =
    [SeriesKind::FundingRate, SeriesKind::OpenInterest, SeriesKind::TakerBuyVolume];

/// Bars that are later than a stream's last tick, and values that it lacks.
pub(super) struct News<'p> {
    panel: &'p Panel,
    symbols: Vec<&'p str>,
    /// Open times of the ticks.
    clock: &'p [Timestamp],
    values: Vec<LiveValue<'p>>,
}

impl<'p> News<'p> {
    pub(super) fn of(stream: &FeatureStream, panel: &'p Panel) -> Self {
        let wanted: Vec<&str> = stream.symbols().collect();
        let symbols: Vec<&str> =
            panel.symbols().into_iter().filter(|symbol| wanted.contains(symbol)).collect();
        let clock = panel.clock();
        let after = stream.last.map_or(0, |last| clock.partition_point(|&t| t <= last));
        let mut values: Vec<LiveValue<'_>> = Vec::new();
        for (symbol, kind) in symbols.iter().flat_map(|s| KINDS.map(|kind| (*s, kind))) {
            let Some(series) = panel.series(symbol, kind) else { continue };
            let read = stream.last.map_or(0, |last| {
                series.known_at().partition_point(|&at| at + READ_BACK <= last + stream.interval)
            });
            let stamped = series.known_at().iter().zip(series.values()).skip(read);
            let value = |(&known_at, &value)| LiveValue { symbol, kind, known_at, value };
            values.extend(stamped.map(value).filter(|value| stream.series.lacks(value)));
        }
        values.sort_by_key(|value| value.known_at);
        Self { panel, symbols, clock: &clock[after..], values }
    }

    /// Hands out the ticks in order, each with how many follow it.
    pub(super) fn each(&self, mut take: impl FnMut(&Tick<'_>, usize) -> Result<()>) -> Result<()> {
        let mut next = 0;
        for (i, &open_time) in self.clock.iter().enumerate() {
            let close = open_time + self.panel.interval();
            let known = |value: &LiveValue<'_>| value.known_at <= close;
            let until = next + self.values[next..].partition_point(known);
            let bars: Vec<LiveBar<'_>> =
                self.symbols.iter().filter_map(|symbol| self.bar(symbol, open_time)).collect();
            let tick = Tick { open_time, bars: &bars, values: &self.values[next..until] };
            take(&tick, self.clock.len() - 1 - i)?;
            next = until;
        }
        Ok(())
    }

    fn bar(&self, symbol: &'p str, open_time: Timestamp) -> Option<LiveBar<'p>> {
        let bars = self.panel.bars(symbol)?;
        let i = bars.position(open_time)?;
        let ohlcv =
            [bars.open()[i], bars.high()[i], bars.low()[i], bars.close()[i], bars.volume()[i]];
        Some(LiveBar { symbol, ohlcv })
    }
}
