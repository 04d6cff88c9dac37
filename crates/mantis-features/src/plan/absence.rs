//! Which series is the reason that a column has no value.

use mantis_data::{Interval, Panel, SeriesKind, Timestamp};

use super::FeaturePlan;
use crate::indicators::funding::{self, known_at_close, within_bars};
use crate::registry::{ColumnSpec, Input};

/// What is there of the series when a bar closes.
pub(super) trait AtClose {
    /// Whether the symbol has the bar of that length.
    fn has_bar(&self, symbol: &str, interval: Interval, close: Timestamp) -> bool;
    /// Whether a value is known at the close and no older than `age`.
    fn knows(&self, symbol: &str, kind: SeriesKind, close: Timestamp, age: Interval) -> bool;
    /// Whether a value became known within the bar.
    fn has_within(&self, symbol: &str, kind: SeriesKind, open: Timestamp, close: Timestamp)
    -> bool;
}

impl FeaturePlan {
    /// The series for want of which a column has no value at a row of the panel's main bars: the bar of a symbol, or a funding rate,
    /// open interest or taker volume that is missing or too old. `None` where all of them are there, so that the column warms up
    /// or is not defined.
    ///
    /// ```
    /// use mantis_data::source::RandomWalk;
    /// use mantis_data::{Interval, Panel, Timestamp};
    /// use mantis_features::FeaturePlan;
    ///
    /// let mut panel = Panel::new(Interval::HOUR);
    /// let start = Timestamp::parse("2025-01-01")?;
    /// panel.add_bars("BTC", RandomWalk::default().bars("BTC", start, Interval::HOUR, 30, 1)?)?;
    /// let plan = FeaturePlan::of("BTC", &["sma_20", "funding_z(168)"])?;
    /// assert_eq!(plan.absent(&panel, &plan.columns()[0], 29), None);
    /// let series = plan.absent(&panel, &plan.columns()[1], 29);
    /// assert_eq!(series.as_deref(), Some("funding rate of BTC"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn absent(&self, panel: &Panel, column: &ColumnSpec, row: usize) -> Option<String> {
        let Some(bars) = panel.bars(&self.symbol) else {
            return Some(format!("bars of {}", self.symbol));
        };
        let close = *bars.open_time().get(row)? + bars.interval();
        self.absent_at(column, bars.interval(), close, panel)
    }

    /// As [`FeaturePlan::absent`], at the close of a bar of length `interval`.
    pub(super) fn absent_at(
        &self,
        column: &ColumnSpec,
        interval: Interval,
        close: Timestamp,
        there: &impl AtClose,
    ) -> Option<String> {
        let home = column.home(&self.symbol);
        let interval = column.timeframe().unwrap_or(interval);
        let close = close.floor_to(interval);
        let no_bar = |symbol: &str| {
            let absent = !there.has_bar(symbol, interval, close);
            absent.then(|| format!("bar of {symbol} known at {close}"))
        };
        let unknown = |kind: SeriesKind, age: Interval| {
            (!there.knows(home, kind, close, age)).then(|| format!("{kind} of {home}"))
        };
        no_bar(home).or_else(|| {
            column.indicator().inputs.iter().find_map(|input| match input {
                Input::Other | Input::Others => column.others().iter().find_map(|s| no_bar(s)),
                Input::Funding => unknown(SeriesKind::FundingRate, funding::MAX_AGE),
                Input::OpenInterest => {
                    unknown(SeriesKind::OpenInterest, funding::OPEN_INTEREST_MAX_AGE)
                }
                Input::TakerBuy => {
                    let kind = SeriesKind::TakerBuyVolume;
                    let absent = !there.has_within(home, kind, close - interval, close);
                    absent.then(|| format!("{kind} of {home}"))
                }
                _ => None,
            })
        })
    }
}

impl AtClose for Panel {
    fn has_bar(&self, symbol: &str, interval: Interval, close: Timestamp) -> bool {
        // A long bar is there as soon as one of its short ones is.
        self.bars(symbol).is_some_and(|bars| !bars.between(close - interval, close).is_empty())
    }

    fn knows(&self, symbol: &str, kind: SeriesKind, close: Timestamp, age: Interval) -> bool {
        let value = self.series(symbol, kind).map(|s| known_at_close(s, &[close], age)[0]);
        value.is_some_and(f64::is_finite)
    }

    fn has_within(
        &self,
        symbol: &str,
        kind: SeriesKind,
        open: Timestamp,
        close: Timestamp,
    ) -> bool {
        let value = self.series(symbol, kind).map(|s| within_bars(s, &[open], close - open)[0]);
        value.is_some_and(f64::is_finite)
    }
}
