//! A walk forward: the model is fitted again and again, each time on what was known, and judged on what came next.

mod fold;
mod report;
mod rivals;
mod trailing;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use mantis_data::{Challenge, Interval, Panel, Timestamp};
use mantis_models::{Dataset, Recipe};

use super::market;
use super::train::{Changes, Engine, recipe};
use crate::files::create_folder;
use crate::ui::{Stage, Stages};
use crate::{Error, Result};

pub use trailing::Trailing;

pub use super::compare::Comparison;
pub use fold::{FOLD_MODELS, Fold, POOLED_MODELS};
pub use report::{Row, Walked};

/// How to walk.
///
/// | field | meaning |
/// |---|---|
/// | `from`, `to` | the closes that are judged |
/// | `refit` | from one fit to the next |
/// | `validation` | span before a fold for early stopping and for the head |
/// | `train` | span of training before that; none: all there is |
/// | `seeds` | trainings whose probabilities are averaged |
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder with market data.
    pub data_dir: PathBuf,
    /// Folder of the folds that are done, those of a ticker in a folder of its own.
    pub out: PathBuf,
    /// Data after it is not read.
    pub as_of: Timestamp,
    /// First close.
    pub from: Timestamp,
    /// End of the closes.
    pub to: Timestamp,
    /// From one fit to the next.
    pub refit: Interval,
    /// Span before a fold for early stopping and for the head.
    pub validation: Interval,
    /// Span of training before that.
    pub train: Option<Interval>,
    /// Trainings in each fold.
    pub seeds: u64,
    /// What differs from the guide's recipe.
    pub changes: Changes,
    /// The engine of the head.
    pub engine: Engine,
    /// Threads.
    pub threads: usize,
    /// No progress bars.
    pub quiet: bool,
}

/// Walks. A fold that is in the folder already, of the same recipe and data, is not fitted again.
///
/// # Errors
/// Those of the data and of the training, and [`Error::Usage`] for a folder with folds of something else.
pub fn walk(challenge: &Challenge, options: &Options) -> Result<Walked> {
    let mut stages = Stages::new(2, options.quiet);
    let recipe = recipe(challenge, &options.changes, options.engine)?;
    let symbol = recipe.plan.symbol().to_owned();
    let data = market::open(&options.data_dir)?;
    let panel = market::training_panel(&data, &recipe, options.as_of)?;
    let (first, known) = reach(&panel, &symbol)?;
    let spans = spans(options, first, known)?;
    let recipes: Vec<Recipe> =
        spans.iter().map(|&(start, end)| of_fold(&recipe, options, start, end)).collect();

    let stage = stages.start("features", &challenge.ticker);
    // All rows are computed, so that no fold depends on where the walk starts.
    let whole = Recipe { train_start: None, ..recipes[0].clone() };
    let dataset =
        Dataset::new(&whole, &panel, options.threads, &mut |_, done, total| stage.at(done, total))?;
    stages.finish(stage);

    let stage = stages.start("folds", &challenge.ticker);
    let out = options.out.join(&challenge.ticker);
    create_folder(&out)?;
    let folds = side_by_side(recipes.len(), options.threads, &stage, |i| {
        // As many folds at once as threads: each of them is then done on one, which changes no number.
        fold::run(&recipes[i], &panel, &dataset, &out, &Options { threads: 1, ..options.clone() })
    })?;
    stages.finish(stage);
    report::walked(challenge, &recipe, &folds)
}

/// Runs so many jobs, several at once; the first error ends it after the jobs that are running.
fn side_by_side<T: Send>(
    jobs: usize,
    threads: usize,
    stage: &Stage,
    run: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let (next, (done, finished)) = (AtomicUsize::new(0), mpsc::channel());
    let mut results: Vec<Option<T>> = (0..jobs).map(|_| None).collect();
    let (next, run) = (&next, &run);
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, jobs.max(1)) {
            let done = done.clone();
            scope.spawn(move || {
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    if job >= jobs || done.send((job, run(job))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let _ = stage.at(0, jobs);
        for (count, (job, result)) in finished.into_iter().enumerate() {
            // An error drops the channel, whose end keeps the threads from taking another job.
            results[job] = Some(result?);
            let _ = stage.at(count + 1, jobs);
        }
        Ok(results.into_iter().flatten().collect())
    })
}

/// When the first bar is known, and the last one.
fn reach(panel: &Panel, symbol: &str) -> Result<(Timestamp, Timestamp)> {
    let missing = || mantis_features::Error::MissingSymbol { symbol: symbol.to_owned() };
    let bars = panel.bars(symbol).filter(|bars| !bars.is_empty()).ok_or_else(missing)?;
    Ok((bars.known_at(0), bars.known_at(bars.len() - 1)))
}

/// Start and end of each fold, none of which lies after the data.
fn spans(
    options: &Options,
    first: Timestamp,
    known: Timestamp,
) -> Result<Vec<(Timestamp, Timestamp)>> {
    if options.refit < Interval::DAY || options.from >= options.to {
        return Err(Error::usage(
            "a walk forward needs --test-start before --test-end, and --refit-days of at least 1",
        ));
    }
    let trained_from = options.from - options.validation;
    if trained_from <= first || options.from >= known {
        return Err(Error::usage(&format!(
            "the bars reach from {first} to {known}, and training ends {trained_from}, validation at --test-start {}; choose a --test-start between, or fewer --val-days",
            options.from
        )));
    }
    let to = options.to.min(known);
    let mut spans = Vec::new();
    let mut start = options.from;
    while start < to {
        let full = start + options.refit;
        // What is left over is not worth a fit of its own if it is shorter than half a fold.
        let half = Interval::from_micros(options.refit.as_micros() / 2);
        let end = if full + half > to { to } else { full };
        spans.push((start, end));
        start = end;
    }
    Ok(spans)
}

fn of_fold(recipe: &Recipe, options: &Options, start: Timestamp, end: Timestamp) -> Recipe {
    let mut recipe = recipe.clone();
    recipe.dates.train_end = start - options.validation;
    recipe.dates.validation_end = start;
    recipe.dates.test_end = end;
    if let Some(span) = options.train {
        recipe.train_start = Some(recipe.dates.train_end - span);
    }
    recipe
}
