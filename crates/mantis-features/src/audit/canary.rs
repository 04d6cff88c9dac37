//! Leaks that the audit must catch.

use std::ops::ControlFlow;

use mantis_data::{Bars, Interval, Panel};
use mantis_vmd::{Vmd, VmdParams};
use serde::Serialize;

use super::fold::check_selection;
use super::report::Verdict;
use super::subject::{Subject, SubjectError, Table, from_fn};
use super::{AuditOptions, run};
use crate::learn::dot;
use crate::split::{Split, SplitDates};
use crate::{Error, Result, label, similarity};

/// A planted leak.
pub struct Canary {
    /// What leaks.
    pub name: &'static str,
    /// The leaking table.
    pub subject: Box<dyn Subject>,
    /// Checks that must fail.
    pub caught_by: &'static [&'static str],
}

impl std::fmt::Debug for Canary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canary").field("name", &self.name).field("by", &self.caught_by).finish()
    }
}

/// Name of the leak that is no table.
const SELECTION: &str = "selection on all data";

/// Whether a canary was caught.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caught {
    /// The canary.
    pub name: String,
    /// Whether every check that must catch it did.
    pub caught: bool,
    /// Checks that failed, as they must.
    pub by: Vec<String>,
    /// Checks that should have failed and did not.
    pub missed_by: Vec<String>,
}

fn of_bars(
    name: &'static str,
    symbol: &str,
    column: impl Fn(&Bars) -> std::result::Result<Vec<f64>, SubjectError> + 'static,
) -> Box<dyn Subject> {
    let main = symbol.to_owned();
    Box::new(from_fn(name, symbol, move |panel: &Panel| {
        let bars = panel.bars(&main).ok_or("no bars of the symbol")?;
        let known_at = (0..bars.len()).map(|i| bars.known_at(i)).collect();
        Ok(Table { known_at, names: vec![name.to_owned()], columns: vec![column(bars)?] })
    }))
}

fn log_returns(bars: &Bars) -> Vec<f64> {
    let close = bars.close();
    (0..close.len()).map(|i| if i == 0 { 0.0 } else { (close[i] / close[i - 1]).ln() }).collect()
}

/// Slope of the slow part of a decomposition of the whole series: the two modes above the trend.
fn whole_series_vmd(bars: &Bars) -> std::result::Result<Vec<f64>, SubjectError> {
    let log: Vec<f64> = bars.close().iter().map(|x| x.ln()).collect();
    let even = log.len() - log.len() % 2;
    let params = VmdParams { k: 8, max_sweeps: 60, ..VmdParams::default() };
    let modes = Vmd::new(&params, even)?.decompose(&log[..even])?;
    let mut out = vec![0.0; log.len()];
    for m in 0..params.k {
        let mode = modes.mode(m);
        for i in 1..even {
            // What the modes will do next: their slope at the row, which a filter of both sides knows.
            out[i] += mode[(i + 1).min(even - 1)] - mode[i - 1];
        }
    }
    Ok(out)
}

/// A centred mean of five log returns.
fn centred(bars: &Bars) -> Vec<f64> {
    let r = log_returns(bars);
    let mean = |i: usize| {
        let window = &r[i.saturating_sub(2)..(i + 3).min(r.len())];
        window.iter().sum::<f64>() / window.len() as f64
    };
    (0..r.len()).map(mean).collect()
}

/// Return of the four-hour bar, given to the rows from its open on.
fn left_stamped(bars: &Bars) -> Vec<f64> {
    const LONG: Interval = Interval::hours(4);
    let of_row: Vec<_> = bars.open_time().iter().map(|t| t.floor_to(LONG)).collect();
    let mut out = vec![0.0; bars.len()];
    let mut start = 0;
    for group in of_row.chunk_by(|a, b| a == b) {
        let end = start + group.len();
        out[start..end].fill(bars.close()[end - 1] / bars.open()[start] - 1.0);
        start = end;
    }
    out
}

/// The log return of the next bar.
fn next_return(bars: &Bars) -> Vec<f64> {
    let mut r = log_returns(bars);
    r.rotate_left(1);
    if let Some(last) = r.last_mut() {
        *last = 0.0;
    }
    r
}

/// RSI-like balance of the last five returns, a bar late: the value of the row after.
fn one_bar_late(bars: &Bars) -> Vec<f64> {
    let r = log_returns(bars);
    let balance = |i: usize| {
        let window = &r[(i + 1).saturating_sub(5)..=i];
        let size: f64 = window.iter().map(|v| v.abs()).sum();
        if size > 0.0 { window.iter().sum::<f64>() / size } else { 0.0 }
    };
    (0..r.len()).map(|i| balance((i + 1).min(r.len() - 1))).collect()
}

