//! The look-ahead audit: does any value depend on what was not known yet?
//!
//! [`run`] takes a plan, or any function from a panel to a table, and
//!
//! | check | what it does | what it catches |
//! |---|---|---|
//! | values | every column must have a value in the rows that are compared | columns that nothing was found out about |
//! | truncation | computes on the panel as of `t`: rows up to `t` must have the bits of the whole | whole-series fits, smoothers, early joins |
//! | future perturbation | changes every bar and value after `t`: rows up to `t` must not change | the same, where a cut is handled as a special case |
//! | availability | no row is known before its bar has closed, none is made for a bar that is absent; cut just before a value of each series is published, nothing changes | left stamps, rows filled into gaps, values used before they are out |
//! | streaming | a live stream, row by row, must have the bits of the batch | a second code path |
//! | sign-flip surrogate | gives every bar's return a random sign, so that nothing can be predicted: a fast learner, and each column alone, must not predict | any leak of the sign of the future, by its strength |
//! | shuffled labels | a learner fitted on shuffled labels must not beat the majority rate | a faulty evaluation |
//! | delay curve | accuracy when entry waits for 0 to 3 bars: it must not collapse from a suspicious height | features a bar late |
//!
//! [`check_selection`] and [`check_split`] hold selection and splits to their training rows, and [`canaries`] are leaks that the
//! audit must catch.

mod bitwise;
mod canary;
mod fold;
mod learned;
mod panels;
mod report;
mod subject;

use std::cell::OnceCell;

use mantis_data::{Interval, Panel};

use crate::{Error, Result};
use learned::Labelled;

pub use canary::{Canary, Caught, canaries, check_canaries};
pub use fold::{check_selection, check_split};
pub use report::{AuditReport, Check, Fault, Verdict};
pub use subject::{Live, Subject, SubjectError, Table, from_fn, from_fns};

/// How to audit.
///
/// | name | default | range | purpose |
/// |---|---|---|---|
/// | `cuts` | 6 | >= 1 | times at which the panel is cut or changed |
/// | `exact_rows` | 1,500 | >= 50 | last rows of the panel that the bit-for-bit checks compute |
/// | `learner_rows` | 6,000 | >= 500 | last rows that the checks with a learner compute |
/// | `horizon` | 1 h | a multiple of the bars' interval | from a close to the close that labels compare it with |
/// | `seed` | 42 | any | changes, signs and shuffles |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditOptions {
    /// Times at which the panel is cut or changed.
    pub cuts: usize,
    /// Rows of the bit-for-bit checks.
    pub exact_rows: usize,
    /// Rows of the checks with a learner.
    pub learner_rows: usize,
    /// From a close to the close that labels compare it with.
    pub horizon: Interval,
    /// Seed.
    pub seed: u64,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self { cuts: 6, exact_rows: 1_500, learner_rows: 6_000, horizon: Interval::HOUR, seed: 42 }
    }
}

impl AuditOptions {
    fn check(&self) -> Result<()> {
        let least = [
            ("cuts", self.cuts, 1, "at least 1"),
            ("exact_rows", self.exact_rows, 50, "at least 50"),
            ("learner_rows", self.learner_rows, 500, "at least 500"),
        ];
        for (parameter, got, least, expected) in least {
            if got < least {
                let got = got as f64;
                return Err(Error::Parameter { what: "audit", parameter, expected, got });
            }
        }
        Ok(())
    }
}

