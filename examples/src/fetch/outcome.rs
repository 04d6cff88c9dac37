//! What `fetch` tells.

use std::fmt;
use std::path::PathBuf;

use mantis_data::sync::{SyncReport, Target};
use mantis_data::{Interval, Store, Timestamp};
use serde::Serialize;

use crate::Result;

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
    /// Stretches of the range asked for that were not fetched.
    pub missing: Vec<String>,
}

impl Outcome {
    pub(super) fn new(
        store: &Store,
        targets: &[Target],
        report: SyncReport,
        notes: Vec<String>,
    ) -> Result<Self> {
        let mut datasets = Vec::new();
        for target in targets {
            let manifest = store.manifest(&target.dataset)?;
            let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
            // The running bar is missing to nobody.
            let missing = manifest.missing(target.range);
            let long = missing.ranges().iter().filter(|range| range.length() > Interval::HOUR);
            datasets.push(Held {
                dataset: target.dataset.to_string(),
                rows: manifest.rows(),
                first: text(manifest.first()),
                last: text(manifest.last()),
                missing: long.map(ToString::to_string).collect(),
            });
        }
        let failures = report.failures.iter();
        Ok(Self {
            added: report.added,
            changed: report.changed,
            answers: report.tasks,
            datasets,
            failures: failures.map(|f| format!("{} {}: {}", f.dataset, f.range, f.error)).collect(),
            set_aside: report
                .set_aside
                .iter()
                .map(|damage| format!("{}: {}", damage.path.display(), damage.reason))
                .collect(),
            republished: report.republished,
            notes,
            written: Vec::new(),
        })
    }

    /// Whether everything that was asked for was fetched.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
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
            let (Some(first), Some(last)) = (&held.first, &held.last) else {
                writeln!(f, "  {:<32} nothing", held.dataset)?;
                continue;
            };
            write!(f, "  {:<32} {:>8} rows  {first} to {last}", held.dataset, held.rows)?;
            match held.missing.len() {
                0 => writeln!(f)?,
                n => writeln!(f, "  ({n} stretches not fetched, first {})", held.missing[0])?,
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
            writeln!(f, "run the same command again to fetch what failed; what is stored stays")?;
        }
        Ok(())
    }
}
