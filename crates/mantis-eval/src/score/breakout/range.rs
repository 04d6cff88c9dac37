//! Highest and lowest price of a trailing window of minutes.

use std::collections::VecDeque;

/// Prices by rising sidx with the extremes of those within the look-back.
#[derive(Debug, Clone, Default)]
pub(super) struct TrailingRange {
    lookback: i64,
    /// All prices within the look-back.
    inside: VecDeque<i64>,
    /// Falling prices: the first is the highest.
    highs: VecDeque<(i64, f64)>,
    /// Rising prices: the first is the lowest.
    lows: VecDeque<(i64, f64)>,
}

impl TrailingRange {
    pub(super) fn new(lookback: i64) -> Self {
        Self { lookback, ..Self::default() }
    }

    /// (low, high) of the prices at `sidx - lookback .. sidx`; nothing when fewer than half of the minutes have one.
    pub(super) fn before(&mut self, sidx: i64) -> Option<(f64, f64)> {
        let from = sidx - self.lookback;
        while self.inside.front().is_some_and(|&s| s < from) {
            self.inside.pop_front();
        }
        for extremes in [&mut self.highs, &mut self.lows] {
            while extremes.front().is_some_and(|&(s, _)| s < from) {
                extremes.pop_front();
            }
        }
        let enough = i64::try_from(self.inside.len()).is_ok_and(|n| n >= self.lookback / 2);
        let (low, high) = (self.lows.front()?.1, self.highs.front()?.1);
        enough.then_some((low, high))
    }

    /// Adds the price of a later minute.
    pub(super) fn push(&mut self, sidx: i64, price: f64) {
        self.inside.push_back(sidx);
        while self.highs.back().is_some_and(|&(_, p)| p <= price) {
            self.highs.pop_back();
        }
        self.highs.push_back((sidx, price));
        while self.lows.back().is_some_and(|&(_, p)| p >= price) {
            self.lows.pop_back();
        }
        self.lows.push_back((sidx, price));
    }
}
