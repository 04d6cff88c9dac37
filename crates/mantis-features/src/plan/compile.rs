//! From columns to frames: which graph runs on whose bars, and how their values come together.

use mantis_data::Interval;

use super::FeaturePlan;
use crate::engine::{Graph, Leaf, Slot};
use crate::registry::{ColumnSpec, Input};
use crate::{Error, Result};

/// Columns that are computed on the rows of one symbol at one timeframe.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) symbol: String,
    pub(super) interval: Interval,
    pub(super) graph: Graph,
    pub(super) outputs: Vec<Slot>,
}

impl Frame {
    /// The other symbols whose bars it reads.
    pub(super) fn others(&self) -> Vec<String> {
        let mut others: Vec<String> = self
            .graph
            .leaves()
            .filter_map(|leaf| match leaf {
                Leaf::Other(symbol, _) => Some(symbol.clone()),
                _ => None,
            })
            .collect();
        others.sort_unstable();
        others.dedup();
        others
    }
}

/// All frames of a plan; the columns of `main` are those of the plan, in its order.
#[derive(Debug)]
pub(super) struct Program {
    /// Every other frame. Their outputs are the joined leaves of `main`, counted through.
    pub(super) foreign: Vec<Frame>,
    pub(super) main: Frame,
}

impl FeaturePlan {
    /// Sorts the columns into frames, for bars of `interval`.
    pub(super) fn compile(&self, interval: Interval) -> Result<Program> {
        let frame = |symbol: &str, interval: Interval| Frame {
            symbol: symbol.to_owned(),
            interval,
            graph: Graph::default(),
            outputs: Vec::new(),
        };
        let mut main = frame(&self.symbol, interval);
        let mut foreign: Vec<Frame> = Vec::new();
        // Where each foreign column's value comes from: frame and output.
        let mut places: Vec<Option<(usize, usize)>> = Vec::new();
        for column in &self.columns {
            let timeframe = self.check_timeframe(column, interval)?;
            let home = column.home(&self.symbol);
            if home == self.symbol && timeframe == interval {
                places.push(None);
                continue;
            }
            let known = foreign.iter().position(|f| f.symbol == home && f.interval == timeframe);
            let at = known.unwrap_or_else(|| {
                foreign.push(frame(home, timeframe));
                foreign.len() - 1
            });
            let slot = column.build(&mut foreign[at].graph);
            places.push(Some((at, foreign[at].outputs.len())));
            foreign[at].outputs.push(slot);
        }
        let mut first = vec![0; foreign.len()];
        for at in 1..foreign.len() {
            first[at] = first[at - 1] + foreign[at - 1].outputs.len();
        }
        for (column, place) in self.columns.iter().zip(places) {
            let slot = match place {
                None => column.build(&mut main.graph),
                Some((at, output)) => main.graph.leaf(Leaf::Joined(first[at] + output)),
            };
            main.outputs.push(slot);
        }
        Ok(Program { foreign, main })
    }

    /// The column's timeframe, if bars of `interval` can be joined to it.
    fn check_timeframe(&self, column: &ColumnSpec, interval: Interval) -> Result<Interval> {
        let timeframe = column.timeframe().unwrap_or(interval);
        let (long, short) = (timeframe.as_micros(), interval.as_micros());
        if long < short || long % short != 0 {
            return Err(Error::Timeframe { column: column.name(), timeframe, interval });
        }
        let elsewhere = timeframe != interval || column.home(&self.symbol) != self.symbol;
        if column.reads(Input::Modes) && elsewhere {
            return Err(Error::ModesElsewhere { column: column.name() });
        }
        Ok(timeframe)
    }
}
