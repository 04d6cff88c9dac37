//! Questions about several assets, answered by boosted trees that were grown on all of them together.

mod live;
mod store;

use mantis_data::{LossKind, Panel, Timestamp};
use mantis_features::FeatureFrame;
use mantis_features::plan::{ComputeOptions, FeaturePlan};
use serde::{Deserialize, Serialize};

use crate::Fingerprints;
use crate::artifact::{history_start, store as artifact_store};
use crate::gbdt::{GbdtBackend, GbdtParams, Table, Trees};
use crate::{Error, Result};

pub use live::Live;

/// What decides a [`PooledModel`], apart from the data.
///
/// | name | purpose |
/// |---|---|
/// | `ticker`, `loss` | the challenge that the questions are of |
/// | `symbols` | the assets; the place of an asset is an input of the trees |
/// | `columns` | columns of the asset's own bars and series |
/// | `train_start` | cases known before it are dropped; none: none is |
/// | `train_end`, `validation_end` | a case belongs to the part in which it is known *and* resolved; others are dropped |
/// | `least_cases` | with fewer training cases of its rarer answer a question is answered by the share of "yes" |
/// | `params` | the trees; they stop by the validation |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PooledRecipe {
    /// Ticker of the challenge.
    pub ticker: String,
    /// Its kind.
    pub loss: LossKind,
    /// The assets.
    pub symbols: Vec<String>,
    /// Columns of each asset.
    pub columns: Vec<String>,
    /// First close to train on.
    pub train_start: Option<Timestamp>,
    /// End of training.
    pub train_end: Timestamp,
    /// End of validation.
    pub validation_end: Timestamp,
    /// Fewest training cases of a question's rarer answer that trees are grown for.
    pub least_cases: usize,
    /// The trees.
    pub params: GbdtParams,
}

/// A row of an asset with its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// Place of the asset among the symbols.
    pub asset: usize,
    /// Row of the asset's frame.
    pub row: usize,
    /// When the answer became known.
    pub resolves_at: Timestamp,
    /// A further input: which side a breakout is on. 0 where there is none.
    pub side: f32,
    /// The answer.
    pub yes: bool,
}

/// A question with yes or no for an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Name, also that of the file of its trees: letters, digits and underscores.
    pub name: String,
    /// Cases in any order.
    pub cases: Vec<Case>,
}

/// What answers a question.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Trees.
    Trees(Trees),
    /// The share of "yes" among the training cases, one of each answer added: there were too few, or only one answer.
    Share(f64),
}

/// How many cases are behind an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cases {
    /// Of training.
    pub train: usize,
    /// Those of training with the answer "yes".
    pub train_yes: usize,
    /// Of validation.
    pub validation: usize,
}

impl Cases {
    /// The share of "yes" among the training cases, one of each answer added.
    #[must_use]
    pub fn share(&self) -> f64 {
        (self.train_yes as f64 + 1.0) / (self.train as f64 + 2.0)
    }
}

/// Mean log loss on the validation cases. Trees stopped by it, so that theirs is a little too good.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Losses {
    /// Of the answer.
    pub answer: f64,
    /// Of the share of "yes" in training.
    pub share: f64,
}

/// A question's answer with what is behind it.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The question.
    pub name: String,
    /// What answers it.
    pub answer: Answer,
    /// Cases behind it.
    pub cases: Cases,
    /// How good it is on the validation cases; nothing without any.
    pub validation: Option<Losses>,
}

impl Answer {
    fn probability(&self, input: &[f32]) -> Result<f64> {
        match self {
            Self::Trees(trees) => trees.probability(input),
            Self::Share(share) => Ok(*share),
        }
    }
}

/// Answers to questions about several assets.
#[derive(Clone, Debug)]
pub struct PooledModel {
    recipe: PooledRecipe,
    /// First bar of each asset's history, which recursive indicators started from.
    history_start: Vec<Timestamp>,
    fingerprints: Fingerprints,
    answers: Vec<Answered>,
}

impl PooledRecipe {
    /// The columns of an asset. Panics when there is no such asset.
    ///
    /// # Errors
    /// Those of [`FeaturePlan::of`] for a column that does not exist.
    pub fn frame(
        &self,
        panel: &Panel,
        asset: usize,
        from_row: usize,
        threads: usize,
    ) -> Result<FeatureFrame> {
        let plan = FeaturePlan::of(&self.symbols[asset], &self.columns)?;
        let options = ComputeOptions::default().with_threads(threads).with_from_row(from_row);
        let frame = plan.compute(panel, &options)?;
        frame.require_complete()?;
        Ok(frame)
    }

    /// SHA-256 of the plans of all assets.
    fn fingerprint(&self) -> Result<String> {
        let plan = |symbol: &String| {
            Ok(artifact_store::fingerprint(&FeaturePlan::of(symbol, &self.columns)?))
        };
        let plans = self.symbols.iter().map(plan).collect::<Result<Vec<_>>>()?;
        Ok(artifact_store::hash(plans.join("\n").as_bytes()))
    }

    fn inputs(&self) -> usize {
        self.columns.len() + 2
    }

    /// The inputs of the trees at a row; nothing where a column has no value.
    #[expect(clippy::cast_possible_truncation, reason = "trees read f32")]
    fn input(&self, frame: &FeatureFrame, asset: usize, row: usize, side: f32) -> Option<Vec<f32>> {
        let columns = self.columns.iter().map(|name| frame.column(name).map(|c| c[row] as f32));
        let mut input = columns.collect::<Option<Vec<f32>>>()?;
        input.extend([side, asset as f32]);
        input.iter().all(|value| value.is_finite()).then_some(input)
    }
}

