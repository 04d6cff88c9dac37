//! One fold: everything is fitted on what was known before it, and forecasts its rows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mantis_data::{Interval, Panel, Timestamp};
use mantis_features::learn::{FadeRule, Learner, LogisticLearner, Predict, Prior};
use mantis_features::split::TrainingView;
use mantis_models::gbdt::{GbdtBackend, GbdtParams, LightGbm, Table};
use mantis_models::{Dataset, Recipe, TrainOptions, quiet, train};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Options;
use crate::files::write_whole;
use crate::{Error, Result};

/// The models of a fold, with what each adds to the one before.
pub const FOLD_MODELS: [(&str, &str); 8] = [
    ("majority", "majority class"),
    ("fade_2h", "fade the last 2 hours"),
    ("features", "LR + LGB on all columns but modes"),
    ("longer", "the same, validation days included"),
    ("modes", "LR + LGB with modes"),
    ("tmfg", "LR + LGB on the columns of TMFG"),
    ("lstm", "LSTM on them"),
    ("hybrid", "LSTM with boosted head"),
];

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
    if let Some(done) = stored(&path, &wanted)? {
        return Ok(done);
    }
    let fold = fit(recipe, panel, &dataset.with_dates(recipe)?, options, wanted)?;
    let text = serde_json::to_string(&fold).map_err(|e| Error::usage(&e.to_string()))?;
    write_whole(&path, &text)?;
    Ok(fold)
}

/// The fold on disk, if it is the wanted one.
fn stored(path: &PathBuf, wanted: &Fold) -> Result<Option<Fold>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { path: path.clone(), source }),
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
        n > 0 && fold.up.len() == n && FOLD_MODELS.iter().all(|(name, _)| has(*name))
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
    let mut sums: BTreeMap<usize, (f64, f64, usize)> = BTreeMap::new();
    let mut chosen = Vec::new();
    for seed in 0..options.seeds {
        let recipe = Recipe { seed: recipe.seed + seed, ..recipe.clone() };
        let run = TrainOptions::threads(options.threads);
        let backend = options.engine.backend();
        let trained = train(&recipe, panel, dataset, backend, &run, &mut quiet())?;
        chosen = trained.artifact.features().names();
        let test = dataset.split.test.clone();
        for forecast in trained.artifact.forecasts(&dataset.frame, test, options.threads)? {
            let sum = sums.entry(forecast.row).or_default();
            *sum = (sum.0 + forecast.p_up, sum.1 + forecast.p_lstm, sum.2 + 1);
        }
    }
    let n = options.seeds as f64;
    // A row counts where every model has all its columns.
    let complete =
        |row: usize| dataset.frame.columns().iter().all(|column| column[row].is_finite());
    let rows: Vec<(usize, bool)> = dataset
        .labelled(dataset.split.test.clone())
        .into_iter()
        .filter(|(row, _)| sums.contains_key(row) && complete(*row))
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
    fold.p.insert("hybrid".to_owned(), test.iter().map(|row| sums[row].0 / n).collect());
    fold.p.insert("lstm".to_owned(), test.iter().map(|row| sums[row].1 / n).collect());

    let all = dataset.frame.names().to_vec();
    let plain: Vec<String> = all.iter().filter(|name| !name.starts_with("vmd_")).cloned().collect();
    for (name, columns) in [("features", &plain), ("modes", &all), ("tmfg", &chosen)] {
        fold.p.insert(name.to_owned(), pair(dataset, columns, &test)?);
    }
    // Nothing of the baselines is chosen on the validation days: they may as well be trained on them.
    let mut longer = recipe.clone();
    longer.dates.train_end = recipe.dates.validation_end;
    fold.p.insert("longer".to_owned(), pair(&dataset.with_dates(&longer)?, &plain, &test)?);
    let view = dataset.training()?;
    let prior = Prior.fit(&view)?;
    fold.p.insert("majority".to_owned(), vec![prior.up_share; test.len()]);
    let fade = FadeRule { return_column: "ret_2".to_owned() }.fit(&view)?;
    let of_fade = |&row: &usize| {
        Ok(fade.probabilities(dataset.frame.columns(), row..row + 1)?[0]) as Result<f64>
    };
    let p = test.iter().map(of_fade).collect::<Result<_>>()?;
    fold.p.insert("fade_2h".to_owned(), p);
    Ok(fold)
}

/// The baselines of the protocol, averaged: L2 logistic regression and slow boosted trees, neither tuned, fitted on the training
/// days as the LSTM is.
fn pair(dataset: &Dataset, names: &[String], test: &[usize]) -> Result<Vec<f64>> {
    let columns: Vec<Vec<f64>> =
        names.iter().filter_map(|name| dataset.frame.column(name)).map(<[f64]>::to_vec).collect();
    let view = TrainingView::new(names, &columns, dataset.usable(), &dataset.split)?;
    let logistic = LogisticLearner::default().fit(&view)?;
    let rows: Vec<usize> =
        dataset.split.train.clone().filter(|&row| dataset.usable()[row].is_some()).collect();
    let values = |rows: &[usize]| -> Vec<f32> {
        rows.iter().flat_map(|&row| columns.iter().map(move |column| column[row] as f32)).collect()
    };
    let params = GbdtParams {
        rounds: 80,
        patience: 80,
        depth: 15,
        leaves: 15,
        rate: 0.05,
        row_share: 0.7,
        column_share: 0.4,
        leaf_rows: 200,
        l2: 20.0,
        seed: 42,
    };
    // All rounds are kept: the second table only has to be there.
    let train = values(&rows);
    let table = Table { values: &train, columns: columns.len(), up: view.up() };
    let trees = LightGbm.fit(&params, table, table)?;
    let of_row = |&row: &usize| {
        let p = logistic.probabilities(&columns, row..row + 1)?[0];
        Ok(f64::midpoint(p, trees.probability(&values(&[row]))?)) as Result<f64>
    };
    test.iter().map(of_row).collect()
}
