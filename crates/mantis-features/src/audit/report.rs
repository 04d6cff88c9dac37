//! What an audit has to say.

use std::fmt;

use mantis_data::Timestamp;
use serde::Serialize;

/// Outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing was found.
    Passed,
    /// A leak was found.
    Failed,
    /// It could not be made, so that nothing is known.
    NotChecked,
}

/// One column that failed a check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The column; empty when it is the table as a whole.
    pub column: String,
    /// When the first bad row was known, where the check is one of rows.
    #[serde(serialize_with = "as_text")]
    pub first: Option<Timestamp>,
    /// How large it is: the largest change of a value relative to the column's usual size, or by how much chance was beaten. Infinite
    /// where a value or a row comes or goes; as JSON has no such number, it is the text `"infinite"` there.
    #[serde(serialize_with = "as_size")]
    pub size: f64,
    /// In words.
    pub detail: String,
}

fn as_text<S: serde::Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

fn as_size<S: serde::Serializer>(
    size: &f64,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    if size.is_finite() {
        serializer.serialize_f64(*size)
    } else {
        serializer.serialize_str("infinite")
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// Its outcome.
    pub verdict: Verdict,
    /// What was measured, or why nothing was.
    pub note: String,
    /// Every column that failed, in the order of the table.
    pub faults: Vec<Fault>,
}

impl Check {
    pub(super) fn of(name: &str, note: String, faults: Vec<Fault>) -> Self {
        let verdict = if faults.is_empty() { Verdict::Passed } else { Verdict::Failed };
        Self { name: name.to_owned(), verdict, note, faults }
    }

    pub(super) fn not_made(name: &str, why: &str) -> Self {
        let (name, note) = (name.to_owned(), why.to_owned());
        Self { name, verdict: Verdict::NotChecked, note, faults: Vec::new() }
    }
}

/// Faults of a check that the text form lists; the JSON form has all.
const LISTED: usize = 8;

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Passed => "pass",
            Verdict::Failed => "FAIL",
            Verdict::NotChecked => "----",
        };
        let not = if self.verdict == Verdict::NotChecked { "not checked: " } else { "" };
        write!(f, "  {verdict}  {:<20} {not}{}", self.name, self.note)?;
        for fault in self.faults.iter().take(LISTED) {
            let column = if fault.column.is_empty() { "the table" } else { &fault.column };
            write!(f, "\n          {column}: {}", fault.detail)?;
        }
        if self.faults.len() > LISTED {
            write!(f, "\n          and {} more columns", self.faults.len() - LISTED)?;
        }
        Ok(())
    }
}

/// All checks of one subject.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditReport {
    /// The subject's name.
    pub subject: String,
    /// The symbol whose bars its rows are.
    pub symbol: String,
    /// Columns.
    pub columns: usize,
    /// Bars of the symbol in the panel.
    pub rows: usize,
    /// Columns that the panel had no input for.
    pub left_out: Vec<String>,
    /// The checks, in their order.
    pub checks: Vec<Check>,
}

impl AuditReport {
    /// Whether no check that was made failed, that of values included; see [`AuditReport::not_checked`] for the others.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.verdict != Verdict::Failed)
    }

    /// Names of the checks that could not be made.
    #[must_use]
    pub fn not_checked(&self) -> Vec<&str> {
        let not = self.checks.iter().filter(|check| check.verdict == Verdict::NotChecked);
        not.map(|check| check.name.as_str()).collect()
    }

    /// The check of that name.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }
}

impl fmt::Display for AuditReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, symbol, columns, rows, .. } = self;
        writeln!(f, "{subject}: {columns} columns of {symbol}, {rows} bars")?;
        if let Some(first) = self.left_out.first() {
            writeln!(f, "  left out: {} columns, the first is {first}", self.left_out.len())?;
        }
        for check in &self.checks {
            writeln!(f, "{check}")?;
        }
        let failed = |check: &&Check| check.verdict == Verdict::Failed;
        let empty = self.check("values").filter(failed).map_or(0, |check| check.faults.len());
        match self.checks.iter().filter(failed).count() - usize::from(empty > 0) {
            0 if empty > 0 => write!(f, "no look-ahead found, but not all columns were audited"),
            0 => write!(f, "no look-ahead found"),
            1 => write!(f, "look-ahead: 1 check failed"),
            n => write!(f, "look-ahead: {n} checks failed"),
        }?;
        match self.not_checked()[..] {
            [] => Ok(()),
            ref names => write!(f, "; not checked: {}", names.join(", ")),
        }
    }
}
