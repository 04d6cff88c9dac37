//! From a recipe and its data to an artifact.

use std::ops::Range;
use std::path::PathBuf;

use mantis_data::Panel;
use mantis_features::select::{FeatureSelector, Selection};

use crate::artifact::Artifact;
use crate::dataset::{Dataset, head_rows};
use crate::gbdt::{GbdtBackend, Table};
use crate::lessons::{Labelled, Lessons};
use crate::lstm::{self, Device, Examples, Lstm, RunOptions};
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

/// How a training is run; apart from the rounding of a CUDA device nothing here changes its result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainOptions {
    /// Threads; 0: one for each core.
    pub threads: usize,
    /// Where the LSTM is trained.
    pub device: Device,
    /// File that keeps the state of the LSTM after each epoch. A training that finds one goes on from there.
    pub checkpoint: Option<PathBuf>,
}

impl TrainOptions {
    /// So many threads, on the processor, without a checkpoint.
    #[must_use]
    pub fn threads(threads: usize) -> Self {
        Self { threads, ..Self::default() }
    }
}

/// Chooses columns, fits the scaler, the LSTM and the head, each on the rows that the recipe gives it, and nothing on
/// test rows. The LSTM is trained on the rows of the dataset's companions as well; the artifact is about the symbol alone.
///
/// # Errors
/// The errors of the parts; [`Error::TooFewRows`] for a part without rows and [`Error::Stopped`] when `progress` breaks.
pub fn train(
    recipe: &Recipe,
    panel: &Panel,
    dataset: &Dataset,
    backend: &dyn GbdtBackend,
    options: &TrainOptions,
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
    let lessons = Lessons::new(recipe, dataset, &selection.names, &sequences, &train)?;
    let (weights, curves) = lstm::train(
        (&recipe.lstm, &recipe.training),
        &lessons.sequences,
        (&lessons.train, &Examples::directions(fit.0.clone(), &fit.1)),
        &RunOptions {
            seed: recipe.seed,
            threads: options.threads,
            device: options.device,
            checkpoint: options.checkpoint.clone(),
        },
        progress,
    )?;

    let weights = lessons.own(weights);

    step(progress, Stage::Head, 0, 1)?;
    let network = Lstm::new(&weights);
    let pool = crate::pool(options.threads)?;
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
        companions: lessons.companions,
    };
    let log = TrainingLog { curves, rows: rows.clone() };
    let artifact =
        Artifact::new(recipe.clone(), (panel, &*dataset.frame), (scaler, weights, head), log)?;
    Ok(Trained { artifact, selection, rows })
}
