//! The plan on a live stream, row by row.

use std::collections::{BTreeMap, VecDeque};

use mantis_data::{Interval, Panel, SeriesKind, Timestamp};
use mantis_vmd::RollingVmd;

use super::FeaturePlan;
use super::compile::Frame;
use super::resample::{Resampler, Row};
use crate::engine::{BarField, Engine, Leaf};
use crate::indicators::{funding, modes};
use crate::registry::{ColumnSpec, Input};
use crate::{Error, Result};

/// Values of one series kept for bars that become known late.
const KEPT_VALUES: usize = 2_048;

/// Closed bars of one feed kept for the rows of others.
const KEPT_BARS: usize = 2;

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
    /// Series values, in the order in which they became known.
    pub values: &'a [LiveValue<'a>],
}

/// Computes a plan row by row, with the same bits as [`FeaturePlan::compute`] over the same history.
///
/// It runs the operations of the batch on a state that holds each series only as far back as it is read, and joins bars to
/// longer timeframes as they close. One row of the default plan costs some tens of microseconds, apart from the decomposition
/// of `vmd_*` columns.
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
#[derive(Debug)]
pub struct FeatureStream {
    plan: FeaturePlan,
    interval: Interval,
    feeds: BTreeMap<(String, Interval), Feed>,
    series: BTreeMap<(String, SeriesKind), VecDeque<(Timestamp, f64)>>,
    foreign: Vec<LiveFrame>,
    main: LiveFrame,
    modes: Option<RollingVmd>,
    joined: Vec<f64>,
    last: Option<Timestamp>,
}

/// Bars of one symbol at one timeframe as they close.
#[derive(Debug)]
struct Feed {
    resampler: Option<Resampler>,
    recent: VecDeque<Row>,
    /// How many of the recent bars closed with this tick.
    fresh: usize,
}

impl Feed {
    fn take(&mut self, bar: Option<Row>) {
        if let Some(bar) = bar {
            self.recent.push_back(bar);
            self.fresh += 1;
            while self.recent.len() > KEPT_BARS {
                self.recent.pop_front();
            }
        }
    }

    /// Takes what the tick has, which opens and closes at those times.
    fn tick(&mut self, open: Timestamp, close: Timestamp, bar: Option<Row>) {
        self.fresh = 0;
        match self.resampler.as_mut() {
            None => self.take(bar),
            Some(resampler) => {
                let late = resampler.close_until(open);
                let whole = bar.and_then(|bar| resampler.push(bar));
                let rest = resampler.close_until(close);
                for bar in [late, whole, rest] {
                    self.take(bar);
                }
            }
        }
    }

    fn at(&self, open_time: Timestamp) -> Option<&Row> {
        self.recent.iter().rev().find(|bar| bar.open_time == open_time)
    }
}

/// A frame with its state.
#[derive(Debug)]
struct LiveFrame {
    symbol: String,
    interval: Interval,
    leaves: Vec<Leaf>,
    engine: Engine,
    /// Close of the last row.
    closed: Option<Timestamp>,
    values: Vec<f64>,
}

impl LiveFrame {
    fn new(frame: Frame) -> Self {
        let Frame { symbol, interval, graph, outputs } = frame;
        let values = vec![f64::NAN; outputs.len()];
        let engine = graph.engine(outputs, 8);
        let leaves = engine.leaves().cloned().collect();
        Self { symbol, interval, leaves, engine, closed: None, values }
    }
}

/// What the leaves of a row are read from.
struct Inputs<'a> {
    feeds: &'a BTreeMap<(String, Interval), Feed>,
    series: &'a BTreeMap<(String, SeriesKind), VecDeque<(Timestamp, f64)>>,
    modes: Option<&'a RollingVmd>,
    joined: &'a [f64],
}

