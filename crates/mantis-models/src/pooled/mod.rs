//! Questions about several assets, answered by boosted trees that were grown on all of them together.

mod store;

use mantis_data::{Panel, Timestamp};
use mantis_features::FeatureFrame;
use mantis_features::plan::{ComputeOptions, FeaturePlan};
use serde::{Deserialize, Serialize};

use crate::artifact::history_start;
use crate::gbdt::{GbdtBackend, GbdtParams, Table, Trees};
use crate::{Error, Result};

/// What decides a [`PooledModel`], apart from the data.
///
/// | name | purpose |
/// |---|---|
/// | `symbols` | the assets; the place of an asset is an input of the trees |
/// | `columns` | columns of the asset's own bars and series |
/// | `train_end`, `validation_end` | a case belongs to the part in which it is known *and* resolved; others are dropped |
/// | `least_cases` | with fewer training cases of its rarer answer a question is answered by the share of "yes" |
/// | `params` | the trees; they stop by the validation |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PooledRecipe {
    /// The assets.
    pub symbols: Vec<String>,
    /// Columns of each asset.
    pub columns: Vec<String>,
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
    /// Name, also that of the file of its trees.
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

/// Answers to questions about several assets.
#[derive(Clone, Debug)]
pub struct PooledModel {
    recipe: PooledRecipe,
    /// First bar of each asset's history, which recursive indicators started from.
    history_start: Vec<Timestamp>,
    answers: Vec<(String, Answer, Cases)>,
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
}

impl PooledModel {
    /// Grows the trees of every question. `frames` holds the columns of each asset, in order of the recipe.
    ///
    /// # Errors
    /// [`Error::Length`] for another number of frames than symbols, and those of the backend.
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
        let mut answers = Vec::new();
        for question in questions {
            let (mut train, mut validation) = (Part::default(), Part::default());
            for case in &question.cases {
                let frame = &frames[case.asset];
                let part = if case.resolves_at <= recipe.train_end {
                    &mut train
                } else if frame.known_at()[case.row] >= recipe.train_end
                    && case.resolves_at <= recipe.validation_end
                {
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
            answers.push((question.name.clone(), answer, cases));
        }
        Ok(Self { recipe, history_start, answers })
    }

    /// What was fitted.
    #[must_use]
    pub fn recipe(&self) -> &PooledRecipe {
        &self.recipe
    }

    /// The questions with what answers each, and the cases behind it.
    pub fn answers(&self) -> impl Iterator<Item = (&str, &Answer, Cases)> {
        self.answers.iter().map(|(name, answer, cases)| (name.as_str(), answer, *cases))
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
        let one = |(_, answer, _): &(String, Answer, Cases)| match answer {
            Answer::Trees(trees) => trees.probability(&input),
            Answer::Share(share) => Ok(*share),
        };
        self.answers.iter().map(one).collect::<Result<_>>().map(Some)
    }

    /// Probabilities at the last bar of an asset. Pass `panel.as_of(now)`.
    ///
    /// # Errors
    /// [`Error::HistoryStart`] for a panel that starts elsewhere than in training, [`Error::NoForecast`] for a column without
    /// a value, and those of the features.
    pub fn latest(&self, panel: &Panel, asset: usize, side: f32, threads: usize) -> Result<Live> {
        let symbol = &self.recipe.symbols[asset];
        let (got, expected) = (history_start(panel, symbol)?, self.history_start[asset]);
        if got != expected {
            return Err(Error::HistoryStart { symbol: symbol.clone(), got, expected });
        }
        let rows = panel.bars(symbol).map_or(0, mantis_data::Bars::len);
        let frame = self.recipe.frame(panel, asset, rows.saturating_sub(1), threads)?;
        let (last, time) = (frame.len() - 1, frame.known_at()[frame.len() - 1]);
        match self.at(&frame, asset, last, side)? {
            Some(p) => Ok(Live { time, p }),
            None => {
                let bad = |name: &&String| {
                    frame.column(name).is_none_or(|column| !column[last].is_finite())
                };
                let column = self.recipe.columns.iter().find(bad).cloned().unwrap_or_default();
                Err(Error::NoForecast { symbol: symbol.clone(), time, column, bars_ago: 0 })
            }
        }
    }
}

/// Probabilities at the last bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// When the bar closed.
    pub time: Timestamp,
    /// Probability of "yes" for each question.
    pub p: Vec<f64>,
}
