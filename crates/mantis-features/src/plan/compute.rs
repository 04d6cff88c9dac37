//! From panel to frame.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::ops::ControlFlow;

use mantis_data::{Bars, Interval, Panel, SeriesKind, Timestamp};

use super::FeaturePlan;
use super::compile::Frame;
use super::resample::{Resampler, Row};
use crate::engine::{BarField, Leaf};
use crate::frame::FeatureFrame;
use crate::indicators::Source;
use crate::indicators::funding::{self, known_at_close, within_bars};
use crate::indicators::modes::ModeColumns;
use crate::registry::{ColumnSpec, Columns, Input};
use crate::{Error, Result};

/// Told (done, total) steps of the expensive columns; returning `Break` stops the computation.
pub type Progress<'a> = RefCell<&'a mut dyn FnMut(usize, usize) -> ControlFlow<()>>;

/// How to compute a plan; none of it changes a number.
///
/// | name | default | range | purpose |
/// |---|---|---|---|
/// | `threads` | 1 | any, 0 = one per core | threads for decompositions and columns |
/// | `from_row` | 0 | any | rows before it may be left NaN by expensive (VMD) columns |
/// | `progress` | none | | called on the calling thread while the VMD columns are made |
pub struct ComputeOptions<'a> {
    /// Threads.
    pub threads: usize,
    /// First row that is needed.
    pub from_row: usize,
    /// Progress and stop.
    pub progress: Option<Progress<'a>>,
}

impl Default for ComputeOptions<'_> {
    fn default() -> Self {
        Self { threads: 1, from_row: 0, progress: None }
    }
}

impl fmt::Debug for ComputeOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComputeOptions")
            .field("threads", &self.threads)
            .field("from_row", &self.from_row)
            .field("progress", &self.progress.is_some())
            .finish()
    }
}

impl<'a> ComputeOptions<'a> {
    /// The same options with that many threads.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// The same options from that row on.
    #[must_use]
    pub fn with_from_row(self, from_row: usize) -> Self {
        Self { from_row, ..self }
    }

    /// The same options with a closure that is told (done, total) and may stop.
    #[must_use]
    pub fn with_progress(
        self,
        progress: &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Self {
        Self { progress: Some(RefCell::new(progress)), ..self }
    }

    fn report(&self, done: usize, total: usize) -> ControlFlow<()> {
        match &self.progress {
            Some(progress) => (progress.borrow_mut())(done, total),
            None => ControlFlow::Continue(()),
        }
    }
}

/// Bars of one symbol at one timeframe: those of the panel, or joined from them.
#[derive(Debug)]
struct FrameBars<'a> {
    interval: Interval,
    open_time: Cow<'a, [Timestamp]>,
    ohlcv: [Cow<'a, [f64]>; 5],
}

impl<'a> FrameBars<'a> {
    /// What is known at `until`.
    fn new(bars: &'a Bars, interval: Interval, until: Timestamp) -> Self {
        let columns = [bars.open(), bars.high(), bars.low(), bars.close(), bars.volume()];
        if interval == bars.interval() {
            let open_time = Cow::Borrowed(bars.open_time());
            return Self { interval, open_time, ohlcv: columns.map(Cow::Borrowed) };
        }
        let mut resampler = Resampler::new(bars.interval(), interval);
        let mut rows: Vec<Row> = Vec::new();
        for (i, &open_time) in bars.open_time().iter().enumerate() {
            rows.extend(resampler.close_until(open_time));
            rows.extend(resampler.push(Row { open_time, ohlcv: columns.map(|c| c[i]) }));
        }
        rows.extend(resampler.close_until(until));
        let column = |k: usize| Cow::Owned(rows.iter().map(|row| row.ohlcv[k]).collect());
        Self {
            interval,
            open_time: rows.iter().map(|row| row.open_time).collect(),
            ohlcv: std::array::from_fn(column),
        }
    }

    fn column(&self, field: BarField) -> &[f64] {
        let at = BarField::ALL.iter().position(|f| *f == field).unwrap_or(0);
        &self.ohlcv[at]
    }

    fn values(&self) -> [&[f64]; 5] {
        std::array::from_fn(|k| self.ohlcv[k].as_ref())
    }

