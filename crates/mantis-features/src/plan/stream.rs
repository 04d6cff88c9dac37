//! The plan on a live stream, row by row.

mod live;
mod news;
mod recent;
mod series;

use std::collections::BTreeMap;

use mantis_data::{Interval, Panel, SeriesKind, Timestamp};
use mantis_vmd::RollingVmd;

use self::live::{Feed, Inputs, LiveFrame, advance};
use self::news::News;
pub use self::recent::RecentRows;
use self::series::LiveSeries;
use super::FeaturePlan;
use super::absence::AtClose;
use super::resample::{Resampler, Row};
use crate::engine::Leaf;
use crate::registry::Input;
use crate::{Error, Result};

/// A bar that has closed: `[open, high, low, close, volume]` of a symbol.
#[derive(Clone, Copy, Debug)]
pub struct LiveBar<'a> {
    /// Symbol.
    pub symbol: &'a str,
    /// Open, high, low and close in quote currency, volume in base units.
    pub ohlcv: [f64; 5],
}

/// A value of a series, such as a funding rate, and when it became known.
#[derive(Clone, Copy, Debug)]
pub struct LiveValue<'a> {
    /// Symbol.
    pub symbol: &'a str,
    /// Which series.
    pub kind: SeriesKind,
    /// When it was published.
    pub known_at: Timestamp,
    /// The value.
    pub value: f64,
}

/// All bars that opened at one time, and the values that became known up to their close.
#[derive(Clone, Copy, Debug)]
pub struct Tick<'a> {
    /// When the bars opened; they are known one interval later.
    pub open_time: Timestamp,
    /// The bars.
    pub bars: &'a [LiveBar<'a>],
    /// Series values. One that comes late is put in its place for this row and those after it.
    pub values: &'a [LiveValue<'a>],
}

/// Computes a plan row by row, with the same bits as [`FeaturePlan::compute`] over the same history.
///
/// It runs the operations of the batch on a state that holds each series only as far back as it is read, and joins bars to
/// longer timeframes as they close. `just bench features` measures one row of the default plan.
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_features::plan::{FeaturePlan, FeatureStream, LiveBar, Tick};
///
/// let plan = FeaturePlan::of("BTCUSDT", &["ret_1", "sma_ratio_3/2h"])?;
/// let mut stream = FeatureStream::new(&plan, Interval::HOUR)?;
/// let start = Timestamp::parse("2025-01-01")?;
/// for hour in 0..8 {
///     let price = 100.0 + hour as f64;
///     let bars = [LiveBar { symbol: "BTCUSDT", ohlcv: [price, price, price, price, 1.0] }];
///     let tick = Tick { open_time: start + Interval::hours(hour), bars: &bars, values: &[] };
///     let row = stream.push(&tick)?.expect("there is a bar of the main symbol");
///     // Three bars of two hours are known at the close of the sixth bar.
///     assert_eq!(row.require().is_ok(), hour >= 5);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct FeatureStream {
    plan: FeaturePlan,
    interval: Interval,
    feeds: BTreeMap<(String, Interval), Feed>,
    series: LiveSeries,
    foreign: Vec<LiveFrame>,
    main: LiveFrame,
    modes: Option<RollingVmd>,
    /// Rows that open before it are not decomposed.
    modes_from: Timestamp,
    joined: Vec<f64>,
    last: Option<Timestamp>,
}

