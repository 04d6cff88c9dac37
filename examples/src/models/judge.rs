//! The model and the baselines on the same rows of the test span.

use std::ops::Range;

use mantis_data::{Panel, Timestamp};
use mantis_eval::metrics::{Judgement, PassCriterion, Verdict, confidence_thresholds};
use mantis_eval::statistics::spearman;
use mantis_features::learn::{FadeRule, Learner, LogisticLearner, Predict, Prior};
use mantis_features::split::TrainingView;
use mantis_models::gbdt::{GbdtBackend, NativeGbdt, Table, Trees};
use mantis_models::{Artifact, Dataset, Forecast, Progress, Recipe, head_rows};

use super::compare::{Comparison, paired};
use crate::Result;

/// Shares of the rows at which selective accuracy is judged.
pub(crate) const COVERAGES: [f64; 4] = [0.5, 0.2, 0.1, 0.05];

/// A model with what it said about the test span.
#[derive(Clone, Debug)]
pub struct Model {
    /// Name for tables and for `metrics.json`.
    pub name: &'static str,
    /// Measures.
    pub judgement: Judgement,
    /// Rank correlation of the probabilities with the returns of the hour; none for a model that always says the same.
    pub rank_correlation: Option<f64>,
    /// What the hybrid gains over it; none for the hybrid.
    pub gain: Option<Comparison>,
}

/// All models on the test span.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The hybrid's forecasts of all test rows, also of those whose label is not known.
    pub forecasts: Vec<Forecast>,
    /// Labels of the judged rows.
    pub up: Vec<bool>,
    /// Probabilities of the judged rows.
    pub p_up: Vec<f64>,
    /// Times of the judged rows.
    pub times: Vec<mantis_data::Timestamp>,
    /// Returns of the hour after each of them.
    pub returns: Vec<f64>,
    /// Test rows without a forecast, because a feature had no value.
    pub without_forecast: usize,
    /// The hybrid.
    pub hybrid: Model,
    /// LSTM alone, logistic regression, trees on the columns, fade rule, persistence, majority class.
    pub baselines: Vec<Model>,
    /// The guide's criterion for the hybrid.
    pub verdict: Verdict,
}

impl Judged {
    /// The hybrid first, then the baselines.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        std::iter::once(&self.hybrid).chain(&self.baselines)
    }
}

/// What an artifact is judged on: its own columns and those of the baselines, up to `test_end`.
///
/// The rows, labels and split are those of its recipe, but for the end of the test.
///
/// # Errors
/// Those of [`Dataset::new`], and that of a panel which starts elsewhere than the one it was trained on.
pub fn dataset(
    artifact: &Artifact,
    panel: &Panel,
    test_end: Timestamp,
    threads: usize,
    progress: &mut Progress<'_>,
) -> Result<(Recipe, Dataset)> {
    artifact.check_history(panel)?;
    // Companions taught the network, and have no part in what it says.
    let mut recipe = artifact.recipe().alone();
    let candidates = recipe.plan.names();
    let mut names = artifact.features().names();
    for column in [FADED, PERSISTENT] {
        if candidates.iter().any(|name| name == column) && !names.iter().any(|n| n == column) {
            names.push(column.to_owned());
        }
    }
    recipe.plan = recipe.plan.only(&names)?;
    recipe.dates.test_end = test_end;
    let dataset = Dataset::new(&recipe, panel, threads, progress)?;
    Ok((recipe, dataset))
}

/// The return that is faded.
const FADED: &str = "ret_2";
/// The return that is taken to go on.
const PERSISTENT: &str = "ret_1";

