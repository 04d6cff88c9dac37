//! Bars of a longer timeframe, as they close.

use mantis_data::{Interval, Timestamp};

/// A bar as the engine takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) open_time: Timestamp,
    pub(crate) ohlcv: [f64; 5],
}

/// Joins bars to longer ones on the UTC grid.
///
/// A long bar is made of the short ones that there are, as a venue makes it of the trades that there were; without any it is
/// absent. It is handed out when it is known: at the close of its last short bar, or, when that is missing, at the first later
/// time that [`Resampler::close_until`] hears of. A history that starts within a long bar starts with the next one.
#[derive(Clone, Debug)]
pub(crate) struct Resampler {
    short: Interval,
    long: Interval,
    /// Where the first long bar that the history holds whole opens.
    first: Option<Timestamp>,
    current: Option<Row>,
}

impl Resampler {
    pub(crate) fn new(short: Interval, long: Interval) -> Self {
        Self { short, long, first: None, current: None }
    }

    /// The bar in the making, if its time is over at `time`.
    pub(crate) fn close_until(&mut self, time: Timestamp) -> Option<Row> {
        let over = self.current.is_some_and(|bar| bar.open_time + self.long <= time);
        if over { self.current.take() } else { None }
    }

    /// Takes the next short bar; returns the long bar that it completes. Bars of earlier times must have been taken by
    /// [`Resampler::close_until`] of the short bar's open time.
    pub(crate) fn push(&mut self, bar: Row) -> Option<Row> {
        let open_time = bar.open_time.floor_to(self.long);
        let first = *self.first.get_or_insert_with(|| {
            if open_time == bar.open_time { open_time } else { open_time + self.long }
        });
        if open_time < first {
            return None;
        }
        let [open, high, low, close, volume] = bar.ohlcv;
        let grown = match self.current {
            None => Row { open_time, ohlcv: bar.ohlcv },
            Some(Row { ohlcv: [o, h, l, _, v], .. }) => {
                Row { open_time, ohlcv: [o, h.max(high), l.min(low), close, v + volume] }
            }
        };
        debug_assert!(open.is_finite());
        self.current = Some(grown);
        self.close_until(bar.open_time + self.short)
    }
}