impl FeatureStream {
    /// For bars of `interval`; serve a plan that was resolved on the training panel.
    ///
    /// # Errors
    /// [`Error::Timeframe`] and [`Error::ModesElsewhere`] for columns that these bars do not allow, [`Error::Vmd`] for settings
    /// that the decomposition refuses, [`Error::Mode`] for a mode that it does not have.
    pub fn new(plan: &FeaturePlan, interval: Interval) -> Result<Self> {
        let program = plan.compile(interval)?;
        let modes = if plan.columns.iter().any(|c| c.reads(Input::Modes)) {
            Some(RollingVmd::new(&plan.modes.params, plan.modes.window)?)
        } else {
            None
        };
        for leaf in program.main.graph.leaves() {
            if let Leaf::Mode(field, mode) = leaf
                && *mode >= plan.modes.params.k
            {
                let column = format!("{field}_{mode}");
                return Err(Error::Mode { column, mode: *mode, modes: plan.modes.params.k });
            }
        }
        let mut feeds = BTreeMap::new();
        for frame in program.foreign.iter().chain([&program.main]) {
            for symbol in frame.others().into_iter().chain([frame.symbol.clone()]) {
                let long = frame.interval != interval;
                let resampler = long.then(|| Resampler::new(interval, frame.interval));
                feeds.insert((symbol, frame.interval), Feed::new(resampler));
            }
        }
        let joined = vec![f64::NAN; program.foreign.iter().map(|f| f.outputs.len()).sum()];
        Ok(Self {
            plan: plan.clone(),
            interval,
            feeds,
            series: LiveSeries::default(),
            foreign: program.foreign.into_iter().map(LiveFrame::new).collect(),
            main: LiveFrame::new(program.main),
            modes,
            modes_from: Timestamp::MIN,
            joined,
            last: None,
        })
    }

    /// Takes the next tick. `None` when it has no bar of the main symbol: the other bars are taken all the same.
    ///
    /// # Errors
    /// [`Error::TickOrder`] for a tick that is not later than the last or not on the grid, [`Error::TickValue`] for a value that
    /// is NaN or infinite; nothing of such a tick is taken. [`Error::Vmd`] when the window cannot be decomposed.
    pub fn push(&mut self, tick: &Tick<'_>) -> Result<Option<LiveRow<'_>>> {
        self.check(tick)?;
        let (open, close) = (tick.open_time, tick.open_time + self.interval);
        self.last = Some(open);
        for value in tick.values {
            self.series.take(value);
        }
        for ((symbol, _), feed) in &mut self.feeds {
            let bar = tick.bars.iter().find(|bar| bar.symbol == symbol);
            feed.tick(open, close, bar.map(|bar| Row { open_time: open, ohlcv: bar.ohlcv }));
        }
        let mut first = 0;
        for frame in &mut self.foreign {
            let inputs =
                Inputs { feeds: &self.feeds, series: &self.series, modes: None, joined: &[] };
            let feed = self
                .feeds
                .iter()
                .find(|((s, interval), _)| *s == frame.symbol && *interval == frame.interval);
            if let Some((_, feed)) = feed {
                for row in feed.recent.iter().skip(feed.recent.len().saturating_sub(feed.fresh)) {
                    advance(frame, &inputs, row);
                }
            }
            let fresh = frame.closed == Some(close.floor_to(frame.interval));
            for value in &frame.values {
                self.joined[first] = if fresh { *value } else { f64::NAN };
                first += 1;
            }
        }
        let Some(bar) = tick.bars.iter().find(|bar| bar.symbol == self.main.symbol) else {
            return Ok(None);
        };
        if let Some(vmd) = &mut self.modes {
            let x = bar.ohlcv[3].ln();
            if open < self.modes_from {
                vmd.fill(x)?;
            } else {
                vmd.push(x)?;
            }
        }
        let inputs = Inputs {
            feeds: &self.feeds,
            series: &self.series,
            modes: self.modes.as_ref(),
            joined: &self.joined,
        };
        advance(&mut self.main, &inputs, &Row { open_time: open, ohlcv: bar.ohlcv });
        Ok(Some(LiveRow { stream: self, known_at: close }))
    }

    /// Takes all bars of a panel that are later than the last tick, and all values that it does not have yet, and returns the last row,
    /// if there is a new one.
    ///
    /// A value may reach the panel after the row of its time was made, as a funding rate some seconds after the full hour; the next
    /// row sees it. Rows that were made stay as they are.
    ///
    /// # Errors
    /// As [`FeatureStream::push`].
    pub fn catch_up(&mut self, panel: &Panel) -> Result<Option<LiveRow<'_>>> {
        let mut has_row = false;
        News::of(self, panel).each(|tick, _| {
            has_row = self.push(tick)?.is_some();
            Ok(())
        })?;
        let known_at = self.main.closed;
        Ok(known_at.filter(|_| has_row).map(|known_at| LiveRow { stream: self, known_at }))
    }