/// Rows of inputs with their answers.
#[derive(Default)]
struct Part {
    values: Vec<f32>,
    yes: Vec<bool>,
}

impl Part {
    /// Cases of the rarer answer.
    fn rarer(&self) -> usize {
        let yes = self.yes.iter().filter(|&&yes| yes).count();
        yes.min(self.yes.len() - yes)
    }

    /// Mean log loss of what is said of each row.
    fn loss(&self, p: impl Fn(&[f32]) -> Result<f64>) -> Result<f64> {
        const EDGE: f64 = 1e-15;
        let inputs = self.values.len() / self.yes.len();
        let mut sum = 0.0;
        for (input, &yes) in self.values.chunks_exact(inputs).zip(&self.yes) {
            let p = p(input)?.clamp(EDGE, 1.0 - EDGE);
            sum -= if yes { p.ln() } else { (1.0 - p).ln() };
        }
        Ok(sum / self.yes.len() as f64)
    }
}

impl PooledModel {
    /// Grows the trees of every question. `frames` holds the columns of each asset, in order of the recipe.
    ///
    /// # Errors
    /// [`Error::Length`] for another number of frames than symbols, [`Error::QuestionName`] for a name that cannot be that of a
    /// file or stands twice, and those of the backend.
    pub fn fit(
        recipe: PooledRecipe,
        panel: &Panel,
        frames: &[FeatureFrame],
        questions: &[Question],
        backend: &dyn GbdtBackend,
    ) -> Result<Self> {
        let (got, expected) = (frames.len(), recipe.symbols.len());
        if got != expected {
            return Err(Error::Length { what: "pooled model", input: "frames", got, expected });
        }
        let history_start = recipe
            .symbols
            .iter()
            .map(|symbol| history_start(panel, symbol))
            .collect::<Result<_>>()?;
        let mut answers: Vec<Answered> = Vec::new();
        for question in questions {
            store::file(&question.name)?;
            if answers.iter().any(|answered| answered.name == question.name) {
                return Err(Error::QuestionName { name: question.name.clone() });
            }
            let (mut train, mut validation) = (Part::default(), Part::default());
            for case in &question.cases {
                let frame = &frames[case.asset];
                let known = frame.known_at()[case.row];
                if recipe.train_start.is_some_and(|start| known < start) {
                    continue;
                }
                let part = if case.resolves_at <= recipe.train_end {
                    &mut train
                } else if known >= recipe.train_end && case.resolves_at <= recipe.validation_end {
                    &mut validation
                } else {
                    continue;
                };
                if let Some(input) = recipe.input(frame, case.asset, case.row, case.side) {
                    part.values.extend(input);
                    part.yes.push(case.yes);
                }
            }
            let cases = Cases {
                train: train.yes.len(),
                train_yes: train.yes.iter().filter(|&&yes| yes).count(),
                validation: validation.yes.len(),
            };
            let answer = if train.rarer() >= recipe.least_cases.max(1) && validation.rarer() > 0 {
                let columns = recipe.inputs();
                Answer::Trees(backend.fit(
                    &recipe.params,
                    Table { values: &train.values, columns, up: &train.yes },
                    Table { values: &validation.values, columns, up: &validation.yes },
                )?)
            } else {
                Answer::Share(cases.share())
            };
            let losses = || -> Result<Losses> {
                Ok(Losses {
                    answer: validation.loss(|input| answer.probability(input))?,
                    share: validation.loss(|_| Ok(cases.share()))?,
                })
            };
            let validation = (cases.validation > 0).then(losses).transpose()?;
            answers.push(Answered { name: question.name.clone(), answer, cases, validation });
        }
        let plans = recipe.fingerprint()?;
        let fingerprints = Fingerprints {
            data: panel.as_of(recipe.validation_end).fingerprint(),
            plan: plans.clone(),
            // Nothing is chosen of the plan.
            features: plans,
            code: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok(Self { recipe, history_start, fingerprints, answers })
    }

    /// What was fitted.
    #[must_use]
    pub fn recipe(&self) -> &PooledRecipe {
        &self.recipe
    }

    /// What it was made from.
    #[must_use]
    pub fn fingerprints(&self) -> &Fingerprints {
        &self.fingerprints
    }

    /// The questions with what answers each.
    #[must_use]
    pub fn answers(&self) -> &[Answered] {
        &self.answers
    }

    /// Probability of "yes" for each question at a row of an asset's frame; nothing where a column has no value.
    ///
    /// # Errors
    /// Those of [`Trees::probability`].
    pub fn at(
        &self,
        frame: &FeatureFrame,
        asset: usize,
        row: usize,
        side: f32,
    ) -> Result<Option<Vec<f64>>> {
        let Some(input) = self.recipe.input(frame, asset, row, side) else { return Ok(None) };
        self.answers
            .iter()
            .map(|answered| answered.answer.probability(&input))
            .collect::<Result<_>>()
            .map(Some)
    }

    /// As [`PooledModel::at`], for the question at one place of [`PooledModel::answers`] alone. Panics when there is none.
    ///
    /// # Errors
    /// As [`PooledModel::at`].
    pub fn one(&self, question: usize, frame: &FeatureFrame, case: &Case) -> Result<Option<f64>> {
        let input = self.recipe.input(frame, case.asset, case.row, case.side);
        input.map(|input| self.answers[question].answer.probability(&input)).transpose()
    }
}
