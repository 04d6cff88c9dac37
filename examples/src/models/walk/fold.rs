//! One fold: everything is fitted on what was known before it, and forecasts its rows.

use std::collections::BTreeMap;
use std::path::Path;

use mantis_data::input::{self, most};
use mantis_data::{Interval, Panel, Timestamp};
use mantis_features::learn::{FadeRule, Learner, Predict, Prior};
use mantis_models::{Dataset, Recipe, TrainOptions, Trained, quiet, train};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Options, rivals};
use crate::files::write_whole;
use crate::{Error, Result};

/// The models of a fold, with what each adds to the one before.
pub const FOLD_MODELS: [(&str, &str); 10] = [
    ("majority", "majority class"),
    ("fade_2h", "fade the last 2 hours"),
    ("features", "LR + LGB on all columns but modes"),
    ("longer", "the same, validation days included"),
    ("windows", "the same on windows of several lengths"),
    ("modes", "LR + LGB with modes"),
    ("tmfg", "LR + LGB on the columns of TMFG"),
    ("lstm", "LSTM on them"),
    ("hybrid", "LSTM with boosted head"),
    ("same_rows", "the same, head on the LSTM's own rows"),
];

/// The models that learn from companions as well.
pub const POOLED_MODELS: [(&str, &str); 4] = [
    ("lstm_pool", "LSTM, pooled with companions"),
    ("hybrid_pool", "the same with boosted head"),
    ("trees_pool", "LGB on all columns, pooled"),
    ("windows_pool", "mean log-odds of these and the windows"),
];

/// The models of a recipe's folds.
pub(super) fn models(recipe: &Recipe) -> Vec<(&'static str, &'static str)> {
    let pooled = POOLED_MODELS.iter().filter(|_| !recipe.companions.is_none());
    FOLD_MODELS.iter().chain(pooled).copied().collect()
}

/// What the models say of the rows of a fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// What was fitted.
    pub recipe: Value,
    /// Trainings that were averaged.
    pub seeds: u64,
    /// Fingerprint of the data that was known at the start of the fold.
    pub data: String,
    /// Closes of the rows with a known outcome.
    pub times: Vec<Timestamp>,
    /// Outcomes.
    pub up: Vec<bool>,
    /// Probabilities by model.
    pub p: BTreeMap<String, Vec<f64>>,
}

impl Fold {
    /// The rows whose outcome is known at a time.
    pub(super) fn resolved_by(&self, time: Timestamp, horizon: Interval) -> Self {
        let n = self.times.partition_point(|&known| known + horizon <= time);
        let mut fold = self.clone();
        fold.times.truncate(n);
        fold.up.truncate(n);
        fold.p.values_mut().for_each(|p| p.truncate(n));
        fold
    }
}

/// Reads a fold that is done, or fits and stores it.
pub(super) fn run(
    recipe: &Recipe,
    panel: &Panel,
    dataset: &Dataset,
    out: &Path,
    options: &Options,
) -> Result<Fold> {
    let start = recipe.dates.validation_end;
    let path = out.join(format!("fold-{}.json", crate::models::text::day(start)));
    let wanted = Fold {
        recipe: serde_json::to_value(recipe).map_err(|e| Error::usage(&e.to_string()))?,
        seeds: options.seeds,
        data: panel.as_of(recipe.dates.test_end).fingerprint(),
        times: Vec::new(),
        up: Vec::new(),
        p: BTreeMap::new(),
    };
    if let Some(done) = stored(&path, &wanted, &models(recipe))? {
        return Ok(done);
    }
    let fold = fit(recipe, panel, &dataset.with_dates(recipe)?, options, wanted)?;
    let text = serde_json::to_string(&fold).map_err(|e| Error::usage(&e.to_string()))?;
    write_whole(&path, &text)?;
    Ok(fold)
}

/// The fold on disk, if it is the wanted one.
fn stored(path: &Path, wanted: &Fold, models: &[(&str, &str)]) -> Result<Option<Fold>> {
    let text = match input::text(path, most::DOCUMENT) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
    };
    let refuse = |what: &str| {
        Err(Error::usage(&format!(
            "{}: {what}; remove the file to fit the fold anew, or give another --out",
            path.display()
        )))
    };
    let whole = |fold: &Fold| {
        let n = fold.times.len();
        let has = |name| fold.p.get(name).is_some_and(|p| p.len() == n);
        n > 0 && fold.up.len() == n && models.iter().all(|(name, _)| has(*name))
    };
    let Some(fold) = serde_json::from_str::<Fold>(&text).ok().filter(whole) else {
        return refuse("this is not a whole fold of this version");
    };
    if fold.recipe != wanted.recipe {
        let changed = changed("", &fold.recipe, &wanted.recipe);
        return refuse(&format!("it was fitted with another recipe ({})", changed.join(", ")));
    }
    if fold.seeds != wanted.seeds {
        return refuse(&format!(
            "it averages {} trainings, asked for {}",
            fold.seeds, wanted.seeds
        ));
    }
    if fold.data != wanted.data {
        return refuse("the data up to its end has changed since");
    }
    Ok(Some(fold))
}

