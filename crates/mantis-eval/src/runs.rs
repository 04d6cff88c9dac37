//! Records of runs: what was tried, on which data, with which code, and what came out.

#[cfg(test)]
mod tests;

use crate::report::Table;
use crate::statistics::{SharpeEvidence, deflated_sharpe};
use crate::{Error, Result};
use mantis_data::Timestamp;
use mantis_data::input::{self, most};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// One run. Failed and disappointing runs count as trials like all others.
///
/// ```
/// use mantis_data::Timestamp;
/// use mantis_eval::runs::{RunRecord, RunSpan};
/// use std::collections::BTreeMap;
///
/// let (from, to) = (Timestamp::parse("2024-01-01")?, Timestamp::parse("2025-01-01")?);
/// let record = RunRecord {
///     time: to,
///     experiment: "btc-1h".to_owned(),
///     config: serde_json::json!({"c": 0.003}),
///     data: "f2a1".to_owned(),
///     code: "0.1.0".to_owned(),
///     seed: 42,
///     span: RunSpan { from, to },
///     sealed: false,
///     metrics: BTreeMap::from([("auc".to_owned(), 0.53)]),
/// };
/// assert_eq!(record.metrics["auc"], 0.53);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// When it ended.
    pub time: Timestamp,
    /// Runs of one experiment are trials for the same purpose.
    pub experiment: String,
    /// Everything that was set.
    pub config: Value,
    /// Fingerprint of the data.
    pub data: String,
    /// Fingerprint or version of the code.
    pub code: String,
    /// Seed.
    pub seed: u64,
    /// What was judged.
    pub span: RunSpan,
    /// Whether a sealed span was opened for it.
    #[serde(default)]
    pub sealed: bool,
    /// Measures by name.
    pub metrics: BTreeMap<String, f64>,
}

/// From the first judged row (included) to the last (excluded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSpan {
    /// Start.
    pub from: Timestamp,
    /// End, not included.
    pub to: Timestamp,
}

impl RunSpan {
    /// A span without rows would overlap nothing, and so pass every seal.
    fn check(&self) -> Result<()> {
        if self.from < self.to {
            return Ok(());
        }
        let hours = (self.to - self.from).as_hours_f64();
        let (what, parameter) = ("run record", "span (hours)");
        Err(Error::Parameter { what, parameter, expected: "positive: from before to", got: hours })
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    Run(RunRecord),
    /// The span is kept back for one look.
    Seal {
        time: Timestamp,
        experiment: String,
        span: RunSpan,
    },
    /// The one look.
    Open {
        time: Timestamp,
        experiment: String,
        span: RunSpan,
    },
}

/// An append-only file of JSON lines. Lines are added and never changed; each is on the disk before the call returns.
/// Where another process has added lines since the file was opened, nothing is added: open it again.
///
/// ```
/// use mantis_data::Timestamp;
/// use mantis_eval::runs::{RunLog, RunSpan};
///
/// let folder = tempfile::tempdir()?;
/// let mut log = RunLog::open(folder.path().join("runs.jsonl"))?;
/// let (from, to) = (Timestamp::parse("2025-01-01")?, Timestamp::parse("2025-07-01")?);
/// let span = RunSpan { from, to };
/// log.seal("btc-1h", span, to)?;
/// assert!(log.open_sealed("btc-1h", span, to).is_ok());
/// assert!(log.open_sealed("btc-1h", span, to).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RunLog {
    path: PathBuf,
    lines: Vec<Line>,
}

/// Proof that a sealed span was opened, for the one run that looks at it.
#[derive(Debug)]
#[must_use = "the span is open now; record the run that looks at it"]
pub struct Opened {
    experiment: String,
    span: RunSpan,
}

