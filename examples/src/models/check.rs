//! What the program `check` does: how good trained models are on bars that they never saw.

use std::fmt;
use std::path::PathBuf;

use mantis_data::{Challenge, LossKind, Timestamp};
use mantis_eval::metrics::PassCriterion;
use mantis_models::Artifact;
use serde_json::{Value, json};

use super::judge::{self, Judged};
use super::{heads, market, text};
use crate::ui::Stages;
use crate::{Error, Result};

/// The span to judge, and what is asked of it.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// First close of the span; the end of the model's validation if none is given.
    pub start: Option<Timestamp>,
    /// End of the span.
    pub end: Timestamp,
    /// Data after it is not read.
    pub as_of: Timestamp,
    /// What to exceed.
    pub criterion: PassCriterion,
}

/// A model on a span.
#[derive(Debug)]
pub struct Checked {
    /// The challenge.
    pub challenge: Challenge,
    /// The model's symbol.
    pub symbol: String,
    /// Hourly bars read.
    pub bars: usize,
    /// Rows of training, validation and test.
    pub rows: [usize; 3],
    /// The test span.
    pub span: (Timestamp, Timestamp),
    /// What is asked of it.
    pub criterion: PassCriterion,
    /// What it is worth; nothing for a span without bars.
    pub judged: Option<Judged>,
}

/// Judges a model on the bars of a span that lies after everything it was fitted on.
///
/// # Errors
/// For a model or data that cannot be read, and [`Error::Flag`] for a span that starts within the model's own data.
pub fn check(
    (challenge, folder): (&Challenge, &PathBuf),
    data_dir: &std::path::Path,
    span: Span,
    threads: usize,
    quiet: bool,
) -> Result<Checked> {
    let artifact = Artifact::load(folder)?;
    let symbol = artifact.features().symbol().to_owned();
    let fitted = artifact.recipe().dates.validation_end;
    let start = span.start.unwrap_or(fitted);
    if start < fitted {
        return Err(Error::Flag {
            flag: "--test-start",
            got: start.to_string(),
            expected: format!("{fitted} or later, where the data of the model ends"),
        });
    }
    let data = market::open(data_dir)?;
    let panel = market::panel(&data, &symbol, span.as_of)?;
    let missing = || mantis_features::Error::MissingSymbol { symbol: symbol.clone() };
    let bars = panel.bars(&symbol).ok_or_else(missing)?;
    let interval = bars.interval();
    let known = bars.open_time().last().map_or(start, |&last| last + interval);
    let end = span.end.min(known + interval);
    let mut checked = Checked {
        challenge: challenge.clone(),
        symbol: symbol.clone(),
        bars: bars.len(),
        rows: [0; 3],
        span: (start, end),
        criterion: span.criterion,
        judged: None,
    };
    if end <= start || known < start {
        return Ok(checked);
    }
    let mut stages = Stages::new(2, quiet);
    let stage = stages.start("features", &challenge.ticker);
    let (recipe, dataset) =
        judge::dataset(&artifact, &panel, end, threads, &mut |_, done, total| {
            stage.at(done, total)
        })?;
    stages.finish(stage);
    let from = dataset.frame.known_at().partition_point(|&known| known < start);
    let test = from.max(dataset.split.test.start)..dataset.split.test.end;
    checked.rows = [dataset.split.train.len(), dataset.split.validation.len(), test.len()];
    let labelled = dataset.labels.up[test.clone()].iter().flatten().count();
    if labelled > 0 {
        let stage = stages.start("judgement", &challenge.ticker);
        let judged = judge::judge(&recipe, &dataset, &artifact, test, span.criterion, threads)?;
        stages.finish(stage);
        checked.judged = Some(judged);
    }
    Ok(checked)
}

impl Checked {
    /// Whether the criterion is met; nothing for an empty span.
    #[must_use]
    pub fn passed(&self) -> Option<bool> {
        self.judged.as_ref().map(|judged| judged.verdict.passed)
    }

    /// All of it as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let judged = self.judged.as_ref();
        let models: serde_json::Map<String, Value> = judged
            .into_iter()
            .flat_map(Judged::models)
            .map(|model| (model.name.to_owned(), text::measures(&model.judgement)))
            .collect();
        json!({
            "ticker": self.challenge.ticker,
            "challenge": self.challenge.name,
            "symbol": self.symbol,
            "dim": self.challenge.dim,
            "bars": self.bars,
            "train": self.rows[0],
            "validation": self.rows[1],
            "test": self.rows[2],
            "test_start": self.span.0,
            "test_end": self.span.1,
            "empty": judged.is_none(),
            "models": models,
            "without_forecast": judged.map(|judged| judged.without_forecast),
            "criterion": self.criterion,
            "verdict": judged.map(|judged| judged.verdict),
            "passed": self.passed(),
        })
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (challenge, [train, validation, test]) = (&self.challenge, self.rows);
        writeln!(f, "{} ({}), {} values", challenge.ticker, challenge.name, challenge.dim)?;
        writeln!(f, "  data        {} bars of {}", text::thousands(self.bars), self.symbol)?;
        let (from, to) = (text::day(self.span.0), text::day(self.span.1));
        let Some(judged) = &self.judged else {
            return writeln!(
                f,
                "  EMPTY: no bar with a known outcome from {from} to {to}, which is after the data of the model; fetch newer bars, or train with an earlier --val-end"
            );
        };
        writeln!(
            f,
            "  rows        {} training, {} validation, {} test ({from} to {to}), {} without a forecast\n",
            text::thousands(train),
            text::thousands(validation),
            text::thousands(test),
            judged.without_forecast,
        )?;
        f.write_str(&text::table(judged))?;
        writeln!(f, "\n  {}", text::verdict_line(&judged.hybrid.judgement, self.criterion))
    }
}

/// What is known of a model of either kind.
#[derive(Debug)]
pub enum Outcome {
    /// Of a direction.
    Direction(Box<Checked>),
    /// Of anything else; there is no criterion for it.
    Answers(heads::Report),
}

impl Outcome {
    /// All of it as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Self::Direction(checked) => checked.json(),
            Self::Answers(report) => json!(report),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direction(checked) => checked.fmt(f),
            Self::Answers(report) => report.fmt(f),
        }
    }
}

/// Checks a model of either kind.
///
/// # Errors
/// As [`check`] and [`heads::check`].
pub fn check_any(
    (challenge, folder): (&Challenge, &PathBuf),
    data_dir: &std::path::Path,
    span: Span,
    threads: usize,
    quiet: bool,
) -> Result<Outcome> {
    if challenge.loss == LossKind::Binary {
        let checked = check((challenge, folder), data_dir, span, threads, quiet)?;
        return Ok(Outcome::Direction(Box::new(checked)));
    }
    let report = heads::check(challenge, folder, data_dir, span.as_of, threads)?;
    Ok(Outcome::Answers(report))
}

/// The exit code of several: 0 all passed, 3 one is below the criterion, 4 none is but a span is empty.
#[must_use]
pub fn exit_code<'a>(all: impl Iterator<Item = &'a Checked> + Clone) -> u8 {
    if all.clone().any(|checked| checked.passed() == Some(false)) {
        3
    } else if all.clone().any(|checked| checked.passed().is_none()) {
        4
    } else {
        0
    }
}

/// The models of directions among several.
pub fn directions(all: &[Outcome]) -> impl Iterator<Item = &Checked> + Clone {
    all.iter().filter_map(|outcome| match outcome {
        Outcome::Direction(checked) => Some(&**checked),
        Outcome::Answers(_) => None,
    })
}
