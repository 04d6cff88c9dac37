//! What the program `check` does: how good trained models are on bars that they never saw.

use std::fmt;
use std::path::PathBuf;

use mantis_data::{Challenge, LossKind, Timestamp};
use mantis_eval::metrics::PassCriterion;
use mantis_features::LeftOut;
use serde_json::{Value, json};

use super::judge::{self, Judged};
use super::{heads, market, source, text};
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
    /// Columns of the recipe that there was no input for.
    pub left_out: Vec<LeftOut>,
    /// What could not be fetched.
    pub warnings: Vec<String>,
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
    let artifact = source::load(challenge, folder)?;
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
    let panel = market::panel(&data, artifact.features(), span.as_of)?;
    let missing = || mantis_features::Error::MissingSymbol { symbol: symbol.clone() };
    let bars = panel.bars(&symbol).ok_or_else(missing)?;
    let interval = bars.interval();
    let known = bars.open_time().last().map_or(start, |&last| last + interval);
    let end = span.end.min(known + interval);
    let mut checked = Checked {
        challenge: challenge.clone(),
        symbol: symbol.clone(),
        bars: bars.len(),
        left_out: artifact.recipe().plan.resolve(&panel)?.1,
        warnings: Vec::new(),
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
            "left_out": self.left_out,
            "warnings": self.warnings,
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
        for line in text::left_out(&self.left_out) {
            writeln!(f, "  left out    {line}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "  warning     {warning}")?;
        }
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
    let report = heads::check((challenge, folder), data_dir, span, threads)?;
    Ok(Outcome::Answers(report))
}

impl Checked {
    /// 0 if the criterion is met, 3 if not, 4 for an empty span.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.passed() {
            Some(true) => 0,
            Some(false) => 3,
            None => 4,
        }
    }
}

impl Outcome {
    /// As [`Checked::exit_code`]; answers without a criterion pass if there is a case to judge them on.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Direction(checked) => checked.exit_code(),
            Self::Answers(report) if report.is_empty() => 4,
            Self::Answers(_) => 0,
        }
    }
}

/// What came of several models, each by its ticker.
pub type Each = Vec<(String, Result<Outcome>)>;

/// What is said about several models.
#[derive(Clone, Debug)]
pub struct Told {
    /// For standard output.
    pub text: String,
    /// For standard error.
    pub errors: Vec<String>,
    /// The first that is there of 2 and 1 (an error), 3 (below the criterion), 4 (an empty span), else 0.
    pub exit_code: u8,
}

impl Told {
    /// The outcomes as text or as JSON. A model that failed stands among the others with its error.
    #[must_use]
    pub fn new(all: &Each, json: bool) -> Self {
        let (mut texts, mut documents) = (Vec::new(), Vec::new());
        let (mut errors, mut codes) = (Vec::new(), Vec::new());
        for (ticker, outcome) in all {
            match outcome {
                Ok(outcome) => {
                    codes.push(outcome.exit_code());
                    texts.push(outcome.to_string());
                    documents.push(outcome.json());
                }
                Err(error) => {
                    codes.push(error.exit_code());
                    errors.push(format!("{ticker}: {error}"));
                    documents.push(json!({"ticker": ticker, "error": error.to_string()}));
                }
            }
        }
        let exit_code = [2, 1, 3, 4].into_iter().find(|code| codes.contains(code)).unwrap_or(0);
        let text = if json { Value::from(documents).to_string() } else { texts.join("\n") };
        Self { text, errors, exit_code }
    }
}
