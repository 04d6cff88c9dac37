//! What the program `sweep` does: a search over the parameters of a recipe.
//!
//! A trial is judged on the last days of the recipe's validation and has its own training and validation before them, so that the
//! search never sees the test period: data after the end of validation is not read at all.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use mantis_data::{Challenge, Interval, Panel};
use mantis_eval::metrics::{Judgement, PassCriterion};
use mantis_models::{Dataset, Recipe, TrainOptions, quiet, train};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::flags::now;
use super::text::write_whole;
use super::train::{Changes, Engine, overlay, recipe};
use super::{judge, market};
use crate::runs::{Made, RunFlags};
use crate::ui::Stages;
use crate::{Error, Result};

/// Which combinations of values are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// All of them.
    Grid,
    /// So many of them, drawn without repetition by a seed.
    Random {
        /// How many.
        trials: usize,
        /// The seed.
        seed: u64,
    },
}

/// How to search.
///
/// | field | meaning |
/// |---|---|
/// | `space` | a TOML file: a list of values for each part of a recipe, as `lstm.hidden = [64, 128]` |
/// | `judged` | span at the end of validation that trials are judged on |
/// | `shard` | `(i, n)`: the trials whose number leaves `i` when it is divided by `n` |
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder with market data.
    pub data_dir: PathBuf,
    /// Folder of the trials that are done, those of a ticker in a folder of its own.
    pub out: PathBuf,
    /// What differs from the guide's recipe in all trials.
    pub changes: Changes,
    /// The values to try.
    pub space: PathBuf,
    /// Which combinations.
    pub search: Search,
    /// Span at the end of validation that trials are judged on.
    pub judged: Interval,
    /// Which part of the trials is run here.
    pub shard: (usize, usize),
    /// The engine of the head.
    pub engine: Engine,
    /// The record that trials are added to.
    pub record: RunFlags,
    /// Threads.
    pub threads: usize,
    /// No progress bars.
    pub quiet: bool,
}

/// One combination of values, and what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Its number in the search.
    pub number: usize,
    /// The values by name.
    pub values: BTreeMap<String, Value>,
    /// The whole recipe.
    pub recipe: Value,
    /// Fingerprint of the data.
    pub data: String,
    /// Hours judged.
    pub rows: usize,
    /// Mean log loss of the hybrid, by which trials are ordered.
    pub log_loss: f64,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Accuracy.
    pub accuracy: f64,
}

/// The trials that are done, the best first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Swept {
    /// The trials.
    pub trials: Vec<Trial>,
    /// Combinations in the search, where it is known.
    pub planned: Option<usize>,
}

