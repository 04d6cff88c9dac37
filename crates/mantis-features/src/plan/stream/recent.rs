//! The last rows of a plan while its panel grows.

use std::collections::VecDeque;

use mantis_data::{Panel, Timestamp};

use super::FeatureStream;
use super::news::{KINDS, News};
use crate::Result;
use crate::frame::{FeatureFrame, LeftOut};
use crate::plan::FeaturePlan;

/// Ticks between two states that are kept.
const APART: usize = 24;

/// The last rows of a plan on a panel that grows, with the bits that [`FeaturePlan::compute`] gives them.
///
/// The first call reads the whole history, later ones only what is new. A panel that has changed in what was read already - a
/// funding rate that comes after the bar of its hour, a bar that was corrected - is read again from a state a day or two before,
/// or from its start.
///
/// ```
/// use mantis_data::source::RandomWalk;
/// use mantis_data::{Interval, Panel, Timestamp};
/// use mantis_features::plan::{ComputeOptions, FeaturePlan, RecentRows};
///
/// let start = Timestamp::parse("2025-01-01")?;
/// let bars = RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, 200, 1)?;
/// let mut panel = Panel::new(Interval::HOUR);
/// panel.add_bars("BTCUSDT", bars)?;
///
/// let plan = FeaturePlan::of("BTCUSDT", &["rsi_14", "ret_1"])?;
/// let mut recent = RecentRows::new(&plan, 3);
/// for hour in 100..200 {
///     let known = panel.as_of(start + Interval::hours(hour));
///     let last = recent.of(&known)?;
///     let whole = plan.compute(&known, &ComputeOptions::default())?;
///     assert_eq!(last.columns()[0], whole.columns()[0][whole.len() - 3..]);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecentRows {
    plan: FeaturePlan,
    rows: usize,
    read: Option<Read>,
}

/// What was read.
#[derive(Clone, Debug)]
struct Read {
    /// The columns that the panel has the series of.
    plan: FeaturePlan,
    left_out: Vec<LeftOut>,
    panel: Panel,
    now: State,
    /// Earlier states, the newest last.
    before: VecDeque<State>,
}

#[derive(Clone, Debug)]
struct State {
    stream: FeatureStream,
    rows: VecDeque<Row>,
    /// Ticks since the last state that was kept.
    ticks: usize,
}

#[derive(Clone, Debug)]
struct Row {
    known_at: Timestamp,
    values: Vec<f64>,
}

impl RecentRows {
    /// For the last `rows` rows of a plan.
    #[must_use]
    pub fn new(plan: &FeaturePlan, rows: usize) -> Self {
        Self { plan: plan.clone(), rows: rows.max(1), read: None }
    }

    /// The last rows of a panel, fewer where it has fewer.
    ///
    /// # Errors
    /// Those of [`FeaturePlan::resolve`] and [`FeatureStream::push`]; the next call then starts anew.
    pub fn of(&mut self, panel: &Panel) -> Result<FeatureFrame> {
        let (plan, left_out) = self.plan.resolve(panel)?;
        let known = self.read.take().filter(|read| read.plan == plan);
        let first = first_open(&plan, panel, self.rows);
        // Rows of before the stream's start have no modes.
        let whole = |read: &Read| first >= read.now.stream.modes_from;
        let mut read = match known.and_then(|read| read.back_to(panel)).filter(whole) {
            Some(read) => read,
            None => Read::new(plan, left_out, panel, self.rows)?,
        };
        read.catch_up(panel, self.rows)?;
        let frame = read.frame(panel);
        self.read = Some(read);
        Ok(frame)
    }
}

/// When the first of the last rows of a panel opens.
fn first_open(plan: &FeaturePlan, panel: &Panel, rows: usize) -> Timestamp {
    let open = panel.bars(plan.symbol()).map_or(&[][..], |bars| bars.open_time());
    open.get(open.len().saturating_sub(rows)).copied().unwrap_or(Timestamp::MIN)
}

impl Read {
    fn new(plan: FeaturePlan, left_out: Vec<LeftOut>, panel: &Panel, rows: usize) -> Result<Self> {
        let mut stream = FeatureStream::new(&plan, panel.interval())?;
        // Modes are wanted in the last rows alone.
        stream.modes_from = first_open(&plan, panel, rows);
        let now = State { stream, rows: VecDeque::new(), ticks: 0 };
        Ok(Self { plan, left_out, panel: panel.clone(), now, before: VecDeque::new() })
    }

    /// The same at the newest state that has taken nothing which is not so any more, if there is one.
    fn back_to(mut self, panel: &Panel) -> Option<Self> {
        let Some(changed) = self.changed(panel) else { return Some(self) };
        let holds =
            |state: &State| state.stream.last.is_some_and(|last| last + panel.interval() < changed);
        while !holds(&self.now) {
            self.now = self.before.pop_back()?;
        }
        Some(self)
    }

    /// The first close that sees a difference between what was read and a panel.
    fn changed(&self, panel: &Panel) -> Option<Timestamp> {
        let mut first: Option<Timestamp> = None;
        let mut differ = |time: Option<Timestamp>| {
            first = [first, time].into_iter().flatten().min();
        };
        for symbol in self.now.stream.symbols() {
            match (self.panel.bars(symbol), panel.bars(symbol)) {
                (Some(old), Some(new)) => {
                    let same = old.common_rows(new);
                    differ((same < old.len()).then(|| old.known_at(same)));
                    differ((same < new.len()).then(|| new.known_at(same)));
                }
                (old, new) => {
                    let bars = old.or(new).filter(|bars| !bars.is_empty());
                    differ(bars.map(|bars| bars.known_at(0)));
                }
            }
            for kind in KINDS {
                let (old, new) = (self.panel.series(symbol, kind), panel.series(symbol, kind));
                let same = old.zip(new).map_or(0, |(old, new)| old.common_rows(new));
                for series in [old, new].into_iter().flatten() {
                    differ(series.known_at().get(same).copied());
                }
            }
        }
        first
    }

    /// Takes what is new.
    fn catch_up(&mut self, panel: &Panel, rows: usize) -> Result<()> {
        let Self { now, before, .. } = self;
        News::of(&now.stream, panel).each(|tick, left| {
            // In a long history only its last states are of use.
            if now.ticks >= APART && left <= 2 * APART {
                now.ticks = 0;
                before.push_back(now.clone());
                while before.len() > 2 {
                    before.pop_front();
                }
            }
            now.ticks += 1;
            if let Some(row) = now.stream.push(tick)? {
                let row = Row { known_at: row.known_at(), values: row.values().to_vec() };
                now.rows.push_back(row);
                while now.rows.len() > rows {
                    now.rows.pop_front();
                }
            }
            Ok(())
        })?;
        self.panel = panel.clone();
        Ok(())
    }

    fn frame(&self, panel: &Panel) -> FeatureFrame {
        let rows = &self.now.rows;
        let names = self.plan.names();
        let column = |k: usize| -> Vec<f64> { rows.iter().map(|row| row.values[k]).collect() };
        let columns: Vec<Vec<f64>> = (0..names.len()).map(column).collect();
        let first = |values: &Vec<f64>| values.iter().position(|v| !v.is_nan());
        FeatureFrame {
            open_time: rows.iter().map(|row| row.known_at - panel.interval()).collect(),
            known_at: rows.iter().map(|row| row.known_at).collect(),
            warmup: columns.iter().map(|c| first(c).unwrap_or(c.len())).collect(),
            names,
            columns,
            left_out: self.left_out.clone(),
            from_row: 0,
        }
    }
}