impl Inputs<'_> {
    /// Latest value known at a time, if it is fresh enough.
    fn known(&self, symbol: &str, kind: SeriesKind, time: Timestamp, age: Interval) -> f64 {
        let values = self.series.iter().find(|((s, k), _)| s == symbol && *k == kind);
        values
            .and_then(|(_, values)| values.iter().rev().find(|(known, _)| *known <= time))
            .filter(|(known, _)| time - *known <= age)
            .map_or(f64::NAN, |(_, value)| *value)
    }

    /// Taker flow of a bar: the sum of what became known after its open and up to its close.
    fn within(&self, symbol: &str, open: Timestamp, close: Timestamp) -> f64 {
        let kind = SeriesKind::TakerBuyVolume;
        let values = self.series.iter().find(|((s, k), _)| s == symbol && *k == kind);
        let Some((_, values)) = values else { return f64::NAN };
        let first = values.partition_point(|(known, _)| *known <= open);
        let end = values.partition_point(|(known, _)| *known <= close);
        if first >= end { f64::NAN } else { values.range(first..end).map(|(_, v)| v).sum() }
    }

    fn read(&self, leaf: &Leaf, frame: &LiveFrame, row: &Row) -> f64 {
        let field = |field: BarField| BarField::ALL.iter().position(|f| *f == field).unwrap_or(0);
        let close = row.open_time + frame.interval;
        match leaf {
            Leaf::Time => row.open_time.as_secs() as f64,
            Leaf::Own(own) => row.ohlcv[field(*own)],
            Leaf::Other(symbol, other) => self
                .feeds
                .iter()
                .find(|((s, interval), _)| s == symbol && *interval == frame.interval)
                .and_then(|(_, feed)| feed.at(row.open_time))
                .map_or(f64::NAN, |bar| bar.ohlcv[field(*other)]),
            Leaf::Funding => {
                self.known(&frame.symbol, SeriesKind::FundingRate, close, funding::MAX_AGE)
            }
            Leaf::OpenInterest => {
                let age = funding::OPEN_INTEREST_MAX_AGE;
                self.known(&frame.symbol, SeriesKind::OpenInterest, close, age)
            }
            Leaf::TakerBuy => self.within(&frame.symbol, row.open_time, close),
            Leaf::Mode(mode_field, mode) => self
                .modes
                .and_then(RollingVmd::newest)
                .filter(|newest| !newest.flat)
                .map_or(f64::NAN, |newest| modes::newest(newest, *mode_field, *mode)),
            Leaf::Joined(column) => self.joined[*column],
        }
    }
}