/// Runs the trials of a shard that are not done yet.
///
/// # Errors
/// Those of the data and of the training, [`Error::Usage`] for a space that is no part of a recipe and for a folder with trials of
/// something else.
pub fn sweep(challenge: &Challenge, options: &Options) -> Result<Swept> {
    let (shard, shards) = options.shard;
    if shards == 0 || shard >= shards || options.judged < Interval::DAY {
        return Err(Error::usage(
            "a sweep needs --shard I/N with I from 1 to N, and --judge-days of at least 1",
        ));
    }
    let mut base = recipe(challenge, &options.changes, options.engine)?;
    let dates = &mut base.dates;
    dates.test_end = dates.validation_end;
    dates.validation_end = dates.validation_end - options.judged;
    dates.train_end = dates.train_end - options.judged;
    let space = Space::read(&options.space)?;
    let numbers = space.numbers(options.search);
    let trials: Vec<(usize, BTreeMap<String, Value>, Recipe)> = numbers
        .iter()
        .enumerate()
        .filter(|(number, _)| number % shards == shard)
        .map(|(number, &at)| {
            let values = space.values(at);
            let recipe = applied(&base, &values, &options.space)?;
            Ok((number, values, recipe))
        })
        .collect::<Result<_>>()?;
    let data = market::open(&options.data_dir)?;
    let panel = market::panel(&data, base.plan.symbol(), base.dates.test_end)?;
    let out = options.out.join(&challenge.ticker);
    std::fs::create_dir_all(&out).map_err(|source| Error::Write {
        path: out.clone(),
        action: "create the folder",
        source,
    })?;
    let mut stages = Stages::new(1, options.quiet);
    let stage = stages.start("trials", &challenge.ticker);
    let mut dataset: Option<(Recipe, Dataset)> = None;
    for (i, (number, values, recipe)) in trials.iter().enumerate() {
        let _ = stage.at(i, trials.len());
        let wanted = Trial {
            number: *number,
            values: values.clone(),
            recipe: serde_json::to_value(recipe).map_err(|e| Error::usage(&e.to_string()))?,
            data: panel.fingerprint(),
            rows: 0,
            log_loss: 0.0,
            auc: 0.0,
            accuracy: 0.0,
        };
        let path = out.join(format!("trial-{number:05}.json"));
        if done(&path, &wanted)? {
            continue;
        }
        // Columns are computed again only if they, or the rows they are needed of, are others.
        let same = |of: &Recipe| {
            (&of.plan, of.horizon, of.train_start)
                == (&recipe.plan, recipe.horizon, recipe.train_start)
                && of.lstm.steps >= recipe.lstm.steps
        };
        let current = match dataset.take().filter(|(of, _)| same(of)) {
            Some((_, old)) => old.with_dates(recipe)?,
            None => Dataset::new(recipe, &panel, options.threads, &mut quiet())?,
        };
        let span = (recipe.dates.validation_end, recipe.dates.test_end);
        let admitted = options.record.ask(&challenge.ticker, span, now())?;
        let (trial, judgement) = tried(recipe, &panel, &current, options, wanted)?;
        dataset = Some((recipe.clone(), current));
        let text = serde_json::to_string(&trial).map_err(|e| Error::usage(&e.to_string()))?;
        write_whole(&path, &text)?;
        if let Some(admitted) = admitted {
            let (config, data) = (trial.recipe.clone(), trial.data.clone());
            admitted.record_judgement(
                Made { config, data, seed: recipe.seed },
                Some(&judgement),
                now(),
            )?;
        }
    }
    stages.finish(stage);
    Ok(Swept { planned: Some(numbers.len()), ..merge(&[out])? })
}

/// The trials of several folders, as shards leave them.
///
/// # Errors
/// For a folder that cannot be read, a file that is no trial, trials of different data, and two of one number that differ.
pub fn merge(folders: &[PathBuf]) -> Result<Swept> {
    let mut trials: BTreeMap<usize, Trial> = BTreeMap::new();
    for folder in folders {
        let read = |source| Error::Read { path: folder.clone(), source };
        for entry in std::fs::read_dir(folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let trial = stored(&path)?;
            let first = trials.values().next();
            let other = trials.get(&trial.number).is_some_and(|known| *known != trial)
                || first.is_some_and(|first| first.data != trial.data);
            if other {
                return Err(Error::usage(&format!(
                    "{}: this trial is of another search or of other data than the rest; give the folders of one search",
                    path.display()
                )));
            }
            trials.insert(trial.number, trial);
        }
    }
    let mut trials: Vec<Trial> = trials.into_values().collect();
    trials.sort_by(|a, b| a.log_loss.total_cmp(&b.log_loss));
    Ok(Swept { trials, planned: None })
}

fn tried(
    recipe: &Recipe,
    panel: &Panel,
    dataset: &Dataset,
    options: &Options,
    mut trial: Trial,
) -> Result<(Trial, Judgement)> {
    let threads = options.threads;
    let run = TrainOptions::threads(threads);
    let trained = train(recipe, panel, dataset, options.engine.backend(), &run, &mut quiet())?;
    let test = dataset.split.test.clone();
    let criterion = PassCriterion::default();
    let judged = judge::judge(recipe, dataset, &trained.artifact, test, criterion, threads)?;
    let judgement = &judged.hybrid.judgement;
    trial.rows = judgement.n;
    trial.log_loss = judgement.log_loss;
    trial.auc = judgement.auc;
    trial.accuracy = judgement.accuracy;
    Ok((trial, judged.hybrid.judgement))
}