/// Audits a subject over the last rows of a panel.
///
/// `progress` is told the name of each check before it starts.
///
/// ```
/// use mantis_data::source::RandomWalk;
/// use mantis_data::{Interval, Panel, Timestamp};
/// use mantis_features::audit::{AuditOptions, Table, from_fn, run};
/// use mantis_features::FeaturePlan;
///
/// let start = Timestamp::parse("2025-01-01")?;
/// let mut panel = Panel::new(Interval::HOUR);
/// panel.add_bars("BTCUSDT", RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, 700, 1)?)?;
/// let options = AuditOptions { exact_rows: 200, learner_rows: 700, ..AuditOptions::default() };
///
/// let plan = FeaturePlan::of("BTCUSDT", &["rsi_14", "ret_1/4h", "sma_ratio_20"])?;
/// let report = run(&plan, &panel, &options, &mut |_| {})?;
/// assert!(report.passed(), "{report}");
///
/// // A column that is the next bar's return.
/// let peek = from_fn("peek", "BTCUSDT", |panel: &Panel| {
///     let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
///     let next = bars.close().windows(2).map(|pair| pair[1] / pair[0] - 1.0).chain([0.0]).collect();
///     let known_at = (0..bars.len()).map(|i| bars.known_at(i)).collect();
///     Ok(Table { known_at, names: vec!["next_return".to_owned()], columns: vec![next] })
/// });
/// let report = run(&peek, &panel, &options, &mut |_| {})?;
/// assert!(!report.passed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for an option out of range, [`Error::MissingSymbol`] without bars of the subject's symbol,
/// [`Error::AuditRows`] for a panel that is too short, [`Error::Audited`] when the subject itself fails, and
/// [`Error::AuditTable`] when its table is not one value per name and row, or has none.
pub fn run(
    subject: &dyn Subject,
    panel: &Panel,
    options: &AuditOptions,
    progress: &mut dyn FnMut(&str),
) -> Result<AuditReport> {
    options.check()?;
    let symbol = subject.symbol();
    let missing = || Error::MissingSymbol { symbol: symbol.to_owned() };
    let rows = panel.bars(symbol).ok_or_else(missing)?.len();
    let exact = panels::last_rows(panel, symbol, options.exact_rows)?;
    let long = panels::last_rows(panel, symbol, options.learner_rows)?;
    let whole = subject::table(subject, &exact)?;
    if whole.known_at.is_empty() || whole.columns.is_empty() {
        let (rows, columns) = (whole.known_at.len(), whole.columns.len());
        let reason =
            format!("it has {rows} rows and {columns} columns over {} bars", exact.clock().len());
        return Err(Error::AuditTable { subject: subject.name().to_owned(), reason });
    }
    let labelled = OnceCell::new();
    let with_labels = || -> Result<&Labelled> {
        if let Some(labelled) = labelled.get() {
            return Ok(labelled);
        }
        let table = subject::table(subject, &long)?;
        let fresh = Labelled::new(table, &long, symbol, options)?;
        Ok(labelled.get_or_init(|| fresh))
    };
    let mut checks = Vec::new();
    type Step<'a> = (&'static str, Box<dyn Fn() -> Result<Check> + 'a>);
    let steps: [Step<'_>; 8] = [
        ("values", Box::new(|| Ok(bitwise::values(&whole)))),
        ("truncation", Box::new(|| bitwise::truncation(subject, &exact, &whole, options))),
        (
            "future perturbation",
            Box::new(|| bitwise::perturbation(subject, &exact, &whole, options)),
        ),
        ("availability", Box::new(|| bitwise::availability(subject, &exact, &whole, options))),
        ("streaming", Box::new(|| bitwise::streaming(subject, &exact, &whole))),
        ("sign-flip surrogate", Box::new(|| learned::surrogate(subject, &long, options))),
        ("shuffled labels", Box::new(|| learned::shuffled(with_labels()?, options))),
        ("delay curve", Box::new(|| learned::delay(with_labels()?, options))),
    ];
    for (name, step) in steps {
        progress(name);
        checks.push(step()?);
    }
    Ok(AuditReport {
        subject: subject.name().to_owned(),
        symbol: symbol.to_owned(),
        columns: whole.names.len(),
        rows,
        left_out: subject.left_out(panel),
        checks,
    })
}

#[cfg(test)]
mod tests;