fn advance(frame: &mut LiveFrame, inputs: &Inputs<'_>, row: &Row) {
    let leaves: Vec<f64> = frame.leaves.iter().map(|leaf| inputs.read(leaf, frame, row)).collect();
    frame.engine.advance(1, |k, tape| tape[0] = leaves[k]);
    for (k, value) in frame.values.iter_mut().enumerate() {
        *value = frame.engine.output(k)[0];
    }
    frame.closed = Some(row.open_time + frame.interval);
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
            if let Leaf::Mode(_, mode) = leaf
                && *mode >= plan.modes.params.k
            {
                return Err(Error::Mode { mode: *mode, modes: plan.modes.params.k });
            }
        }
        let mut feeds = BTreeMap::new();
        for frame in program.foreign.iter().chain([&program.main]) {
            for symbol in frame.others().into_iter().chain([frame.symbol.clone()]) {
                let long = frame.interval != interval;
                let resampler = long.then(|| Resampler::new(interval, frame.interval));
                let feed = Feed { resampler, recent: VecDeque::new(), fresh: 0 };
                feeds.insert((symbol, frame.interval), feed);
            }
        }
        let joined = vec![f64::NAN; program.foreign.iter().map(|f| f.outputs.len()).sum()];
        Ok(Self {
            plan: plan.clone(),
            interval,
            feeds,
            series: BTreeMap::new(),
            foreign: program.foreign.into_iter().map(LiveFrame::new).collect(),
            main: LiveFrame::new(program.main),
            modes,
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
            self.take_value(value);
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
            vmd.push(bar.ohlcv[3].ln())?;
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

    /// Takes all bars and values of a panel that are later than the last tick, and returns the last row, if there is a new one.
    ///
    /// # Errors
    /// As [`FeatureStream::push`].
    pub fn catch_up(&mut self, panel: &Panel) -> Result<Option<LiveRow<'_>>> {
        let after = self.last;
        let symbols: Vec<&str> = panel.symbols();
        let clock: Vec<Timestamp> =
            panel.clock().iter().copied().filter(|t| after.is_none_or(|last| *t > last)).collect();
        let kinds = [SeriesKind::FundingRate, SeriesKind::OpenInterest, SeriesKind::TakerBuyVolume];
        let mut values: Vec<LiveValue<'_>> = Vec::new();
        for (symbol, kind) in symbols.iter().flat_map(|s| kinds.map(|kind| (*s, kind))) {
            let Some(series) = panel.series(symbol, kind) else { continue };
            let taken = after.map_or(0, |last| {
                series.known_at().partition_point(|&at| at <= last + self.interval)
            });
            for row in taken..series.len() {
                let (known_at, value) = (series.known_at()[row], series.values()[row]);
                values.push(LiveValue { symbol, kind, known_at, value });
            }
        }
        values.sort_by_key(|value| value.known_at);
        let (mut next, mut has_row) = (0, false);
        for open_time in clock {
            let close = open_time + self.interval;
            let until = next + values[next..].partition_point(|value| value.known_at <= close);
            let bars: Vec<LiveBar<'_>> = symbols
                .iter()
                .filter_map(|symbol| {
                    let bars = panel.bars(symbol)?;
                    let i = bars.position(open_time)?;
                    let ohlcv = [
                        bars.open()[i],
                        bars.high()[i],
                        bars.low()[i],
                        bars.close()[i],
                        bars.volume()[i],
                    ];
                    Some(LiveBar { symbol, ohlcv })
                })
                .collect();
            let tick = Tick { open_time, bars: &bars, values: &values[next..until] };
            has_row = self.push(&tick)?.is_some();
            next = until;
        }
        let known_at = self.main.closed;
        Ok(known_at.filter(|_| has_row).map(|known_at| LiveRow { stream: self, known_at }))
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

    fn take_value(&mut self, value: &LiveValue<'_>) {
        let values = self.series.entry((value.symbol.to_owned(), value.kind)).or_default();
        values.push_back((value.known_at, value.value));
        if values.len() > KEPT_VALUES {
            values.pop_front();
        }
    }

    /// The series that a column reads and that has no value at the newest row.
    fn absent(&self, column: &ColumnSpec, close: Timestamp) -> Option<String> {
        let home = column.home(&self.main.symbol);
        let interval = column.timeframe().unwrap_or(self.interval);
        let wanted = close.floor_to(interval);
        let no_bar = |symbol: &str| {
            let feed = self.feeds.iter().find(|((s, i), _)| s == symbol && *i == interval);
            let there = feed.is_some_and(|(_, feed)| feed.at(wanted - interval).is_some());
            (!there).then(|| format!("bar of {symbol} known at {wanted}"))
        };
        let no_value = |kind: SeriesKind, age: Interval| {
            let inputs =
                Inputs { feeds: &self.feeds, series: &self.series, modes: None, joined: &[] };
            inputs.known(home, kind, wanted, age).is_nan().then(|| format!("{kind} of {home}"))
        };
        no_bar(home).or_else(|| {
            column.indicator().inputs.iter().find_map(|input| match input {
                Input::Other | Input::Others => column.others().iter().find_map(|s| no_bar(s)),
                Input::Funding => no_value(SeriesKind::FundingRate, funding::MAX_AGE),
                Input::OpenInterest => {
                    no_value(SeriesKind::OpenInterest, funding::OPEN_INTEREST_MAX_AGE)
                }
                Input::TakerBuy => {
                    let inputs = Inputs {
                        feeds: &self.feeds,
                        series: &self.series,
                        modes: None,
                        joined: &[],
                    };
                    let bought = inputs.within(home, wanted - interval, wanted);
                    bought.is_nan().then(|| format!("taker buy volume of {home}"))
                }
                _ => None,
            })
        })
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
        Err(match self.stream.absent(spec, time) {
            Some(series) => Error::LiveAbsent { column, series, time },
            None => Error::LiveUndefined { column, warmup: spec.warmup(), time },
        })
    }
}