fn stored(path: &Path) -> Result<Trial> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let wrong = |error: serde_json::Error| {
        Error::usage(&format!(
            "{}: this is not a whole trial ({error}); remove the file",
            path.display()
        ))
    };
    serde_json::from_str(&text).map_err(wrong)
}

/// Whether the trial is on disk.
fn done(path: &Path, wanted: &Trial) -> Result<bool> {
    if !path.exists() {
        return Ok(false);
    }
    let trial = stored(path)?;
    if (&trial.recipe, &trial.data) == (&wanted.recipe, &wanted.data) {
        return Ok(true);
    }
    Err(Error::usage(&format!(
        "{}: this trial is of another search or of other data; remove the folder, or give another --out",
        path.display()
    )))
}

fn applied(base: &Recipe, values: &BTreeMap<String, Value>, path: &Path) -> Result<Recipe> {
    let wrong =
        |error: serde_json::Error| Error::usage(&format!("--space {}: {error}", path.display()));
    let mut whole = serde_json::to_value(base).map_err(wrong)?;
    for (name, value) in values {
        let nest =
            |inner: Value, key: &str| Value::Object(Map::from_iter([(key.to_owned(), inner)]));
        overlay(&mut whole, name.rsplit('.').fold(value.clone(), nest));
    }
    let recipe: Recipe = serde_json::from_value(whole).map_err(wrong)?;
    if (recipe.dates, recipe.plan.symbol()) != (base.dates, base.plan.symbol()) {
        return Err(Error::usage(&format!(
            "--space {}: the dates and the symbol are not searched; leave them out",
            path.display()
        )));
    }
    Ok(recipe)
}

/// Names with their values, in order of the names.
#[derive(Debug, PartialEq)]
struct Space(Vec<(String, Vec<Value>)>);

impl Space {
    fn read(path: &Path) -> Result<Self> {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(read)?;
        let wrong = |problem: &str| Error::usage(&format!("--space {}: {problem}", path.display()));
        let file: Map<String, Value> = toml::from_str(&text).map_err(|e| wrong(&e.to_string()))?;
        let mut leaves = Vec::new();
        flatten("", file, &mut leaves);
        let mut names = Vec::new();
        for (name, value) in leaves {
            match value {
                Value::Array(values) if !values.is_empty() => names.push((name, values)),
                _ => return Err(wrong(&format!("{name}: expected a list of values to try"))),
            }
        }
        if names.is_empty() {
            return Err(wrong("it names nothing to try"));
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Self(names))
    }

    /// The combinations of a search; the last name turns fastest.
    fn numbers(&self, search: Search) -> Vec<usize> {
        let total = self.0.iter().fold(1_usize, |n, (_, values)| n.saturating_mul(values.len()));
        match search {
            Search::Grid => (0..total).collect(),
            Search::Random { trials, seed } => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rand::seq::index::sample(&mut rng, total, trials.min(total)).into_vec()
            }
        }
    }

    fn values(&self, mut at: usize) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        for (name, all) in self.0.iter().rev() {
            values.insert(name.clone(), all[at % all.len()].clone());
            at /= all.len();
        }
        values
    }
}

fn flatten(path: &str, object: Map<String, Value>, leaves: &mut Vec<(String, Value)>) {
    for (key, value) in object {
        let path = if path.is_empty() { key } else { format!("{path}.{key}") };
        match value {
            Value::Object(inner) => flatten(&path, inner, leaves),
            leaf => leaves.push((path, leaf)),
        }
    }
}

impl fmt::Display for Swept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.planned.map_or_else(String::new, |planned| format!(" of {planned}"));
        writeln!(f, "{}{of} trials, judged before the end of validation\n", self.trials.len())?;
        writeln!(f, "  trial   log loss      AUC  accuracy    rows  values")?;
        for trial in &self.trials {
            let values: Vec<String> =
                trial.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            writeln!(
                f,
                "  {:>5}   {:.6}   {:.4}    {:.4}  {:>6}  {}",
                trial.number,
                trial.log_loss,
                trial.auc,
                trial.accuracy,
                trial.rows,
                values.join(", "),
            )?;
        }
        writeln!(
            f,
            "\nThe best of many trials looks better than it is: train it with --config, and judge it once on the test period."
        )
    }
}
