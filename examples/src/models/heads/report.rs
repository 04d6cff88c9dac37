//! How good the answers are on cases after the model's own data.

use std::fmt;

use mantis_data::{Challenge, Timestamp};
use mantis_eval::metrics::{log_loss, roc_auc};
use mantis_features::FeatureFrame;
use mantis_models::pooled::{Answer, Answered, Cases, Losses, PooledModel, Question};
use serde::Serialize;

use super::World;
use crate::Result;
use crate::models::text::{day, thousands};

/// One question on the test span.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The question.
    pub name: String,
    /// Cases behind the answer.
    pub cases: Cases,
    /// Trees of it; none where it is a share.
    pub trees: Option<usize>,
    /// Mean log loss on the validation cases.
    pub validation: Option<Losses>,
    /// Cases of the test.
    pub test: usize,
    /// Share of "yes" among them.
    pub yes: Option<f64>,
    /// Area under the ROC curve; nothing without both answers.
    pub auc: Option<f64>,
    /// Mean log loss.
    pub log_loss: Option<f64>,
    /// The same of the share of "yes" in training, the baseline.
    pub log_loss_share: Option<f64>,
}

/// All questions of a challenge.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The challenge's ticker.
    pub ticker: String,
    /// Its kind.
    pub kind: String,
    /// Symbols of the model.
    pub symbols: Vec<String>,
    /// Assets without data, which are left absent.
    pub absent: Vec<String>,
    /// What could not be fetched.
    pub warnings: Vec<String>,
    /// Start of the test span, where the model's own data ends.
    pub test_start: Timestamp,
    /// End of the test span.
    pub test_end: Timestamp,
    /// The questions.
    pub questions: Vec<Line>,
}

impl Report {
    /// Whether the test span holds no case with a known answer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.questions.iter().all(|line| line.test == 0)
    }
}

/// Judges a model on the cases known within a span after its validation.
///
/// # Errors
/// Those of the trees and measures.
pub fn report(
    challenge: &Challenge,
    world: &World,
    model: &PooledModel,
    frames: &[FeatureFrame],
    questions: &[Question],
    (test_start, test_end): (Timestamp, Timestamp),
) -> Result<Report> {
    let mut lines = Vec::new();
    for (at, Answered { name, answer, cases, validation }) in model.answers().iter().enumerate() {
        let (mut yes, mut p) = (Vec::new(), Vec::new());
        for case in questions.iter().filter(|q| q.name == *name).flat_map(|q| &q.cases) {
            let frame = &frames[case.asset];
            let known = frame.known_at()[case.row];
            if known < test_start || known >= test_end {
                continue;
            }
            if let Some(answer) = model.one(at, frame, case)? {
                yes.push(case.yes);
                p.push(answer);
            }
        }
        let n = yes.len();
        let mixed = yes.contains(&true) && yes.contains(&false);
        let share = cases.share();
        lines.push(Line {
            name: name.clone(),
            cases: *cases,
            trees: match answer {
                Answer::Trees(trees) => Some(trees.len()),
                Answer::Share(_) => None,
            },
            validation: *validation,
            test: n,
            yes: (n > 0).then(|| yes.iter().filter(|&&yes| yes).count() as f64 / n as f64),
            auc: mixed.then(|| roc_auc(&yes, &p)).transpose()?,
            log_loss: (n > 0).then(|| log_loss(&yes, &p)).transpose()?,
            log_loss_share: (n > 0).then(|| log_loss(&yes, &vec![share; n])).transpose()?,
        });
    }
    Ok(Report {
        ticker: challenge.ticker.clone(),
        kind: challenge.loss.to_string(),
        symbols: model.recipe().symbols.clone(),
        absent: world.absent.clone(),
        warnings: Vec::new(),
        test_start,
        test_end,
        questions: lines,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({}), {} assets", self.ticker, self.kind, self.symbols.len())?;
        if !self.absent.is_empty() {
            writeln!(f, "  absent, no data: {}", self.absent.join(" "))?;
        }
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning}")?;
        }
        let (from, to) = (day(self.test_start), day(self.test_end));
        if self.is_empty() {
            writeln!(
                f,
                "  EMPTY: no case with a known answer from {from} to {to}, which is after the data of the model; fetch newer bars, or train with an earlier --val-end"
            )?;
        } else {
            writeln!(f, "  test        {from} to {to}")?;
        }
        writeln!(
            f,
            "  {:<18} {:>8} {:>8} {:>6} {:>8} {:>7} {:>7} {:>9} {:>15}",
            "question", "train", "val", "trees", "test", "yes", "AUC", "log loss", "of the share"
        )?;
        let number = |x: Option<f64>| x.map_or_else(|| "-".to_owned(), |x| format!("{x:.4}"));
        for line in &self.questions {
            writeln!(
                f,
                "  {:<18} {:>8} {:>8} {:>6} {:>8} {:>7} {:>7} {:>9} {:>15}",
                line.name,
                thousands(line.cases.train),
                thousands(line.cases.validation),
                line.trees.map_or_else(|| "share".to_owned(), |n| n.to_string()),
                thousands(line.test),
                number(line.yes),
                number(line.auc),
                number(line.log_loss),
                number(line.log_loss_share),
            )?;
        }
        Ok(())
    }
}