/// The planted leaks, on the bars of a symbol. The last one, a selection on all data, is checked by [`check_canaries`].
#[must_use]
pub fn canaries(symbol: &str) -> Vec<Canary> {
    const EXACT: &[&str] = &["truncation", "future perturbation", "sign-flip surrogate"];
    const LATE: &[&str] =
        &["truncation", "future perturbation", "sign-flip surrogate", "delay curve"];
    let canary = |name: &'static str, caught_by, subject| Canary { name, subject, caught_by };
    vec![
        canary("whole-series VMD", EXACT, of_bars("whole_series_vmd", symbol, whole_series_vmd)),
        canary("centred smoother", EXACT, of_bars("centred_mean", symbol, |b| Ok(centred(b)))),
        canary(
            "left-stamped 4 h bar",
            EXACT,
            of_bars("left_stamped_4h", symbol, |b| Ok(left_stamped(b))),
        ),
        canary("one bar late", LATE, of_bars("one_bar_late", symbol, |b| Ok(one_bar_late(b)))),
        canary("next return", LATE, of_bars("next_return", symbol, |b| Ok(next_return(b)))),
    ]
}

/// Audits every canary, and a selection of noise columns on all data, over a panel. All must be caught.
///
/// # Errors
/// As [`run`].
pub fn check_canaries(
    symbol: &str,
    panel: &Panel,
    options: &AuditOptions,
    progress: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<Vec<Caught>> {
    let mut all = Vec::new();
    let planted = canaries(symbol);
    let total = planted.len() + 1;
    let mut tell = |name: &str, done: usize| match progress(name) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Stopped { done, total }),
    };
    for Canary { name, subject, caught_by } in planted {
        tell(name, all.len())?;
        let report = run(subject.as_ref(), panel, options, &mut |_| {})?;
        let failed = |check: &&&str| {
            report.check(check).is_some_and(|check| check.verdict == Verdict::Failed)
        };
        let by: Vec<String> = caught_by.iter().filter(failed).map(ToString::to_string).collect();
        let missed_by: Vec<String> =
            caught_by.iter().map(ToString::to_string).filter(|c| !by.contains(c)).collect();
        all.push(Caught { name: name.to_owned(), caught: missed_by.is_empty(), by, missed_by });
    }
    tell(SELECTION, all.len())?;
    all.push(selection_on_all_data(symbol, panel, options)?);
    Ok(all)
}

/// Noise columns chosen by their correlation with the labels of all rows.
fn selection_on_all_data(symbol: &str, panel: &Panel, options: &AuditOptions) -> Result<Caught> {
    const COLUMNS: usize = 300;
    const CHOSEN: usize = 10;
    let missing = || Error::MissingSymbol { symbol: symbol.to_owned() };
    let bars = panel.bars(symbol).ok_or_else(missing)?;
    let bars = bars.between(
        bars.open_time()[bars.len().saturating_sub(options.exact_rows)],
        mantis_data::Timestamp::MAX,
    );
    let labels = label::direction(&bars, options.horizon)?;
    let known_at: Vec<_> = (0..bars.len()).map(|i| bars.known_at(i)).collect();
    let (middle, end) = (known_at[bars.len() / 2], known_at[bars.len() - 1] + options.horizon);
    let dates = SplitDates { train_end: middle, validation_end: middle, test_end: end };
    let horizon = known_at.iter().zip(&labels.resolves_at).map(|(&k, &r)| r - k).max();
    let embargo = horizon.unwrap_or(options.horizon).max(options.horizon);
    let split = Split::by_dates(&known_at, &labels.resolves_at, dates, embargo)?;
    let names: Vec<String> = (0..COLUMNS).map(|j| format!("noise_{j}")).collect();
    // Waves of unlike length stand for noise: no row of them knows of any other.
    let wave = |j: usize| -> Vec<f64> {
        let step = 0.5 + (j as f64 * 0.618_033_988_75).fract() * 2.0;
        (0..bars.len()).map(|t| (t as f64 * step + j as f64).sin()).collect()
    };
    let columns: Vec<Vec<f64>> = (0..COLUMNS).map(wave).collect();
    let check =
        check_selection(&names, &columns, &labels.up, &split, options.seed, |columns, up| {
            let score = |column: &Vec<f64>| {
                let label: Vec<f64> =
                    up.iter().map(|up| up.map_or(0.0, |up| if up { 1.0 } else { -1.0 })).collect();
                similarity::unit(column).map_or(0.0, |unit| dot(&unit, &label).abs())
            };
            let scores: Vec<f64> = columns.iter().map(score).collect();
            let mut order: Vec<usize> = (0..columns.len()).collect();
            order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
            Ok::<_, Error>(order[..CHOSEN].iter().map(|&j| names[j].clone()).collect())
        })?;
    let caught = check.verdict == Verdict::Failed;
    let lists = |there: bool| if there { vec![check.name.clone()] } else { Vec::new() };
    let name = SELECTION.to_owned();
    Ok(Caught { name, caught, by: lists(caught), missed_by: lists(!caught) })
}
