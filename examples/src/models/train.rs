//! What the program `train` does: a model for each challenge, from data to an artifact on disk.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use mantis_data::input::{self, most};
use mantis_data::{Challenge, Interval, LossKind, Panel, Timestamp};
use mantis_eval::metrics::PassCriterion;
use mantis_features::plan::FeaturePlan;
use mantis_features::select::Selector;
use mantis_models::gbdt::{GbdtBackend, LightGbm, NativeGbdt};
use mantis_models::lstm::Device;
use mantis_models::{Artifact, Dataset, Recipe, Stage, TrainOptions, Trained, train};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::check::{Checked, Outcome};
use super::flags::Plan;
use super::judge::{self, Judged};
use super::sync::{Fetching, sync};
use super::{heads, market};
use crate::files::create_folder;
use crate::ui::Stages;
use crate::{Error, Result};

/// Microseconds of a block.
const BLOCK: i64 = 12_000_000;

/// The engine of the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// LightGBM (C++).
    #[default]
    LightGbm,
    /// The crate `gbdt` (pure Rust).
    Native,
}

impl Engine {
    /// The engine behind the trait.
    #[must_use]
    pub fn backend(self) -> &'static dyn GbdtBackend {
        match self {
            Self::LightGbm => &LightGbm,
            Self::Native => &NativeGbdt,
        }
    }
}

/// What differs from the guide's recipe; a field that is not given leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// A TOML file with parts of a recipe.
    pub config: Option<PathBuf>,
    /// First close to train on.
    pub train_start: Option<Timestamp>,
    /// End of training.
    pub train_end: Option<Timestamp>,
    /// End of validation.
    pub validation_end: Option<Timestamp>,
    /// Most epochs of the LSTM.
    pub epochs: Option<usize>,
    /// Sequences in one step of the LSTM.
    pub batch: Option<usize>,
    /// Choice of the columns.
    pub selector: Option<Selector>,
    /// Columns to choose from.
    pub plan: Plan,
    /// Other assets or symbols that the LSTM is trained on as well; none leaves the recipe's.
    pub companions: Vec<String>,
    /// Seed.
    pub seed: Option<u64>,
}

/// What `train` was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder with market data.
    pub data_dir: PathBuf,
    /// Folder with a model for each ticker.
    pub model_dir: PathBuf,
    /// Data after it is not read.
    pub as_of: Timestamp,
    /// What differs from the guide's recipe.
    pub changes: Changes,
    /// The engine of the head.
    pub engine: Engine,
    /// Where the LSTM is trained.
    pub device: Device,
    /// Threads.
    pub threads: usize,
    /// Whether a training that was killed goes on from its checkpoint.
    pub resume: bool,
    /// Where data that is missing is fetched from; nothing is fetched without.
    pub fetching: Option<Fetching>,
    /// No progress bars.
    pub quiet: bool,
}

/// The recipe of a challenge: the guide's, then the file, then the flags.
///
/// # Errors
/// For a file that is no part of a recipe, and a challenge that this recipe does not serve.
pub fn recipe(challenge: &Challenge, changes: &Changes, engine: Engine) -> Result<Recipe> {
    if challenge.loss != LossKind::Binary {
        return Err(Error::usage(&format!(
            "{}: a challenge of kind {} is not trained by this recipe",
            challenge.ticker, challenge.loss
        )));
    }
    let mut recipe = Recipe::guide(&market::symbol(&challenge.assets[0]))?;
    if let Some(blocks) = challenge.blocks_ahead {
        recipe.horizon = Interval::from_micros(i64::from(blocks) * BLOCK);
        recipe.embargo = recipe.embargo.max(recipe.horizon);
    }
    recipe.head = engine.backend().capabilities().defaults();
    if let Some(path) = &changes.config {
        recipe = merged(&recipe, path)?;
    }
    let dates = &mut recipe.dates;
    dates.train_end = changes.train_end.unwrap_or(dates.train_end);
    dates.validation_end = changes.validation_end.unwrap_or(dates.validation_end);
    recipe.train_start = changes.train_start.or(recipe.train_start);
    recipe.training.epochs = changes.epochs.unwrap_or(recipe.training.epochs);
    recipe.training.batch = changes.batch.unwrap_or(recipe.training.batch);
    if let Some(selector) = &changes.selector {
        recipe.selector = selector.clone().with_n(recipe.selector.n());
    }
    if changes.plan == Plan::Default {
        let modes = recipe.plan.modes().clone();
        recipe.plan = FeaturePlan::default_for(recipe.plan.symbol()).with_modes(modes);
    }
    let companions = &mut recipe.companions;
    if !changes.companions.is_empty() {
        companions.symbols.clone_from(&changes.companions);
    }
    companions.symbols.iter_mut().for_each(|name| *name = market::symbol(name));
    recipe.seed = changes.seed.unwrap_or(recipe.seed);
    recipe.check().map_err(|error| Error::usage(&error.to_string()))?;
    Ok(recipe)
}