/// Judges an artifact and the baselines on some rows after those that it was fitted on.
///
/// # Errors
/// Those of the forecasts and measures, as for a span without labels.
pub fn judge(
    recipe: &Recipe,
    dataset: &Dataset,
    artifact: &Artifact,
    test: Range<usize>,
    criterion: PassCriterion,
    threads: usize,
) -> Result<Judged> {
    // Thresholds come from the end of validation, on which nothing but the number of trees was chosen.
    let (fit, before) = head_rows(recipe, dataset);
    let earlier = artifact.forecasts(&dataset.frame, before.clone(), threads)?;
    let forecasts = artifact.forecasts(&dataset.frame, test.clone(), threads)?;
    let without_forecast = test.len() - forecasts.len();
    let labelled = |f: &&Forecast| dataset.labels.up[f.row].is_some();
    let judged: Vec<&Forecast> = forecasts.iter().filter(labelled).collect();
    let up: Vec<bool> = judged.iter().filter_map(|f| dataset.labels.up[f.row]).collect();
    let rows: Vec<usize> = judged.iter().map(|f| f.row).collect();
    let earlier_rows: Vec<usize> = earlier.iter().map(|f| f.row).collect();
    let times: Vec<Timestamp> = judged.iter().map(|f| f.time).collect();
    let returns: Vec<f64> =
        rows.iter().filter_map(|&row| dataset.labels.forward_return[row]).collect();
    let model = |name, before: &[f64], p_up: &[f64], hybrid: Option<&[f64]>| {
        let thresholds = confidence_thresholds(before, &COVERAGES)?;
        Ok(Model {
            name,
            judgement: Judgement::new(&up, p_up, &thresholds)?,
            rank_correlation: spearman(p_up, &returns)?,
            gain: hybrid.map(|hybrid| paired(&times, &up, hybrid, p_up)).transpose()?,
        }) as Result<Model>
    };
    let of = |list: &[&Forecast], p: fn(&Forecast) -> f64| list.iter().map(|f| p(f)).collect();
    let earlier: Vec<&Forecast> = earlier.iter().collect();
    let p_up: Vec<f64> = of(&judged, |f| f.p_up);
    let hybrid = model("hybrid", &of(&earlier, |f| f.p_up), &p_up, None)?;
    let lstm: [Vec<f64>; 2] = [of(&earlier, |f| f.p_lstm), of(&judged, |f| f.p_lstm)];
    let mut baselines = vec![model("lstm", &lstm[0], &lstm[1], Some(&p_up))?];

    let all = dataset.training()?;
    let chosen = Chosen::new(dataset, artifact)?;
    let logistic = LogisticLearner::default().fit(&chosen.training(dataset)?)?;
    let prior = Prior.fit(&all)?;
    let mut add = |name, rule: &dyn Fn(usize) -> Result<f64>| {
        let p = |rows: &[usize]| rows.iter().map(|&row| rule(row)).collect();
        let (before, after): (Result<Vec<f64>>, Result<Vec<f64>>) = (p(&earlier_rows), p(&rows));
        baselines.push(model(name, &before?, &after?, Some(&p_up))?);
        Ok(()) as Result<()>
    };
    add("logistic", &|row| at(&logistic, &chosen.columns, row))?;
    if let Some(trees) = chosen.trees(dataset, fit)? {
        add("gbdt", &|row| chosen.forest(&trees, row))?;
    }
    let frame = &dataset.frame;
    let rule = |column: &str| FadeRule { return_column: column.to_owned() }.fit(&all);
    if frame.column(FADED).is_some() {
        let fade = rule(FADED)?;
        add("fade_2h", &|row| at(&fade, frame.columns(), row))?;
    }
    if frame.column(PERSISTENT).is_some() {
        let fade = rule(PERSISTENT)?;
        add("persistence", &|row| Ok(1.0 - at(&fade, frame.columns(), row)?))?;
    }
    add("majority", &|row| at(&prior, &chosen.columns, row))?;
    let verdict = criterion.verdict(&hybrid.judgement);
    Ok(Judged { up, p_up, times, returns, without_forecast, hybrid, baselines, verdict, forecasts })
}

fn at(predictor: &dyn Predict, columns: &[Vec<f64>], row: usize) -> Result<f64> {
    let rows: Range<usize> = row..row + 1;
    Ok(predictor.probabilities(columns, rows)?[0])
}

/// The columns that the hybrid reads, for the logistic regression on the same ones.
struct Chosen {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

impl Chosen {
    fn new(dataset: &Dataset, artifact: &Artifact) -> Result<Self> {
        let names = artifact.features().names();
        let columns = names
            .iter()
            .filter_map(|name| dataset.frame.column(name))
            .map(<[f64]>::to_vec)
            .collect();
        Ok(Self { names, columns })
    }

    /// Trees on the columns themselves, stopped by the rows that stop the LSTM; nothing where a part has one label only.
    fn trees(&self, dataset: &Dataset, stop: Range<usize>) -> Result<Option<Trees>> {
        let part = |rows: Range<usize>| {
            let mut values = Vec::new();
            let mut up = Vec::new();
            for (row, label) in dataset.labelled(rows) {
                let here = self.row(row);
                if here.iter().all(|value| value.is_finite()) {
                    values.extend(here);
                    up.push(label);
                }
            }
            (values, up)
        };
        let (train, stop) = (part(dataset.split.train.clone()), part(stop));
        let columns = self.columns.len();

        let params = NativeGbdt.capabilities().defaults();
        match NativeGbdt.fit(
            &params,
            Table { values: &train.0, columns, up: &train.1 },
            Table { values: &stop.0, columns, up: &stop.1 },
        ) {
            Ok(trees) => Ok(Some(trees)),
            Err(mantis_models::Error::OneClass { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "trees read f32")]
    fn row(&self, row: usize) -> Vec<f32> {
        self.columns.iter().map(|column| column[row] as f32).collect()
    }

    fn forest(&self, trees: &Trees, row: usize) -> Result<f64> {
        Ok(trees.probability(&self.row(row))?)
    }

    fn training(&self, dataset: &Dataset) -> Result<TrainingView<'_>> {
        Ok(TrainingView::new(&self.names, &self.columns, dataset.usable(), &dataset.split)?)
    }
}