impl RunLog {
    /// Reads a file, or starts one with the first record.
    ///
    /// # Errors
    /// [`Error::RunFile`] when the file cannot be read, [`Error::RunLine`] for a line that is no record.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let lines = match input::text(&path, most::DOCUMENT) {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(file(&path, "read", source)),
            Ok(text) => read(&path, &text)?,
        };
        Ok(Self { path, lines })
    }

    /// The runs in the order of the file.
    pub fn runs(&self) -> impl Iterator<Item = &RunRecord> {
        self.lines
            .iter()
            .filter_map(|line| if let Line::Run(run) = line { Some(run) } else { None })
    }

    /// How many runs an experiment has: the number of trials that a deflated measure needs.
    #[must_use]
    pub fn trials(&self, experiment: &str) -> usize {
        self.runs().filter(|run| run.experiment == experiment).count()
    }

    /// A measure of all runs of an experiment that have it, for
    /// [`deflated_sharpe`] beside [`RunLog::trials`].
    #[must_use]
    pub fn metric(&self, experiment: &str, name: &str) -> Vec<f64> {
        let of = self.runs().filter(|run| run.experiment == experiment);
        of.filter_map(|run| run.metrics.get(name).copied()).collect()
    }

    /// Adds a run.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a span that does not end after it begins, [`Error::NotFinite`] for a measure that is not
    /// finite, [`Error::SealedSpan`] when it looked at a span that is
    /// still sealed or was opened for another run, [`Error::RunFile`].
    pub fn record(&mut self, mut run: RunRecord) -> Result<()> {
        self.admits(&run.experiment, run.span)?;
        run.sealed = false;
        self.add_run(run)
    }

    /// Whether a run may judge a span; to be asked before it looks.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a span that does not end after it begins, [`Error::SealedSpan`] when some of it is still sealed or
    /// was opened for another run.
    pub fn admits(&self, experiment: &str, span: RunSpan) -> Result<()> {
        span.check()?;
        match self.sealed_spans(experiment).find(|sealed| sealed.overlaps(&span)) {
            Some(sealed) => Err(self.sealed(experiment, sealed, "is sealed")),
            None => Ok(()),
        }
    }

    /// The experiments in the order in which they first occur.
    #[must_use]
    pub fn experiments(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let names = self.runs().map(|run| run.experiment.as_str());
        names.filter(|name| seen.insert(*name)).collect()
    }

    /// The best `accuracy` of an experiment, and the probability that it is above what the best of as many trials reaches by luck:
    /// [`deflated_sharpe`] of one unit bet on every forecast. `None` while no run has the measures `accuracy` and `n`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an accuracy outside 0 to 1.
    pub fn best_accuracy(&self, experiment: &str) -> Result<Option<(f64, f64)>> {
        let of = self.runs().filter(|run| run.experiment == experiment);
        let judged = of.filter_map(|run| {
            Some((*run.metrics.get("accuracy")?, *run.metrics.get("n")? as usize))
        });
        let bets: Vec<(f64, SharpeEvidence)> = judged
            .map(|(accuracy, n)| Ok((accuracy, SharpeEvidence::of_accuracy(accuracy, n)?)))
            .collect::<Result<_>>()?;
        let Some((accuracy, evidence)) = bets.iter().max_by(|a, b| a.0.total_cmp(&b.0)) else {
            return Ok(None);
        };
        let ratios: Vec<f64> = bets.iter().map(|(_, evidence)| evidence.sharpe).collect();
        let surely = deflated_sharpe(evidence, &ratios, self.trials(experiment))?;
        Ok(Some((*accuracy, surely)))
    }

    /// Adds the run that looked at an opened span; its record says so.
    ///
    /// # Errors
    /// As [`RunLog::record`], and [`Error::SealedSpan`] when the run is of another experiment or span than was opened.
    pub fn record_sealed(&mut self, opened: Opened, mut run: RunRecord) -> Result<()> {
        if run.experiment != opened.experiment || run.span != opened.span {
            return Err(self.sealed(&opened.experiment, opened.span, "was opened for another run"));
        }
        run.sealed = true;
        self.add_run(run)
    }

    fn add_run(&mut self, run: RunRecord) -> Result<()> {
        if let Some((index, (_, &value))) =
            run.metrics.iter().enumerate().find(|(_, (_, v))| !v.is_finite())
        {
            return Err(Error::NotFinite { what: "run record: measure", index, value });
        }
        self.append(Line::Run(run))
    }

    /// Keeps a span back: no run of the experiment may judge any of it until it is opened.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a span that does not end after it begins, [`Error::SealedSpan`] when it overlaps a span that is
    /// or was sealed, or one that a run has judged;
    /// [`Error::RunFile`].
    pub fn seal(&mut self, experiment: &str, span: RunSpan, now: Timestamp) -> Result<()> {
        span.check()?;
        if let Some(earlier) = self.sealed_spans(experiment).find(|s| s.overlaps(&span)) {
            return Err(self.sealed(experiment, earlier, "was sealed before"));
        }
        let judged = self.runs().filter(|run| run.experiment == experiment);
        if let Some(run) = judged.map(|run| run.span).find(|s| s.overlaps(&span)) {
            return Err(self.sealed(experiment, run, "has been looked at by a run"));
        }
        self.append(Line::Seal { time: now, experiment: experiment.to_owned(), span })
    }

    /// Opens a sealed span for one run. There is no second time, even if that run fails.
    ///
    /// # Errors
    /// [`Error::SealedSpan`] when no such span is sealed or it was opened before, [`Error::RunFile`].
    pub fn open_sealed(
        &mut self,
        experiment: &str,
        span: RunSpan,
        now: Timestamp,
    ) -> Result<Opened> {
        if !self.sealed_spans(experiment).any(|s| s == span) {
            return Err(self.sealed(experiment, span, "is not sealed"));
        }
        let is_open = |line: &Line| matches!(line, Line::Open { experiment: e, span: s, .. } if e == experiment && *s == span);
        if self.lines.iter().any(is_open) {
            return Err(self.sealed(experiment, span, "was opened before"));
        }
        self.append(Line::Open { time: now, experiment: experiment.to_owned(), span })?;
        Ok(Opened { experiment: experiment.to_owned(), span })
    }

    /// Every span that was sealed, opened since or not.
    fn sealed_spans<'a>(&'a self, of: &'a str) -> impl Iterator<Item = RunSpan> + 'a {
        self.lines.iter().filter_map(move |line| match line {
            Line::Seal { experiment, span, .. } if experiment == of => Some(*span),
            _ => None,
        })
    }

    fn sealed(&self, experiment: &str, span: RunSpan, problem: &'static str) -> Error {
        let (from, to) = (span.from, span.to);
        let experiment = experiment.to_owned();
        Error::SealedSpan { path: self.path.clone(), experiment, from, to, problem }
    }

    /// The runs of an experiment as a table, newest last, with the measures named.
    ///
    /// # Errors
    /// Those of the table.
    pub fn table(&self, experiment: &str, metrics: &[&str]) -> Result<Table> {
        let mut head = vec!["ended", "judged from", "to", "seed", "data", "code", "sealed span"];
        let words = head.len();
        head.extend(metrics);
        let short = |text: &str| text.chars().take(8).collect::<String>();
        let day = |t: Timestamp| t.to_string().chars().take(10).collect::<String>();
        let rows = self.runs().filter(|run| run.experiment == experiment).map(|run| {
            let mut row = vec![
                day(run.time),
                day(run.span.from),
                day(run.span.to),
                run.seed.to_string(),
                short(&run.data),
                short(&run.code),
                if run.sealed { "opened" } else { "" }.to_owned(),
            ];
            let value =
                |name: &&str| run.metrics.get(*name).map_or(String::new(), |v| format!("{v:.4}"));
            row.extend(metrics.iter().map(value));
            row
        });
        let title = format!("Runs of {experiment}");
        Table::new(&title, head, rows)?.numeric(words..words + metrics.len())
    }

    fn append(&mut self, line: Line) -> Result<()> {
        let fail = |source| file(&self.path, "write", source);
        let mut text = serde_json::to_string(&line).map_err(|e| fail(e.into()))?;
        text.push('\n');
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(&self.path)
            .map_err(fail)?;
        file.lock().map_err(fail)?;
        // What another process has added since might open the same span.
        let now = read(&self.path, &input::text_of(&file, most::DOCUMENT).map_err(fail)?)?;
        if now != self.lines {
            let (path, lines) = (self.path.clone(), now.len());
            return Err(Error::RunsChanged { path, expected: self.lines.len(), got: lines });
        }
        file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(fail)?;
        self.lines.push(line);
        Ok(())
    }
}

fn file(path: &Path, action: &'static str, source: std::io::Error) -> Error {
    Error::RunFile { path: path.to_owned(), action, source }
}

fn read(path: &Path, text: &str) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let parsed = serde_json::from_str(line);
        let line = i + 1;
        lines.push(parsed.map_err(|source| Error::RunLine {
            path: path.to_owned(),
            line,
            source,
        })?);
    }
    Ok(lines)
}