    fn closes(&self) -> Vec<Timestamp> {
        self.open_time.iter().map(|&open| open + self.interval).collect()
    }
}

/// For each of the rising times the row of the bar that closed last on the grid of `interval`, if it is there.
fn closed_rows(
    closes: &[Timestamp],
    times: &[Timestamp],
    interval: Interval,
) -> Vec<Option<usize>> {
    let mut next = 0;
    times
        .iter()
        .map(|time| {
            let wanted = time.floor_to(interval);
            while closes.get(next).is_some_and(|&close| close < wanted) {
                next += 1;
            }
            (closes.get(next) == Some(&wanted)).then_some(next)
        })
        .collect()
}

impl FeaturePlan {
    /// Computes every column whose inputs the panel has; the others are listed in
    /// [`FeatureFrame::left_out`].
    ///
    /// The value at a row depends on the panel's history up to the row's close and on nothing later, and is the same bits
    /// for any number of threads, any `from_row` that covers it and any sub-plan that holds the column. Recursive indicators
    /// (EMA, RSI, OBV, ...) start at the panel's first bar, so their values depend on where the history starts.
    ///
    /// # Errors
    /// [`Error::MissingSymbol`] without bars of the main symbol, [`Error::Timeframe`] and [`Error::ModesElsewhere`] for a
    /// column that the panel's bars do not allow, [`Error::Vmd`] for settings that the decomposition refuses,
    /// [`Error::Mode`] for a mode that it does not have, [`Error::Stopped`] when the progress closure asks for it.
    pub fn compute(&self, panel: &Panel, options: &ComputeOptions<'_>) -> Result<FeatureFrame> {
        let (plan, left_out) = self.resolve(panel)?;
        let bars = panel.bars(&plan.symbol).ok_or_else(|| plan.missing_symbol())?;
        let program = plan.compile(bars.interval())?;
        let known_at: Vec<Timestamp> = (0..bars.len()).map(|i| bars.known_at(i)).collect();
        let until = known_at.last().copied().unwrap_or(Timestamp::MIN);
        let mut joined = Vec::new();
        for frame in program.foreign {
            let frame_bars = plan.frame_bars(&frame.symbol, frame.interval, panel, until)?;
            let rows = closed_rows(&frame_bars.closes(), &known_at, frame.interval);
            let columns =
                plan.run(frame, &frame_bars, (panel, until), options.threads, &mut |_| Ok(()))?;
            joined.extend(columns.iter().map(|x| -> Vec<f64> {
                rows.iter().map(|row| row.map_or(f64::NAN, |row| x[row])).collect()
            }));
        }
        let own = FrameBars::new(bars, bars.interval(), until);
        let columns =
            plan.run(program.main, &own, (panel, until), options.threads, &mut |source| {
                source.set_joined(std::mem::take(&mut joined));
                if plan.columns.iter().any(|c| c.reads(Input::Modes)) {
                    source.set_modes(plan.mode_columns(bars, options)?)?;
                }
                Ok(())
            })?;
        let warmup = plan
            .columns
            .iter()
            .zip(&columns)
            .map(|(column, values)| plan.warmup(column, values))
            .collect();
        Ok(FeatureFrame {
            open_time: bars.open_time().to_vec(),
            known_at,
            names: plan.names(),
            columns,
            warmup,
            left_out,
            from_row: options.from_row,
        })
    }

    pub(super) fn missing_symbol(&self) -> Error {
        Error::MissingSymbol { symbol: self.symbol.clone() }
    }

    fn frame_bars<'a>(
        &self,
        symbol: &str,
        interval: Interval,
        panel: &'a Panel,
        until: Timestamp,
    ) -> Result<FrameBars<'a>> {
        let missing = || Error::MissingInput { input: format!("bars of {symbol:?}") };
        Ok(FrameBars::new(panel.bars(symbol).ok_or_else(missing)?, interval, until))
    }

    /// Gathers what the columns of a frame read, and computes them.
    fn run(
        &self,
        frame: Frame,
        bars: &FrameBars<'_>,
        (panel, until): (&Panel, Timestamp),
        threads: usize,
        complete: &mut dyn FnMut(&mut Source<'_>) -> Result<()>,
    ) -> Result<Vec<Vec<f64>>> {
        let mut source = Source::new(&bars.open_time, bars.values())?;
        let closes = bars.closes();
        for leaf in frame.graph.leaves() {
            match leaf {
                Leaf::Other(symbol, field) => {
                    let other = self.frame_bars(symbol, frame.interval, panel, until)?;
                    source.align_other((symbol, *field), &other.open_time, other.column(*field));
                }
                Leaf::Funding => {
                    if let Some(rate) = panel.series(&frame.symbol, SeriesKind::FundingRate) {
                        source.set_funding(known_at_close(rate, &closes, funding::MAX_AGE))?;
                    }
                }
                Leaf::OpenInterest => {
                    if let Some(interest) = panel.series(&frame.symbol, SeriesKind::OpenInterest) {
                        let age = funding::OPEN_INTEREST_MAX_AGE;
                        source.set_open_interest(known_at_close(interest, &closes, age))?;
                    }
                }
                Leaf::TakerBuy => {
                    if let Some(taker) = panel.series(&frame.symbol, SeriesKind::TakerBuyVolume) {
                        let bought = within_bars(taker, &bars.open_time, bars.interval);
                        source.set_taker_buy(bought)?;
                    }
                }
                _ => {}
            }
        }
        complete(&mut source)?;
        Columns::of_graph(&frame.graph, &frame.outputs, threads).compute(&source)
    }

    /// One rolling decomposition for all mode columns.
    fn mode_columns(&self, bars: &Bars, options: &ComputeOptions<'_>) -> Result<ModeColumns> {
        let (window, params) = (self.modes.window, &self.modes.params);
        let log_close: Vec<f64> = bars.close().iter().map(|x| x.ln()).collect();
        let first = window.saturating_sub(1).max(options.from_row).min(bars.len());
        let modes = mantis_vmd::rolling_many(
            params,
            window,
            &log_close,
            first..bars.len(),
            options.threads,
            &mut |done, total| options.report(done, total),
        );
        match modes {
            Ok(modes) => Ok(ModeColumns::new(&modes, bars.len())),
            Err(mantis_vmd::Error::Stopped { done, total }) => Err(Error::Stopped { done, total }),
            Err(error) => Err(error.into()),
        }
    }

    /// First row with a value: as declared for what comes from the symbol's own bars, as observed for what starts with
    /// another series or counts other bars.
    fn warmup(&self, spec: &ColumnSpec, values: &[f64]) -> usize {
        let borrowed =
            [Input::Other, Input::Others, Input::Funding, Input::OpenInterest, Input::TakerBuy];
        let foreign = spec.timeframe().is_some() || spec.home(&self.symbol) != self.symbol;
        if foreign || borrowed.iter().any(|&input| spec.reads(input)) {
            return values.iter().position(|v| !v.is_nan()).unwrap_or(values.len());
        }
        let window = if spec.reads(Input::Modes) { self.modes.window - 1 } else { 0 };
        (spec.warmup() + window).min(values.len())
    }
}
