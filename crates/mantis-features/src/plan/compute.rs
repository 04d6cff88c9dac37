//! From panel to frame.

use std::cell::RefCell;
use std::fmt;
use std::ops::ControlFlow;

use mantis_data::{Bars, Interval, Panel, SeriesKind};
use rayon::prelude::*;

use super::FeaturePlan;
use crate::frame::FeatureFrame;
use crate::indicators::funding::{self, known_at_close};
use crate::indicators::modes::ModeColumns;
use crate::indicators::{Source, map};
use crate::registry::{ColumnSpec, Family, Input};
use crate::{Error, Result};

/// Oldest open interest that still counts; it is published every few minutes.
const OPEN_INTEREST_MAX_AGE: Interval = Interval::hours(2);

/// Told (done, total) steps of the expensive columns; returning `Break` stops the computation.
pub type Progress<'a> = RefCell<&'a mut dyn FnMut(usize, usize) -> ControlFlow<()>>;

/// How to compute a plan; none of it changes a number.
///
/// | name | default | range | purpose |
/// |---|---|---|---|
/// | `threads` | 1 | any, 0 = one per core | threads for columns and decompositions |
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

impl FeaturePlan {
    /// Computes every column whose inputs the panel has; the others are listed in
    /// [`FeatureFrame::left_out`].
    ///
    /// The value at a row depends on the panel's history up to the row's close and on nothing later, and is the same bits
    /// for any number of threads, any `from_row` that covers it and any sub-plan that holds the column. Recursive indicators
    /// (EMA, RSI, OBV, ...) start at the panel's first bar, so their values depend on where the history starts.
    ///
    /// # Errors
    /// [`Error::MissingSymbol`] without bars of the main symbol, [`Error::Vmd`] for settings that the decomposition refuses,
    /// [`Error::Mode`] for a mode that it does not have, [`Error::Stopped`] when the progress closure asks for it.
    pub fn compute(&self, panel: &Panel, options: &ComputeOptions<'_>) -> Result<FeatureFrame> {
        let (plan, left_out) = self.resolve(panel)?;
        let missing = || Error::MissingSymbol { symbol: plan.symbol.clone() };
        let bars = panel.bars(&plan.symbol).ok_or_else(missing)?;
        let source = plan.source(panel, bars, options)?;
        let columns = plan.compute_columns(&source, options.threads)?;
        let warmup = plan.columns.iter().zip(&columns).map(|(c, x)| plan.warmup(c, x)).collect();
        Ok(FeatureFrame {
            open_time: bars.open_time().to_vec(),
            known_at: (0..bars.len()).map(|i| bars.known_at(i)).collect(),
            names: plan.names(),
            columns,
            warmup,
            left_out,
            from_row: options.from_row,
        })
    }

    /// Gathers what the columns read.
    fn source<'a>(
        &self,
        panel: &Panel,
        bars: &'a Bars,
        options: &ComputeOptions<'_>,
    ) -> Result<Source<'a>> {
        let mut source = Source::from_bars(bars)?;
        let mut others: Vec<&str> = self.columns.iter().filter_map(ColumnSpec::other).collect();
        others.sort_unstable();
        others.dedup();
        for (symbol, bars) in others.iter().filter_map(|s| Some((s, panel.bars(s)?))) {
            source.add_other(symbol, bars);
        }
        let closes: Vec<_> = (0..bars.len()).map(|i| bars.known_at(i)).collect();
        if let Some(rate) = panel.series(&self.symbol, SeriesKind::FundingRate) {
            source.set_funding(known_at_close(rate, &closes, funding::MAX_AGE))?;
        }
        if let Some(interest) = panel.series(&self.symbol, SeriesKind::OpenInterest) {
            source.set_open_interest(known_at_close(interest, &closes, OPEN_INTEREST_MAX_AGE))?;
        }
        if self.columns.iter().any(|c| c.indicator().family == Family::Modes) {
            source.set_modes(self.mode_columns(bars, options)?)?;
        }
        Ok(source)
    }

    /// One rolling decomposition for all mode columns.
    fn mode_columns(&self, bars: &Bars, options: &ComputeOptions<'_>) -> Result<ModeColumns> {
        let (window, params) = (self.modes.window, &self.modes.params);
        let log_close = map(bars.close(), f64::ln);
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

    fn compute_columns(&self, source: &Source<'_>, threads: usize) -> Result<Vec<Vec<f64>>> {
        if threads == 1 {
            return self.columns.iter().map(|c| c.compute(source)).collect();
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|e| Error::Threads { threads, reason: e.to_string() })?;
        let columns: Vec<Result<Vec<f64>>> =
            pool.install(|| self.columns.par_iter().map(|c| c.compute(source)).collect());
        columns.into_iter().collect()
    }

    /// First row with a value: as declared for what comes from the symbol's own bars, as observed for what starts with
    /// another series.
    fn warmup(&self, spec: &ColumnSpec, values: &[f64]) -> usize {
        let borrowed = [Input::Other, Input::Funding, Input::OpenInterest];
        let indicator = spec.indicator();
        if indicator.inputs.iter().any(|i| borrowed.contains(i)) {
            return values.iter().position(|v| !v.is_nan()).unwrap_or(values.len());
        }
        let window = if indicator.family == Family::Modes { self.modes.window - 1 } else { 0 };
        (spec.warmup() + window).min(values.len())
    }
}