/// A recipe with the fields of a TOML file in place of its own.
pub(super) fn merged<T: Serialize + DeserializeOwned>(recipe: &T, path: &Path) -> Result<T> {
    let read = |source| Error::Read { path: path.to_owned(), source };
    let wrong = |problem: String| Error::usage(&format!("--config {}: {problem}", path.display()));
    let text = input::text(path, most::SETTINGS).map_err(read)?;
    let file: Value = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let mut whole = serde_json::to_value(recipe).map_err(|error| wrong(error.to_string()))?;
    overlay(&mut whole, file);
    serde_json::from_value(whole).map_err(|error| wrong(error.to_string()))
}

/// Puts `over` on top of `under`, field by field. A part that names another `method` is another thing and keeps none of the old fields.
pub(super) fn overlay(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            if over.get("method").is_some_and(|method| under.get("method") != Some(method)) {
                under.clear();
            }
            for (key, value) in over {
                overlay(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

impl Options {
    /// The same without what is of the LSTM alone.
    #[must_use]
    pub fn of_trees(&self) -> Self {
        let changes = Changes {
            epochs: None,
            batch: None,
            selector: None,
            plan: Plan::Guide,
            companions: Vec::new(),
            ..self.changes.clone()
        };
        Self { changes, device: Device::Cpu, resume: false, ..self.clone() }
    }
}

/// The flags given that have no meaning for the challenge.
#[must_use]
pub fn unused(challenge: &Challenge, options: &Options) -> Vec<&'static str> {
    if challenge.loss == LossKind::Binary {
        return Vec::new();
    }
    let given = [
        ("--epochs", options.changes.epochs.is_some()),
        ("--batch-size", options.changes.batch.is_some()),
        ("--selector", options.changes.selector.is_some()),
        ("--plan", options.changes.plan != Plan::Guide),
        ("--companion", !options.changes.companions.is_empty()),
        ("--device", options.device != Device::Cpu),
        ("--resume", options.resume),
    ];
    given.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect()
}

/// Trains the model of a challenge of any kind.
///
/// # Errors
/// As [`run`] and [`heads::train`], and [`Error::Usage`] for flags that the kind has no use for.
pub fn run_any(challenge: &Challenge, options: &Options) -> Result<Outcome> {
    if challenge.loss == LossKind::Binary {
        return Ok(Outcome::Direction(Box::new(run(challenge, options)?)));
    }
    let unused = unused(challenge, options);
    if !unused.is_empty() {
        return Err(Error::usage(&format!(
            "{}: {} is of the LSTM, which a challenge of kind {} has not; leave it out",
            challenge.ticker,
            unused.join(", "),
            challenge.loss
        )));
    }
    let symbols: Vec<String> = challenge.assets.iter().map(|a| market::symbol(a)).collect();
    let warnings = sync(&challenge.ticker, &symbols, options)?;
    let mut report = heads::train(challenge, options)?;
    report.warnings = warnings;
    Ok(Outcome::Answers(report))
}

/// Trains the model of one challenge, stores it as `TICKER` in the folder of the models, and judges it on what data there is
/// after its own.
///
/// # Errors
/// Those of the data, of the training and of the folder.
pub fn run(challenge: &Challenge, options: &Options) -> Result<Checked> {
    let mut recipe = recipe(challenge, &options.changes, options.engine)?;
    let symbol = recipe.plan.symbol().to_owned();
    let mut stages = Stages::new(4, options.quiet);
    let stage = stages.start("data", &symbol);
    let warnings = sync(&challenge.ticker, &market::training_inputs(&recipe), options)?;
    let data = market::open(&options.data_dir)?;
    let panel = market::training_panel(&data, &recipe, options.as_of)?;
    recipe.dates.test_end = test_end(&panel, &recipe);
    stages.finish(stage);

    let stage = stages.start("features", &challenge.ticker);
    let threads = options.threads;
    let dataset =
        Dataset::new(&recipe, &panel, threads, &mut |_, done, total| stage.at(done, total))?;
    stages.finish(stage);

    let stage = stages.start("training", &challenge.ticker);
    let folder = options.model_dir.join(&challenge.ticker);
    let checkpoint = checkpoint(&options.model_dir, &challenge.ticker, options.resume)?;
    let run =
        TrainOptions { threads, device: options.device, checkpoint: Some(checkpoint.clone()) };
    let backend = options.engine.backend();
    let trained = train(&recipe, &panel, &dataset, backend, &run, &mut |part, done, total| {
        if part == Stage::Lstm {
            stage.say(format!(
                "{}: LSTM, at most {} epochs",
                challenge.ticker, recipe.training.epochs
            ));
            return stage.at(done, total);
        }
        ControlFlow::Continue(())
    })?;
    trained.artifact.save(&folder)?;
    remove(&checkpoint)?;
    stages.finish(stage);

    let stage = stages.start("judgement", &challenge.ticker);
    let judged = judged(&recipe, &dataset, &trained, threads)?;
    stages.finish(stage);
    let split = &dataset.split;
    Ok(Checked {
        challenge: challenge.clone(),
        bars: panel.bars(&symbol).map_or(0, mantis_data::Bars::len),
        left_out: dataset.frame.left_out().to_vec(),
        warnings,
        symbol,
        rows: [split.train.len(), split.validation.len(), split.test.len()],
        span: (recipe.dates.validation_end, recipe.dates.test_end),
        criterion: PassCriterion::default(),
        judged,
    })
}

/// The recipe's end of the test, or where the data ends: a test without bars is left out.
fn test_end(panel: &Panel, recipe: &Recipe) -> Timestamp {
    let dates = recipe.dates;
    let bars = panel.bars(recipe.plan.symbol());
    let known = bars.and_then(|bars| Some(*bars.open_time().last()? + bars.interval()));
    let end = known.map_or(dates.validation_end, |known| known + panel.interval());
    if end <= dates.validation_end + panel.interval() { dates.validation_end } else { end }
}

fn judged(
    recipe: &Recipe,
    dataset: &Dataset,
    trained: &Trained,
    threads: usize,
) -> Result<Option<Judged>> {
    let test = dataset.split.test.clone();
    if dataset.labels.up[test.clone()].iter().flatten().next().is_none() {
        return Ok(None);
    }
    let criterion = PassCriterion::default();
    let artifact: &Artifact = &trained.artifact;
    Ok(Some(judge::judge(recipe, dataset, artifact, test, criterion, threads)?))
}

/// Where the state of a training is kept while it runs. One that is not to be resumed starts without.
fn checkpoint(model_dir: &Path, ticker: &str, resume: bool) -> Result<PathBuf> {
    create_folder(model_dir)?;
    let path = model_dir.join(format!(".{ticker}.checkpoint"));
    if !resume {
        remove(&path)?;
    }
    Ok(path)
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::Write { path: path.to_owned(), action: "remove the checkpoint", source })
        }
        _ => Ok(()),
    }
}
