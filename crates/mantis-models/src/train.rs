//! From a recipe and its data to an artifact.

use std::ops::Range;

use mantis_data::Panel;
use mantis_features::select::{FeatureSelector, Selection};

use crate::artifact::Artifact;
use crate::dataset::Dataset;
use crate::gbdt::{GbdtBackend, Table};
use crate::lstm::{self, Examples, Lstm, RunOptions};
use crate::progress::{Progress, Stage};
use crate::recipe::Recipe;
use crate::scaler::Scaler;
use crate::sequences::Sequences;
use crate::training_log::{FittedRows, TrainingLog};
use crate::{Error, Result};

/// What a training gave beside the artifact.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The model.
    pub artifact: Artifact,
    /// The choice of the columns.
    pub selection: Selection,
    /// Rows that each part was fitted on.
    pub rows: FittedRows,
}

/// The two halves of the validation rows: the head is fitted on the first, and its number of trees chosen on the second.
///
/// The LSTM stops early by its loss on the first half. So the head sees outputs of the LSTM for rows that it did not
/// fit - on its own training rows the LSTM is more confident than it deserves, and a head fitted there would learn to trust
/// it - and the second half stays a span that neither the LSTM nor the leaves of the head were fitted on, fit for
/// thresholds. The halves are an embargo apart.
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

/// Rows, and whether the price rose after each.
type Labelled = (Vec<usize>, Vec<bool>);

fn examples((rows, up): &Labelled) -> Examples {
    Examples::directions(rows.clone(), up)
}

/// Chooses columns, fits the scaler, the LSTM and the head, each on the rows that the recipe gives it, and nothing on
/// test rows.
///
/// # Errors
/// The errors of the parts; [`Error::TooFewRows`] for a part without rows and [`Error::Stopped`] when `progress` breaks.
pub fn train(
    recipe: &Recipe,
    panel: &Panel,
    dataset: &Dataset,
    backend: &dyn GbdtBackend,
    threads: usize,
    progress: &mut Progress<'_>,
) -> Result<Trained> {
    recipe.check()?;
    let step = |progress: &mut Progress<'_>, stage: Stage, done, total| {
        let stage_name = stage.name();
        if progress(stage, done, total).is_break() {
            return Err(Error::Stopped { stage: stage_name, done, total });
        }
        Ok(())
    };
    step(progress, Stage::Select, 0, 1)?;
    let view = dataset.training()?;
    let selection = recipe.selector.select(&view)?;
    let scaler = Scaler::fit(&view, &selection.names)?;
    let sequences = Sequences::new(&dataset.frame, &scaler, recipe.lstm.steps)?;
    step(progress, Stage::Select, 1, 1)?;

    let (head_fit, head_stop) = head_rows(recipe, dataset);
    let part = |rows: Range<usize>| {
        let pairs = dataset.labelled(rows).into_iter().filter(|&(row, _)| sequences.has(row));
        pairs.unzip()
    };
    let (train, fit, stop): (Labelled, Labelled, Labelled) =
        (part(dataset.split.train.clone()), part(head_fit), part(head_stop));
    let (weights, curves) = lstm::train(
        (&recipe.lstm, &recipe.training),
        &sequences,
        (&examples(&train), &examples(&fit)),
        &RunOptions { seed: recipe.seed, threads, checkpoint: None },
        progress,
    )?;

    step(progress, Stage::Head, 0, 1)?;
    let network = Lstm::new(&weights);
    let pool = crate::pool(threads)?;
    let outputs = |(rows, _): &Labelled| pool.install(|| network.of_rows(&sequences, rows));
    let (fit_outputs, stop_outputs) = (outputs(&fit)?, outputs(&stop)?);
    let columns = recipe.lstm.dense[1];
    let head = backend.fit(
        &recipe.head,
        Table { values: &fit_outputs.hidden, columns, up: &fit.1 },
        Table { values: &stop_outputs.hidden, columns, up: &stop.1 },
    )?;
    step(progress, Stage::Head, 1, 1)?;

    let rows = FittedRows {
        selection: view.up().len(),
        lstm: train.0.len(),
        head: fit.0.len(),
        head_validation: stop.0.len(),
    };
    let log = TrainingLog { curves, rows };
    let artifact =
        Artifact::new(recipe.clone(), (panel, &dataset.frame), (scaler, weights, head), log)?;
    Ok(Trained { artifact, selection, rows })
}
