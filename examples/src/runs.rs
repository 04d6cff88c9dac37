//! The record of what was tried: `backtest`, `check`, `sweep` and `salience` add to it with `--runs`, the program `runs` shows it and keeps spans back.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use mantis_data::{Challenge, Timestamp};
use mantis_eval::metrics::Judgement;
use mantis_eval::runs::{Opened, RunLog, RunRecord, RunSpan};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::models::check::Checked;
use crate::models::source;
use crate::{Error, Result};

/// Measures that are shown where a run of the experiment has them.
const SHOWN: [&str; 7] =
    ["n", "accuracy", "accuracy_low", "auc", "brier", "share", "share_of_chance"];

/// Which record a program adds its run to.
#[derive(Clone, Debug, Args)]
pub struct RunFlags {
    /// Add the run to this record of all trials, which `runs` shows; asked before anything of the span is looked at
    #[arg(long, value_name = "FILE")]
    pub runs: Option<PathBuf>,
    /// With --runs: the name under which trials are counted [default: the ticker]
    #[arg(long, value_name = "NAME", requires = "runs")]
    pub experiment: Option<String>,
    /// With --runs: open the span that `runs seal` keeps back; this works once
    #[arg(long, requires = "runs")]
    pub open_sealed: bool,
}

impl RunFlags {
    /// Asks the record whether a span may be judged; nothing without a record.
    ///
    /// # Errors
    /// As [`Admitted::ask`].
    pub fn ask(
        &self,
        ticker: &str,
        span: (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Result<Option<Admitted>> {
        let Some(path) = &self.runs else { return Ok(None) };
        let name = self.experiment.as_deref().unwrap_or(ticker);
        Admitted::ask(path, name, span, self.open_sealed, now).map(Some)
    }
}

/// Permission to judge one span, given before anything of it is looked at.
#[derive(Debug)]
pub struct Admitted {
    log: RunLog,
    experiment: String,
    span: RunSpan,
    opened: Option<Opened>,
}

/// What a run was made of.
#[derive(Clone, Debug)]
pub struct Made {
    /// Everything that was set.
    pub config: Value,
    /// Fingerprint of the data.
    pub data: String,
    /// Seed.
    pub seed: u64,
}

impl Admitted {
    /// Asks the record. With `open` a sealed span is opened, once and for all.
    ///
    /// # Errors
    /// That of a sealed span, and those of the file.
    pub fn ask(
        path: &Path,
        experiment: &str,
        (from, to): (Timestamp, Timestamp),
        open: bool,
        now: Timestamp,
    ) -> Result<Self> {
        let (mut log, span) = (RunLog::open(path)?, RunSpan { from, to });
        let opened = if open {
            Some(log.open_sealed(experiment, span, now)?)
        } else {
            log.admits(experiment, span)?;
            None
        };
        Ok(Self { log, experiment: experiment.to_owned(), span, opened })
    }

    /// Records what came out of a model. An empty span is a run without measures.
    ///
    /// # Errors
    /// Those of the file, and of a model that cannot be read.
    pub fn record_model(
        self,
        checked: &Checked,
        model: (&Challenge, &Path),
        now: Timestamp,
    ) -> Result<()> {
        let artifact = source::load(model.0, model.1)?;
        let prints = artifact.fingerprints();
        let made = Made {
            config: json!({ "recipe": artifact.recipe(), "fingerprints": prints }),
            data: prints.data.clone(),
            seed: artifact.recipe().seed,
        };
        let judgement = checked.judged.as_ref().map(|judged| &judged.hybrid.judgement);
        self.record_judgement(made, judgement, now)
    }

    /// Records a judgement, or that there was nothing to judge.
    ///
    /// # Errors
    /// As [`Admitted::record`].
    pub fn record_judgement(
        self,
        made: Made,
        judgement: Option<&Judgement>,
        now: Timestamp,
    ) -> Result<()> {
        let measures = judgement.into_iter().flat_map(|j| {
            [
                ("n", j.n as f64),
                ("accuracy", j.accuracy),
                ("accuracy_low", j.low),
                ("accuracy_high", j.high),
                ("balanced_accuracy", j.balanced_accuracy),
                ("auc", j.auc),
                ("brier", j.brier),
                ("log_loss", j.log_loss),
            ]
        });
        self.record(made, measures, now)
    }

    /// Records what came out.
    ///
    /// # Errors
    /// Those of the file and of the program's own file.
    pub fn record(
        mut self,
        made: Made,
        measures: impl IntoIterator<Item = (&'static str, f64)>,
        now: Timestamp,
    ) -> Result<()> {
        let metrics = measures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let run = RunRecord {
            time: now,
            experiment: self.experiment,
            config: made.config,
            data: made.data,
            code: code()?,
            seed: made.seed,
            span: self.span,
            sealed: false,
            metrics,
        };
        match self.opened {
            Some(opened) => self.log.record_sealed(opened, run)?,
            None => self.log.record(run)?,
        }
        Ok(())
    }
}

/// The code that runs: a hash of the program itself, and its version.
fn code() -> Result<String> {
    let path = std::env::current_exe().unwrap_or_default();
    let program = std::fs::read(&path).map_err(|source| Error::Read { path, source })?;
    let hash = format!("{:x}", Sha256::digest(program));
    Ok(format!("{} {}", &hash[..16], env!("CARGO_PKG_VERSION")))
}

/// Keeps a span back for one look.
///
/// # Errors
/// For a span that was sealed or judged before, and those of the file.
pub fn seal(
    path: &Path,
    experiment: &str,
    span: (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<()> {
    let (from, to) = span;
    RunLog::open(path)?.seal(experiment, RunSpan { from, to }, now)?;
    Ok(())
}

/// All runs, or those of one experiment, as text or JSON.
///
/// # Errors
/// [`Error::Flag`] for an experiment without runs, and those of the file.
pub fn show(path: &Path, experiment: Option<&str>, json: bool) -> Result<String> {
    let log = RunLog::open(path)?;
    let all = log.experiments();
    let names: Vec<&str> = match experiment {
        Some(name) if !all.contains(&name) => {
            return Err(Error::Flag {
                flag: "--experiment",
                got: name.to_owned(),
                expected: format!(
                    "one of those recorded in {}: {}",
                    path.display(),
                    all.join(", ")
                ),
            });
        }
        Some(name) => vec![name],
        None => all,
    };
    if json {
        let document: Vec<Value> = names
            .iter()
            .map(|name| {
                let runs: Vec<&RunRecord> = log.runs().filter(|r| r.experiment == *name).collect();
                let best = log.best_accuracy(name)?;
                Ok(json!({
                    "experiment": name,
                    "trials": log.trials(name),
                    "best_accuracy": best.map(|(accuracy, _)| accuracy),
                    "probability_above_luck": best.map(|(_, probability)| probability),
                    "runs": runs,
                }))
            })
            .collect::<Result<_>>()?;
        return Ok(Value::from(document).to_string());
    }
    let mut text = String::new();
    for name in &names {
        experiment_text(&mut text, &log, name)?;
    }
    if text.is_empty() {
        text = format!("no run is recorded in {}", path.display());
    }
    Ok(text.trim_end().to_owned())
}

/// Writing to a string cannot fail.
fn experiment_text(out: &mut String, log: &RunLog, name: &str) -> Result<()> {
    let _ = writeln!(out, "{name}: {} runs", log.trials(name));
    let day = |t: Timestamp| t.to_string().chars().take(10).collect::<String>();
    let _ = write!(out, "  ended       judged from  to          seed  sealed");
    let shown: Vec<&str> =
        SHOWN.into_iter().filter(|measure| !log.metric(name, measure).is_empty()).collect();
    shown.iter().for_each(|measure| {
        let _ = write!(out, "  {measure:>15}");
    });
    out.push('\n');
    for run in log.runs().filter(|run| run.experiment == name) {
        let sealed = if run.sealed { "opened" } else { "" };
        let (ended, from, to) = (day(run.time), day(run.span.from), day(run.span.to));
        let _ = write!(out, "  {ended}  {from}   {to}  {:>4}  {sealed:<6}", run.seed);
        for &measure in &shown {
            let digits = if measure == "n" { 0 } else { 4 };
            let _ = match run.metrics.get(measure) {
                Some(value) => write!(out, "  {value:>15.digits$}"),
                None => write!(out, "  {:>15}", "-"),
            };
        }
        out.push('\n');
    }
    if let Some((accuracy, probability)) = log.best_accuracy(name)? {
        let _ = writeln!(
            out,
            "  best accuracy {accuracy:.4}; that it is above what the best of {} trials reaches by luck has a probability of {probability:.3}\n",
            log.trials(name),
        );
    }
    Ok(())
}
