//! Features, labels and the split of one symbol, ready for learners.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use mantis_data::{Bars, Panel};
use mantis_features::FeatureFrame;
use mantis_features::label::{self, Labels};
use mantis_features::plan::ComputeOptions;
use mantis_features::split::{Split, TrainingView};

use crate::companion::Companion;
use crate::progress::{Progress, Stage};
use crate::recipe::Recipe;
use crate::{Error, Result};

/// What a recipe makes of a panel: all candidate columns, labels with the time at which each resolves, and the split.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The columns.
    pub frame: Arc<FeatureFrame>,
    /// The labels, one for each row.
    pub labels: Arc<Labels>,
    /// Rows of training, validation and test.
    pub split: Split,
    /// Labels of the rows at which every column has a value; `None` elsewhere.
    usable: Vec<Option<bool>>,
    companions: Arc<[Companion]>,
}

impl Dataset {
    /// Computes the columns and labels and splits the rows.
    ///
    /// Rows before the first training row are not computed where that is expensive. `threads` changes no number.
    ///
    /// # Errors
    /// Those of the features crate, [`Error::TooFewRows`] when no training row has all columns, [`Error::Stopped`].
    pub fn new(
        recipe: &Recipe,
        panel: &Panel,
        threads: usize,
        progress: &mut Progress<'_>,
    ) -> Result<Self> {
        recipe.check()?;
        let symbol = recipe.plan.symbol();
        let missing = || mantis_features::Error::MissingSymbol { symbol: symbol.to_owned() };
        let bars = panel.bars(symbol).ok_or_else(missing)?;
        let parts = 1 + recipe.companions.symbols.len();
        let mut report = |done, total| progress(Stage::Features, done, parts * total);
        let options = ComputeOptions::default()
            .with_threads(threads)
            .with_from_row(first_needed(recipe, bars))
            .with_progress(&mut report);
        let frame = recipe.plan.compute(panel, &options).map_err(stopped)?;
        let labels = label::direction(bars, recipe.horizon)?;
        let mut companions = Vec::new();
        for (part, symbol) in (1..).zip(&recipe.companions.symbols) {
            let mut report =
                |done, total| progress(Stage::Features, part * total + done, parts * total);
            companions.push(Companion::new(recipe, symbol, panel, threads, &mut report)?);
        }
        Self::split(recipe, Arc::new(frame), Arc::new(labels), companions.into())
    }

    /// The same columns and labels in the parts of another recipe, which may start later.
    ///
    /// Nothing is computed again: a walk forward is many splits of one dataset.
    ///
    /// # Errors
    /// As [`Dataset::new`].
    pub fn with_dates(&self, recipe: &Recipe) -> Result<Self> {
        recipe.check()?;
        let (frame, labels) = (Arc::clone(&self.frame), Arc::clone(&self.labels));
        Self::split(recipe, frame, labels, Arc::clone(&self.companions))
    }

    fn split(
        recipe: &Recipe,
        frame: Arc<FeatureFrame>,
        labels: Arc<Labels>,
        companions: Arc<[Companion]>,
    ) -> Result<Self> {
        let known_at = frame.known_at();
        let first =
            recipe.train_start.map_or(0, |start| known_at.partition_point(|&known| known < start));
        let split = Split::by_dates(known_at, &labels.resolves_at, recipe.dates, recipe.embargo)?;
        let start = frame.first_row().max(first);
        let split = split.train_from(start)?;
        let complete = |row: usize| frame.columns().iter().all(|column| column[row].is_finite());
        let usable: Vec<_> = labels
            .up
            .iter()
            .enumerate()
            .map(|(row, &up)| up.filter(|_| row >= start && complete(row)))
            .collect();
        if usable[split.train.clone()].iter().flatten().next().is_none() {
            return Err(Error::TooFewRows { what: "training", got: 0, least: 1 });
        }
        Ok(Self { frame, labels, split, usable, companions })
    }

    /// The same without the other symbols.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { companions: Arc::new([]), ..self.clone() }
    }

    /// The other symbols of the recipe.
    #[must_use]
    pub fn companions(&self) -> &[Companion] {
        &self.companions
    }

    /// The training rows at which every column has a value.
    ///
    /// # Errors
    /// As [`TrainingView::new`].
    pub fn training(&self) -> Result<TrainingView<'_>> {
        Ok(TrainingView::new(self.frame.names(), self.frame.columns(), &self.usable, &self.split)?)
    }

    /// Labels of the rows at which every column has a value; `None` elsewhere.
    #[must_use]
    pub fn usable(&self) -> &[Option<bool>] {
        &self.usable
    }

    /// Rows of a range with a label.
    #[must_use]
    pub fn labelled(&self, rows: Range<usize>) -> Vec<(usize, bool)> {
        rows.filter_map(|row| self.labels.up[row].map(|up| (row, up))).collect()
    }
}

/// The two parts of the validation rows, cut at the recipe's `head_share`: the head is fitted on the first, and its number of trees
/// chosen on the second.
///
/// The LSTM stops early by its loss on the first part. So the head sees outputs of the LSTM for rows that it did not
/// fit - on its own training rows the LSTM is more confident than it deserves, and a head fitted there would learn to trust
/// it - and the second part stays a span that neither the LSTM nor the leaves of the head were fitted on, fit for
/// thresholds. The parts are an embargo apart.
#[must_use]
pub fn head_rows(recipe: &Recipe, dataset: &Dataset) -> (Range<usize>, Range<usize>) {
    let rows = dataset.split.validation.clone();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a number of rows"
    )]
    let cut = rows.start + (rows.len() as f64 * recipe.head_share) as usize;
    let known_at = dataset.frame.known_at();
    let clear = |&row: &usize| known_at[cut] - known_at[row] >= recipe.embargo;
    let end = (rows.start..cut).rev().find(clear).map_or(rows.start, |row| row + 1);
    (rows.start..end, cut..rows.end)
}

/// The first row of some bars whose features a training asks for.
pub(crate) fn first_needed(recipe: &Recipe, bars: &Bars) -> usize {
    let first = recipe.train_start.map_or(0, |start| {
        bars.open_time().partition_point(|&open| open + bars.interval() < start)
    });
    first.saturating_sub(recipe.lstm.steps)
}

/// A stop inside the features is a stop of this crate.
pub(crate) fn stopped(error: mantis_features::Error) -> Error {
    match error {
        mantis_features::Error::Stopped { done, total } => {
            Error::Stopped { stage: Stage::Features.name(), done, total }
        }
        other => other.into(),
    }
}

/// The progress closure of somebody who does not want to know.
pub fn quiet() -> impl FnMut(Stage, usize, usize) -> ControlFlow<()> {
    |_, _, _| ControlFlow::Continue(())
}
