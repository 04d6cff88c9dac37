//! The model and the baselines on the same rows of the test span.

use std::ops::Range;

use mantis_eval::metrics::{Judgement, PassCriterion, Verdict, confidence_thresholds};
use mantis_features::learn::{FadeRule, Learner, LogisticLearner, Predict, Prior};
use mantis_features::split::TrainingView;
use mantis_models::{Artifact, Dataset, Forecast, Recipe, head_rows};

use crate::Result;

/// Shares of the rows at which selective accuracy is judged.
pub(super) const COVERAGES: [f64; 4] = [0.5, 0.2, 0.1, 0.05];

/// A model with what it said about the test span.
#[derive(Clone, Debug)]
pub struct Model {
    /// Name for tables and for `metrics.json`.
    pub name: &'static str,
    /// Measures.
    pub judgement: Judgement,
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
    /// Test rows without a forecast, because a feature had no value.
    pub without_forecast: usize,
    /// The hybrid.
    pub hybrid: Model,
    /// LSTM alone, logistic regression, fade rule, majority class.
    pub baselines: Vec<Model>,
    /// The guide's criterion for the hybrid.
    pub verdict: Verdict,
}

pub(super) fn judge(
    recipe: &Recipe,
    dataset: &Dataset,
    artifact: &Artifact,
    threads: usize,
) -> Result<Judged> {
    // Thresholds come from the end of validation, on which nothing but the number of trees was chosen.
    let (_, before) = head_rows(recipe, dataset);
    let test = dataset.split.test.clone();
    let earlier = artifact.forecasts(&dataset.frame, before.clone(), threads)?;
    let forecasts = artifact.forecasts(&dataset.frame, test.clone(), threads)?;
    let without_forecast = test.len() - forecasts.len();
    let labelled = |f: &&Forecast| dataset.labels.up[f.row].is_some();
    let judged: Vec<&Forecast> = forecasts.iter().filter(labelled).collect();
    let up: Vec<bool> = judged.iter().filter_map(|f| dataset.labels.up[f.row]).collect();
    let rows: Vec<usize> = judged.iter().map(|f| f.row).collect();
    let earlier_rows: Vec<usize> = earlier.iter().map(|f| f.row).collect();
    let model = |name, before: &[f64], p_up: &[f64]| {
        let thresholds = confidence_thresholds(before, &COVERAGES)?;
        Ok(Model { name, judgement: Judgement::new(&up, p_up, &thresholds)? }) as Result<Model>
    };
    let of = |list: &[&Forecast], p: fn(&Forecast) -> f64| list.iter().map(|f| p(f)).collect();
    let earlier: Vec<&Forecast> = earlier.iter().collect();
    let p_up: Vec<f64> = of(&judged, |f| f.p_up);
    let hybrid = model("hybrid", &of(&earlier, |f| f.p_up), &p_up)?;
    let mut baselines =
        vec![model("lstm", &of(&earlier, |f| f.p_lstm), &of(&judged, |f| f.p_lstm))?];

    let all = dataset.training()?;
    let chosen = Chosen::new(dataset, artifact)?;
    let train = chosen.training(dataset)?;
    let logistic = LogisticLearner::default().fit(&train)?;
    let fade = FadeRule { return_column: "ret_2".to_owned() }.fit(&all)?;
    let prior = Prior.fit(&all)?;
    let fitted: [(&str, &dyn Predict, &[Vec<f64>]); 3] = [
        ("logistic", &logistic, &chosen.columns),
        ("fade_2h", &fade, dataset.frame.columns()),
        ("majority", &prior, &chosen.columns),
    ];
    for (name, predictor, columns) in fitted {
        let p = |rows: &[usize]| rows.iter().map(|&row| at(predictor, columns, row)).collect();
        let (before, after): (Result<Vec<f64>>, Result<Vec<f64>>) = (p(&earlier_rows), p(&rows));
        baselines.push(model(name, &before?, &after?)?);
    }
    let verdict = PassCriterion::default().verdict(&hybrid.judgement);
    let times = judged.iter().map(|f| f.time).collect();
    Ok(Judged { up, p_up, times, without_forecast, hybrid, baselines, verdict, forecasts })
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

    fn training(&self, dataset: &Dataset) -> Result<TrainingView<'_>> {
        Ok(TrainingView::new(&self.names, &self.columns, dataset.usable(), &dataset.split)?)
    }
}
