//! What the program `audit` does.

use std::ops::ControlFlow;
use std::path::PathBuf;

use mantis_data::input::{self, most};
use mantis_data::{Interval, Panel, Timestamp, open_data_dir};
use mantis_features::FeaturePlan;
use mantis_features::audit::{self, AuditOptions, AuditReport, Caught};
use mantis_features::registry::Family;
use serde::Serialize;

use crate::{Error, Result};

/// The flags of `audit`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder with market data.
    pub data_dir: PathBuf,
    /// The plan in TOML; the default plan if there is none.
    pub plan: Option<PathBuf>,
    /// Symbol of the default plan.
    pub symbol: String,
    /// Length of the bars.
    pub interval: Interval,
    /// Only what was known then.
    pub until: Option<Timestamp>,
    /// Rows of the VMD window, where it is not the plan's.
    pub vmd_window: Option<usize>,
    /// Leave out the VMD columns.
    pub without_modes: bool,
    /// Audit the planted leaks too.
    pub canaries: bool,
    /// Take a check that could not be made for one that failed.
    pub strict: bool,
    /// How to audit.
    pub audit: AuditOptions,
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The plan's report.
    pub report: AuditReport,
    /// The planted leaks, if they were audited.
    pub canaries: Vec<Caught>,
    /// Whether a check that could not be made counts as one that failed.
    pub strict: bool,
}

impl Outcome {
    /// 0 when the plan passed and every planted leak was caught, 3 for look-ahead, 4 for a leak that was missed, and 5, if that
    /// counts, for a check that could not be made.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if !self.canaries.iter().all(|canary| canary.caught) {
            4
        } else if !self.report.passed() {
            3
        } else if self.strict && !self.report.not_checked().is_empty() {
            5
        } else {
            0
        }
    }

    /// The text that is printed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.report.to_string();
        for canary in &self.canaries {
            text += &match canary.caught {
                true => format!("\ncanary {:<22} caught by {}", canary.name, canary.by.join(", ")),
                false => {
                    let missed = canary.missed_by.join(", ");
                    format!("\ncanary {:<22} MISSED by {missed}", canary.name)
                }
            };
        }
        text
    }
}

/// Loads the data of a plan, audits it, and the planted leaks if asked for.
///
/// # Errors
/// [`Error::Read`] for a plan that cannot be read, and those of the data and features crates.
pub fn run(options: &Options, progress: &mut dyn FnMut(&str)) -> Result<Outcome> {
    let plan = plan(options)?;
    let panel = panel(options, &plan)?;
    let report = audit::run(&plan, &panel, &options.audit, progress)?;
    let canaries = if options.canaries {
        let mut tell = |name: &str| {
            progress(&format!("canary: {name}"));
            ControlFlow::Continue(())
        };
        audit::check_canaries(plan.symbol(), &panel, &options.audit, &mut tell)?
    } else {
        Vec::new()
    };
    Ok(Outcome { report, canaries, strict: options.strict })
}

fn plan(options: &Options) -> Result<FeaturePlan> {
    let mut plan = match &options.plan {
        None => FeaturePlan::default_for(&options.symbol),
        Some(path) => {
            let failed = |source| Error::Read { path: path.clone(), source };
            input::text(path, most::SETTINGS).map_err(failed)?.parse()?
        }
    };
    if let Some(window) = options.vmd_window {
        plan = plan.with_vmd_window(window);
    }
    Ok(if options.without_modes { plan.without(Family::Modes) } else { plan })
}

/// Bars and series of every symbol that the plan reads and the folder has.
fn panel(options: &Options, plan: &FeaturePlan) -> Result<Panel> {
    let data = open_data_dir(&options.data_dir)?;
    let mut symbols = vec![plan.symbol().to_owned()];
    for column in plan.columns() {
        symbols.push(column.home(plan.symbol()).to_owned());
        symbols.extend(column.others().iter().cloned());
    }
    symbols.sort_unstable();
    symbols.dedup();
    let there = symbols.iter().filter(|symbol| data.has_bars(symbol, options.interval));
    let names: Vec<&str> = there.map(String::as_str).collect();
    let panel = data.panel(options.interval, &names)?;
    Ok(match options.until {
        None => panel,
        Some(until) => panel.as_of(until),
    })
}
