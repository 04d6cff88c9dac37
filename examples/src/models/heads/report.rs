//! How good the answers are on cases after the model's own data.

use std::fmt;

use mantis_data::{Challenge, Timestamp};
use mantis_eval::metrics::{log_loss, roc_auc};
use mantis_features::FeatureFrame;
use mantis_models::pooled::{Answer, Cases, PooledModel, Question};
use serde::Serialize;

use super::World;
use crate::Result;
use crate::models::text::thousands;

/// One question on the test span.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The question.
    pub name: String,
    /// Cases behind the answer.
    pub cases: Cases,
    /// Trees of it; none where it is a share.
    pub trees: Option<usize>,
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
    /// Start of the test span, where the model's own data ends.
    pub test_start: Timestamp,
    /// The questions.
    pub questions: Vec<Line>,
}

/// Judges a model on the cases that were known after its validation.
///
/// # Errors
/// Those of the trees and measures.
pub fn report(
    challenge: &Challenge,
    world: &World,
    model: &PooledModel,
    frames: &[FeatureFrame],
    questions: &[Question],
) -> Result<Report> {
    let test_start = model.recipe().validation_end;
    let mut lines = Vec::new();
    for (at, (name, answer, cases)) in model.answers().enumerate() {
        let (mut yes, mut p) = (Vec::new(), Vec::new());
        for case in questions.iter().filter(|q| q.name == name).flat_map(|q| &q.cases) {
            let frame = &frames[case.asset];
            if frame.known_at()[case.row] < test_start {
                continue;
            }
            if let Some(answers) = model.at(frame, case.asset, case.row, case.side)? {
                yes.push(case.yes);
                p.push(answers[at]);
            }
        }
        let n = yes.len();
        let mixed = yes.contains(&true) && yes.contains(&false);
        let share = cases.share();
        lines.push(Line {
            name: name.to_owned(),
            cases,
            trees: match answer {
                Answer::Trees(trees) => Some(trees.len()),
                Answer::Share(_) => None,
            },
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
        test_start,
        questions: lines,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({}), {} assets", self.ticker, self.kind, self.symbols.len())?;
        if !self.absent.is_empty() {
            writeln!(f, "  absent, no data: {}", self.absent.join(" "))?;
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
