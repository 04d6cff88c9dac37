//! Bars and frames as they close.

use std::collections::{BTreeMap, VecDeque};

use mantis_data::{Interval, SeriesKind, Timestamp};
use mantis_vmd::RollingVmd;

use super::series::LiveSeries;
use crate::engine::{BarField, Engine, Leaf};
use crate::indicators::{funding, modes};
use crate::plan::compile::Frame;
use crate::plan::resample::{Resampler, Row};

/// Closed bars of one feed kept for the rows of others.
const KEPT_BARS: usize = 2;

/// Bars of one symbol at one timeframe as they close.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    resampler: Option<Resampler>,
    pub(super) recent: VecDeque<Row>,
    /// How many of the recent bars closed with this tick.
    pub(super) fresh: usize,
}

impl Feed {
    pub(super) fn new(resampler: Option<Resampler>) -> Self {
        Self { resampler, recent: VecDeque::new(), fresh: 0 }
    }

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
    pub(super) fn tick(&mut self, open: Timestamp, close: Timestamp, bar: Option<Row>) {
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

    pub(super) fn at(&self, open_time: Timestamp) -> Option<&Row> {
        self.recent.iter().rev().find(|bar| bar.open_time == open_time)
    }
}

/// A frame with its state.
#[derive(Clone, Debug)]
pub(super) struct LiveFrame {
    pub(super) symbol: String,
    pub(super) interval: Interval,
    leaves: Vec<Leaf>,
    engine: Engine,
    /// Close of the last row.
    pub(super) closed: Option<Timestamp>,
    pub(super) values: Vec<f64>,
}

impl LiveFrame {
    pub(super) fn new(frame: Frame) -> Self {
        let Frame { symbol, interval, graph, outputs } = frame;
        let values = vec![f64::NAN; outputs.len()];
        let engine = graph.engine(&outputs, 8);
        let leaves = engine.leaves().cloned().collect();
        Self { symbol, interval, leaves, engine, closed: None, values }
    }
}

/// What the leaves of a row are read from.
pub(super) struct Inputs<'a> {
    pub(super) feeds: &'a BTreeMap<(String, Interval), Feed>,
    pub(super) series: &'a LiveSeries,
    pub(super) modes: Option<&'a RollingVmd>,
    pub(super) joined: &'a [f64],
}

impl Inputs<'_> {
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
                let age = funding::MAX_AGE;
                self.series.known(&frame.symbol, SeriesKind::FundingRate, close, age)
            }
            Leaf::OpenInterest => {
                let age = funding::OPEN_INTEREST_MAX_AGE;
                self.series.known(&frame.symbol, SeriesKind::OpenInterest, close, age)
            }
            Leaf::TakerBuy => {
                let kind = SeriesKind::TakerBuyVolume;
                self.series.within(&frame.symbol, kind, row.open_time, close)
            }
            Leaf::Mode(mode_field, mode) => self
                .modes
                .and_then(RollingVmd::newest)
                .filter(|newest| !newest.flat)
                .map_or(f64::NAN, |newest| modes::newest(newest, *mode_field, *mode)),
            Leaf::Joined(column) => self.joined[*column],
        }
    }
}

pub(super) fn advance(frame: &mut LiveFrame, inputs: &Inputs<'_>, row: &Row) {
    let leaves: Vec<f64> = frame.leaves.iter().map(|leaf| inputs.read(leaf, frame, row)).collect();
    frame.engine.advance(1, |k, tape| tape[0] = leaves[k]);
    for (k, value) in frame.values.iter_mut().enumerate() {
        *value = frame.engine.output(k)[0];
    }
    frame.closed = Some(row.open_time + frame.interval);
}
