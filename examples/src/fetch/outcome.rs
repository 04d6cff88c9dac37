//! What `fetch` tells.

use std::fmt;
use std::path::PathBuf;

use mantis_data::sync::{SyncReport, Target};
use mantis_data::{Store, Timestamp};
use serde::Serialize;

/// What one round did and what the store holds now.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// Rows that are new.
    pub added: usize,
    /// Rows that have other values now.
    pub changed: usize,
    /// Answers with rows.
    pub answers: usize,
    /// The data sets.
    pub datasets: Vec<Held>,
    /// What could not be fetched, with the reason.
    pub failures: Vec<String>,
    /// Files that were damaged and set aside.
    pub set_aside: Vec<String>,
    /// Archive files that were republished.
    pub republished: Vec<String>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// CSV files that were written.
    pub written: Vec<PathBuf>,
}

/// What the store holds of a data set.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// The data set.
    pub dataset: String,
    /// Number of rows.
    pub rows: usize,
    /// First stamp.
    pub first: Option<String>,
    /// Last stamp.
    pub last: Option<String>,
    /// Stretches of the range asked for that the source can have and that were not fetched.
    pub missing: Vec<String>,
}

impl Outcome {
    pub(super) fn new(
        store: &Store,
        targets: &[Target],
        report: SyncReport,
        notes: Vec<String>,
        now: Timestamp,
    ) -> Self {
        let mut failures: Vec<String> = report
            .failures
            .iter()
            .map(|failure| format!("{} {}: {}", failure.dataset, failure.range, failure.error))
            .collect();
        let mut datasets = Vec::new();
        for target in targets {
            match Held::of(store, target, now) {
                Ok(held) => datasets.push(held),
                // What the sync has said already is not said again.
                Err(error) => {
                    if report.failures.iter().all(|failure| failure.dataset != target.dataset) {
                        failures.push(format!("{}: {error}", target.dataset));
                    }
                }
            }
        }
        let set_aside = report.set_aside.iter();
        Self {
            added: report.added,
            changed: report.changed,
            answers: report.tasks,
            datasets,
            failures,
            set_aside: set_aside.map(|d| format!("{}: {}", d.path.display(), d.reason)).collect(),
            republished: report.republished,
            notes,
            written: Vec::new(),
        }
    }

    /// Whether everything that was asked for is there, as far as its sources have it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.datasets.iter().all(|held| held.missing.is_empty())
    }
}

impl Held {
    fn of(store: &Store, target: &Target, now: Timestamp) -> mantis_data::Result<Self> {
        let manifest = store.manifest(&target.dataset)?;
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let missing = target.lacks(store, now)?;
        Ok(Self {
            dataset: target.dataset.to_string(),
            rows: manifest.rows(),
            first: text(manifest.first()),
            last: text(manifest.last()),
            missing: missing.ranges().iter().map(ToString::to_string).collect(),
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More failures than these say nothing new.
        const SHOWN: usize = 10;
        writeln!(
            f,
            "{} new rows, {} changed, from {} answers",
            self.added, self.changed, self.answers
        )?;
        for held in &self.datasets {
            match (&held.first, &held.last) {
                (Some(first), Some(last)) => {
                    let Held { dataset, rows, .. } = held;
                    write!(f, "  {dataset:<32} {rows:>8} rows  {first} to {last}")?;
                }
                _ => write!(f, "  {:<32} nothing", held.dataset)?,
            }
            match held.missing.len() {
                0 => writeln!(f)?,
                1 => writeln!(f, "  (missing: {})", held.missing[0])?,
                n => writeln!(f, "  (missing: {n} stretches, first {})", held.missing[0])?,
            }
        }
        for path in &self.written {
            writeln!(f, "  wrote {}", path.display())?;
        }
        for (what, lines) in [
            ("set aside", &self.set_aside),
            ("republished", &self.republished),
            ("note", &self.notes),
            ("failed", &self.failures),
        ] {
            for line in lines.iter().take(SHOWN) {
                writeln!(f, "{what}: {line}")?;
            }
            if lines.len() > SHOWN {
                writeln!(f, "{what}: and {} more", lines.len() - SHOWN)?;
            }
        }
        if !self.is_complete() {
            writeln!(f, "run fetch again to get what is missing; what is stored stays")?;
        }
        Ok(())
    }
}
