//! The main job: from bundled bars to a judged, paid and sealed one-hour forecast of BTC.

mod data;
mod pay;
mod pictures;
mod report;
mod submission;
mod summary;

use std::path::PathBuf;

use mantis_data::challenge::{ChallengeTable, EmbeddingSet};
use mantis_data::{Interval, Timestamp};
use mantis_eval::metrics::PassCriterion;
use mantis_models::gbdt::LightGbm;
use mantis_models::{Artifact, Dataset, Forecast, Recipe, Stage, TrainOptions, Trained, train};

use crate::models::judge::judge;
use crate::ui::Stages;
use crate::{Error, Result};

pub use crate::models::judge::{Judged, Model};
pub use data::Loaded;
pub use submission::Sealed;

/// What `demo` was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder with the bundled data.
    pub data_dir: PathBuf,
    /// Folder for report, metrics, artifact and bucket.
    pub out: PathBuf,
    /// All stages on less: 12 months of training, 2 epochs, windows of 256 bars.
    pub quick: bool,
    /// Seed of the training and of the simulated market.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// Now, for the round of the time lock.
    pub now: Timestamp,
    /// No progress bars.
    pub quiet: bool,
}

/// The symbol that is forecast.
pub const SYMBOL: &str = "BTCUSDT";
/// Its ticker in the challenge table.
pub const TICKER: &str = "BTC";
const STAGES: usize = 8;

/// What the run gave.
#[derive(Debug)]
pub struct Outcome {
    /// The data.
    pub loaded: Loaded,
    /// Columns, labels and split.
    pub dataset: Dataset,
    /// The model.
    pub trained: Trained,
    /// The model and the baselines on the test span.
    pub judged: Judged,
    /// What it would have been paid.
    pub pay: mantis_eval::simulate::PayReport,
    /// Forecast of the last bar.
    pub live: Forecast,
    /// The sealed embedding of the last bar.
    pub sealed: Sealed,
    /// Seconds by stage.
    pub seconds: Vec<(&'static str, f64)>,
    /// Seconds in all.
    pub total_seconds: f64,
}

/// The recipe of the demo.
///
/// # Errors
/// As [`Recipe::guide`].
pub fn recipe(options: &Options) -> Result<Recipe> {
    let mut recipe = Recipe::guide(SYMBOL)?;
    recipe.seed = options.seed;
    if options.quick {
        recipe.plan = recipe.plan.with_vmd_window(256);
        recipe.train_start = Some(recipe.dates.train_end - Interval::days(365));
        recipe.training.epochs = 2;
    }
    Ok(recipe)
}

/// Runs all stages and writes `report.html`, `metrics.json`, `graph.json`, `graph.graphml`, `artifact/` and `bucket/`.
///
/// # Errors
/// The errors of the stages, each with one message; nothing half-written is left behind.
pub fn run(options: &Options) -> Result<Outcome> {
    let recipe = recipe(options)?;
    let mut stages = Stages::new(STAGES, options.quiet);
    let threads = options.threads;

    let stage = stages.start("data", "loading and checking bars");
    let loaded = data::load(&options.data_dir)?;
    stages.finish(stage);

    let stage = stages.start("features", "modes and indicators");
    let dataset =
        Dataset::new(&recipe, &loaded.panel, threads, &mut |_, done, total| stage.at(done, total))?;
    stages.finish(stage);

    let stage = stages.start("training", "choosing columns");
    let run = TrainOptions::threads(threads);
    let trained =
        train(&recipe, &loaded.panel, &dataset, &LightGbm, &run, &mut |part, done, total| {
            if part == Stage::Lstm {
                stage.say(format!("LSTM, at most {} epochs", recipe.training.epochs));
                return stage.at(done, total);
            }
            std::ops::ControlFlow::Continue(())
        })?;
    stages.finish(stage);

    let stage = stages.start("artifact", "saving, loading, comparing");
    let folder = options.out.join("artifact");
    trained.artifact.save(&folder)?;
    let artifact = Artifact::load(&folder)?;
    let live = artifact.latest(&loaded.panel, threads)?;
    same_bits(&live, &trained.artifact, &dataset)?;
    stages.finish(stage);

    let stage = stages.start("judgement", "test span and baselines");
    let judged = judge(
        &recipe,
        &dataset,
        &artifact,
        dataset.split.test.clone(),
        PassCriterion::default(),
        threads,
    )?;
    stages.finish(stage);

    let stage = stages.start("pay", "validator's scoring");
    let pay = pay::simulate(options, &loaded, &judged, &mut |done, total| stage.at(done, total))?;
    stages.finish(stage);

    let stage = stages.start("submission", "sealing and opening");
    let table = ChallengeTable::profile("guide")?;
    let embedding = artifact.embedding(table.get(TICKER)?, &live)?;
    let embeddings = EmbeddingSet::new(&table, vec![embedding])?;
    let sealed = submission::seal_and_store(&embeddings, &options.out.join("bucket"), options.now)?;
    stages.finish(stage);

    let stage = stages.start("report", "drawing");
    let mut outcome = Outcome {
        loaded,
        dataset,
        trained,
        judged,
        pay,
        live,
        sealed,
        seconds: stages.seconds().to_vec(),
        total_seconds: 0.0,
    };
    report::write(options, &outcome)?;
    stages.finish(stage);
    outcome.seconds = stages.seconds().to_vec();
    outcome.total_seconds = stages.total_seconds();
    summary::write_metrics(options, &outcome)?;
    summary::write_graph(options, &outcome.trained.selection)?;
    Ok(outcome)
}

/// What the loaded model says live of the last bar equals what the trained one says of it among all others, bit for bit.
fn same_bits(live: &Forecast, trained: &Artifact, dataset: &Dataset) -> Result<()> {
    let rows = dataset.frame.len();
    let back_test = trained.forecasts(&dataset.frame, dataset.split.test.start..rows, 1)?;
    let expected = back_test.last();
    let same = expected.is_some_and(|f| {
        f.row == live.row && f.p_up.to_bits() == live.p_up.to_bits() && f.hidden == live.hidden
    });
    if same {
        return Ok(());
    }
    Err(Error::SelfCheck {
        what: "live forecast of the loaded artifact",
        got: format!("{live:?}"),
        expected: format!("{expected:?}"),
    })
}

impl Outcome {
    /// The result for a person.
    #[must_use]
    pub fn summary(&self, options: &Options) -> String {
        summary::text(options, self)
    }

    /// The result for a program: what `metrics.json` holds.
    #[must_use]
    pub fn json(&self, options: &Options) -> String {
        summary::metrics(options, self)
    }
}

/// The bars of the symbol that is forecast.
fn bars(loaded: &Loaded) -> Result<&mantis_data::Bars> {
    let missing = || mantis_features::Error::MissingSymbol { symbol: SYMBOL.to_owned() };
    Ok(loaded.panel.bars(SYMBOL).ok_or_else(missing)?)
}