/// Paths at which two documents differ.
fn changed(path: &str, a: &Value, b: &Value) -> Vec<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let of = |key: &&String| {
                let (left, right) = (a.get(*key), b.get(*key));
                let path = format!("{path}{}{key}", if path.is_empty() { "" } else { "." });
                match (left, right) {
                    (Some(left), Some(right)) => changed(&path, left, right),
                    _ => vec![path],
                }
            };
            keys.iter().flat_map(of).collect()
        }
        (a, b) if a == b => Vec::new(),
        _ => vec![path.to_owned()],
    }
}

fn fit(
    recipe: &Recipe,
    panel: &Panel,
    dataset: &Dataset,
    options: &Options,
    mut fold: Fold,
) -> Result<Fold> {
    let mut same_rows: BTreeMap<usize, f64> = BTreeMap::new();
    let own = Networks::fit(&recipe.alone(), panel, &dataset.alone(), options, |trained| {
        for (row, p) in rivals::head_on_same_rows(recipe, dataset, trained, options)? {
            *same_rows.entry(row).or_default() += p / options.seeds as f64;
        }
        Ok(())
    })?;
    // A row counts where every model has all its columns.
    let complete =
        |row: usize| dataset.frame.columns().iter().all(|column| column[row].is_finite());
    let rows: Vec<(usize, bool)> = dataset
        .labelled(dataset.split.test.clone())
        .into_iter()
        .filter(|(row, _)| own.sums.contains_key(row) && complete(*row))
        .collect();
    let test: Vec<usize> = rows.iter().map(|&(row, _)| row).collect();
    if test.is_empty() {
        let (from, to) = (recipe.dates.validation_end, recipe.dates.test_end);
        return Err(Error::usage(&format!(
            "the fold from {from} to {to} has no row with all columns and a known outcome; give an earlier --test-end"
        )));
    }
    fold.times = test.iter().map(|&row| dataset.frame.known_at()[row]).collect();
    fold.up = rows.iter().map(|&(_, up)| up).collect();
    let mut say = |name: &str, p: Vec<f64>| fold.p.insert(name.to_owned(), p);
    say("lstm", own.lstm(&test));
    say("hybrid", own.hybrid(&test));
    say("same_rows", test.iter().map(|row| same_rows[row]).collect());

    let all = dataset.frame.names().to_vec();
    let plain: Vec<String> = all.iter().filter(|name| !name.starts_with("vmd_")).cloned().collect();
    for (name, columns) in [("features", &plain), ("modes", &all), ("tmfg", &own.chosen)] {
        say(name, rivals::pair(dataset, columns, &test)?);
    }
    // Nothing of these is chosen on the validation days: they may as well be trained on them, and on all days before.
    let mut longer = recipe.clone();
    longer.dates.train_end = recipe.dates.validation_end;
    say("longer", rivals::pair(&dataset.with_dates(&longer)?, &plain, &test)?);
    longer.train_start = None;
    let longer = dataset.with_dates(&longer)?;
    let windows = rivals::windows(&longer, &plain, &test)?;
    if !recipe.companions.is_none() {
        let pooled = Networks::fit(recipe, panel, dataset, options, |_| Ok(()))?;
        say("lstm_pool", pooled.lstm(&test));
        say("hybrid_pool", pooled.hybrid(&test));
        let trees = rivals::pooled(&longer, &plain, &test)?;
        say("windows_pool", rivals::mean(&[windows.clone(), trees.clone()]));
        say("trees_pool", trees);
    }
    say("windows", windows);
    let view = dataset.training()?;
    say("majority", vec![Prior.fit(&view)?.up_share; test.len()]);
    let fade = FadeRule { return_column: "ret_2".to_owned() }.fit(&view)?;
    let of_fade = |&row: &usize| {
        Ok(fade.probabilities(dataset.frame.columns(), row..row + 1)?[0]) as Result<f64>
    };
    say("fade_2h", test.iter().map(of_fade).collect::<Result<_>>()?);
    Ok(fold)
}

/// The hybrid, fitted with several seeds.
struct Networks {
    /// Row: sums of what the heads and the networks say.
    sums: BTreeMap<usize, (f64, f64)>,
    seeds: f64,
    /// The columns, which depend on no seed.
    chosen: Vec<String>,
}

impl Networks {
    /// Fits one for each seed; `each` is shown all of them.
    fn fit(
        recipe: &Recipe,
        panel: &Panel,
        dataset: &Dataset,
        options: &Options,
        mut each: impl FnMut(&Trained) -> Result<()>,
    ) -> Result<Self> {
        let (mut sums, mut chosen) = (BTreeMap::<usize, (f64, f64)>::new(), Vec::new());
        for seed in 0..options.seeds {
            let recipe = Recipe { seed: recipe.seed + seed, ..recipe.clone() };
            let run = TrainOptions::threads(options.threads);
            let backend = options.engine.backend();
            let trained = train(&recipe, panel, dataset, backend, &run, &mut quiet())?;
            each(&trained)?;
            chosen = trained.artifact.features().names();
            let test = dataset.split.test.clone();
            for forecast in trained.artifact.forecasts(&dataset.frame, test, options.threads)? {
                let sum = sums.entry(forecast.row).or_default();
                *sum = (sum.0 + forecast.p_up, sum.1 + forecast.p_lstm);
            }
        }
        Ok(Self { sums, seeds: options.seeds as f64, chosen })
    }

    fn hybrid(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|row| self.sums[row].0 / self.seeds).collect()
    }

    fn lstm(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|row| self.sums[row].1 / self.seeds).collect()
    }
}