    /// The symbols whose bars or series it reads.
    fn symbols(&self) -> impl Iterator<Item = &str> {
        let mut symbols: Vec<&str> = self.feeds.keys().map(|(symbol, _)| symbol.as_str()).collect();
        symbols.dedup();
        symbols.into_iter()
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &FeaturePlan {
        &self.plan
    }

    /// Open time of the last tick.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        self.last
    }

    fn check(&self, tick: &Tick<'_>) -> Result<()> {
        let got = tick.open_time;
        let late = self.last.is_some_and(|last| got <= last);
        if late || got.floor_to(self.interval) != got {
            let last = self.last.map_or_else(|| "the start".to_owned(), |last| last.to_string());
            return Err(Error::TickOrder { got, last, interval: self.interval });
        }
        let bad = |symbol: &str, what: String, got: f64| Error::TickValue {
            time: tick.open_time,
            symbol: symbol.to_owned(),
            what,
            got,
        };
        for bar in tick.bars {
            if let Some(&value) = bar.ohlcv.iter().find(|v| !v.is_finite()) {
                return Err(bad(bar.symbol, "a bar's value".to_owned(), value));
            }
        }
        match tick.values.iter().find(|value| !value.value.is_finite()) {
            Some(value) => Err(bad(value.symbol, value.kind.to_string(), value.value)),
            None => Ok(()),
        }
    }
}

impl AtClose for FeatureStream {
    fn has_bar(&self, symbol: &str, interval: Interval, close: Timestamp) -> bool {
        let feed = self.feeds.iter().find(|((s, i), _)| s == symbol && *i == interval);
        feed.is_some_and(|(_, feed)| feed.at(close - interval).is_some())
    }

    fn knows(&self, symbol: &str, kind: SeriesKind, close: Timestamp, age: Interval) -> bool {
        self.series.known(symbol, kind, close, age).is_finite()
    }

    fn has_within(
        &self,
        symbol: &str,
        kind: SeriesKind,
        open: Timestamp,
        close: Timestamp,
    ) -> bool {
        self.series.within(symbol, kind, open, close).is_finite()
    }
}

/// The newest row of a stream.
#[derive(Clone, Copy, Debug)]
pub struct LiveRow<'a> {
    stream: &'a FeatureStream,
    known_at: Timestamp,
}

impl<'a> LiveRow<'a> {
    /// When the row became known: the close of its bar.
    #[must_use]
    pub fn known_at(&self) -> Timestamp {
        self.known_at
    }

    /// One value per column, in the plan's order; NaN where a column warms up or a series is absent.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        &self.stream.main.values
    }

    /// The values, if every column has one.
    ///
    /// # Errors
    /// [`Error::LiveAbsent`] naming the first column without a value and the series that is absent,
    /// [`Error::LiveUndefined`] when it is still warming up.
    pub fn require(&self) -> Result<&'a [f64]> {
        let values = self.values();
        let Some(at) = values.iter().position(|v| v.is_nan()) else { return Ok(values) };
        let spec = &self.stream.plan.columns[at];
        let (column, time) = (spec.name(), self.known_at);
        let FeatureStream { plan, interval, .. } = self.stream;
        Err(match plan.absent_at(spec, *interval, time, self.stream) {
            Some(series) => Error::LiveAbsent { column, series, time },
            None => Error::LiveUndefined { column, warmup: spec.warmup(), time },
        })
    }
}
