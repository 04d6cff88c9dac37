//! What a fold's network is compared with: rules, linear models and trees, none of them tuned here.

use std::ops::Range;

use mantis_features::learn::{Learner, LogisticLearner, Predict};
use mantis_features::split::TrainingView;
use mantis_models::gbdt::{GbdtBackend, GbdtParams, LightGbm, Table, Trees};
use mantis_models::{Companion, Dataset, Recipe, Trained, head_rows, mean_log_odds};

use super::Options;
use crate::{Error, Result};

/// Days of a training window that has no start.
const ALL: Option<i64> = None;

/// Slow trees of the protocol, with what a window changes of them.
fn slow(rounds: usize, rate: f64, column_share: f64, leaves: usize) -> GbdtParams {
    GbdtParams {
        rounds,
        // All rounds are kept: the second table of a fit only has to be there.
        patience: rounds,
        depth: 15,
        leaves,
        rate,
        row_share: 0.7,
        column_share,
        leaf_rows: 200,
        l2: 20.0,
        seed: 42,
    }
}

/// Rows to train on and columns to read.
struct Cases<'a> {
    dataset: &'a Dataset,
    names: &'a [String],
    columns: Vec<&'a [f64]>,
}

impl<'a> Cases<'a> {
    fn new(dataset: &'a Dataset, names: &'a [String]) -> Self {
        let columns = names.iter().filter_map(|name| dataset.frame.column(name)).collect();
        Self { dataset, names, columns }
    }

    /// Training rows at which all columns have values, of the last days of training.
    fn rows(&self, days: Option<i64>) -> Vec<(usize, bool)> {
        let (known_at, train) = (self.dataset.frame.known_at(), self.dataset.split.train.clone());
        let end = self.dataset.split.dates.train_end;
        let first = days.map_or(train.start, |days| {
            let start = end - mantis_data::Interval::days(days);
            known_at.partition_point(|&known| known < start).max(train.start)
        });
        let usable = self.dataset.usable();
        (first..train.end).filter_map(|row| usable[row].map(|up| (row, up))).collect()
    }

    fn trees(&self, params: &GbdtParams, days: Option<i64>) -> Result<Trees> {
        let rows = self.rows(days);
        let (mut values, mut up) = (Vec::new(), Vec::new());
        add(&mut values, &mut up, &self.columns, &rows, &[]);
        let table = Table { values: &values, columns: self.columns.len(), up: &up };
        Ok(LightGbm.fit(params, table, table)?)
    }

    fn of_trees(&self, trees: &Trees, test: &[usize], asset: &[f32]) -> Result<Vec<f64>> {
        let one = |&row: &usize| {
            let (mut values, mut up) = (Vec::new(), Vec::new());
            add(&mut values, &mut up, &self.columns, &[(row, false)], asset);
            Ok(trees.probability(&values)?)
        };
        test.iter().map(one).collect()
    }

    fn logistic(&self, test: &[usize], days: Option<i64>) -> Result<Vec<f64>> {
        let columns: Vec<Vec<f64>> = self.columns.iter().map(|column| column.to_vec()).collect();
        let mut up = vec![None; self.dataset.usable().len()];
        self.rows(days).into_iter().for_each(|(row, rose)| up[row] = Some(rose));
        let view = TrainingView::new(self.names, &columns, &up, &self.dataset.split)?;
        let model = LogisticLearner::default().fit(&view)?;
        let one = |&row: &usize| Ok(model.probabilities(&columns, row..row + 1)?[0]);
        test.iter().map(one).collect()
    }
}

/// Adds rows of columns, each with some more numbers at its end.
fn add(
    values: &mut Vec<f32>,
    up: &mut Vec<bool>,
    columns: &[&[f64]],
    rows: &[(usize, bool)],
    more: &[f32],
) {
    #[expect(clippy::cast_possible_truncation, reason = "trees read f32")]
    let number = |value: f64| value as f32;
    for &(row, rose) in rows {
        values.extend(columns.iter().map(|column| number(column[row])));
        values.extend_from_slice(more);
        up.push(rose);
    }
}

/// The baselines of the protocol, averaged: L2 logistic regression and slow boosted trees, fitted on the training days as the
/// LSTM is.
pub(super) fn pair(dataset: &Dataset, names: &[String], test: &[usize]) -> Result<Vec<f64>> {
    let cases = Cases::new(dataset, names);
    let trees = cases.trees(&slow(80, 0.05, 0.4, 15), ALL)?;
    let (logistic, boosted) = (cases.logistic(test, ALL)?, cases.of_trees(&trees, test, &[])?);
    Ok(logistic.iter().zip(&boosted).map(|(&a, &b)| f64::midpoint(a, b)).collect())
}

/// Mean log-odds of models of one asset on windows of several lengths: trees on all days, two years, one year and half a year, and
/// logistic regression on all days and on two years.
pub(super) fn windows(dataset: &Dataset, names: &[String], test: &[usize]) -> Result<Vec<f64>> {
    let cases = Cases::new(dataset, names);
    let of = [
        (slow(250, 0.02, 0.15, 15), ALL),
        (slow(80, 0.05, 0.15, 15), Some(730)),
        (slow(90, 0.03, 0.15, 15), Some(365)),
        (slow(60, 0.03, 0.15, 15), Some(182)),
    ];
    let mut members = Vec::new();
    for (params, days) in of {
        members.push(cases.of_trees(&cases.trees(&params, days)?, test, &[])?);
    }
    for days in [ALL, Some(730)] {
        members.push(cases.logistic(test, days)?);
    }
    Ok(mean(&members))
}

/// Mean log-odds of two models whose trees are grown on several assets, with the asset as an input: on all days and on the last
/// year. Rows of the asset itself stand twice, so that they weigh double.
pub(super) fn pooled(dataset: &Dataset, names: &[String], test: &[usize]) -> Result<Vec<f64>> {
    let has = |name: &&String| {
        let all = |companion: &Companion| companion.columns(&[name.as_str()]).is_some();
        dataset.companions().iter().all(all)
    };
    let names: Vec<String> = names.iter().filter(has).cloned().collect();
    let cases = Cases::new(dataset, &names);
    let mut members = Vec::new();
    for (params, days) in [(slow(200, 0.03, 0.15, 31), ALL), (slow(110, 0.03, 0.15, 31), Some(365))]
    {
        let own = cases.rows(days);
        let first = own.first().map(|&(row, _)| dataset.frame.known_at()[row]);
        let first = first.ok_or_else(|| Error::usage("a fold has no row to train trees on"))?;
        let (mut values, mut up) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            add(&mut values, &mut up, &cases.columns, &own, &[0.0]);
        }
        for (companion, asset) in dataset.companions().iter().zip(1_u16..) {
            let Some(columns) = companion.columns(&names) else { continue };
            let mut rows = companion.training(dataset);
            rows.retain(|&(row, _)| {
                companion.known_at()[row] >= first
                    && columns.iter().all(|column| column[row].is_finite())
            });
            add(&mut values, &mut up, &columns, &rows, &[f32::from(asset)]);
        }
        let table = Table { values: &values, columns: names.len() + 1, up: &up };
        members.push(cases.of_trees(&LightGbm.fit(&params, table, table)?, test, &[0.0])?);
    }
    Ok(mean(&members))
}

/// What the test rows get from a head that is grown on the rows that the LSTM was fitted on, in place of rows that it has not seen.
pub(super) fn head_on_same_rows(
    recipe: &Recipe,
    dataset: &Dataset,
    trained: &Trained,
    options: &Options,
) -> Result<Vec<(usize, f64)>> {
    let forecasts =
        |rows: Range<usize>| trained.artifact.forecasts(&dataset.frame, rows, options.threads);
    let part = |rows: Range<usize>| -> Result<(Vec<f32>, Vec<bool>)> {
        let (mut values, mut up) = (Vec::new(), Vec::new());
        for forecast in forecasts(rows)? {
            if let Some(rose) = dataset.labels.up[forecast.row] {
                values.extend(&forecast.hidden);
                up.push(rose);
            }
        }
        Ok((values, up))
    };
    let columns = recipe.lstm.dense[1];
    let (fit, stop) = (part(dataset.split.train.clone())?, part(head_rows(recipe, dataset).1)?);
    let head = options.engine.backend().fit(
        &recipe.head,
        Table { values: &fit.0, columns, up: &fit.1 },
        Table { values: &stop.0, columns, up: &stop.1 },
    )?;
    let test = forecasts(dataset.split.test.clone())?;
    test.iter().map(|forecast| Ok((forecast.row, head.probability(&forecast.hidden)?))).collect()
}

/// Row by row the mean log-odds of several models.
pub(super) fn mean(members: &[Vec<f64>]) -> Vec<f64> {
    let rows = members.first().map_or(0, Vec::len);
    let one = |row: usize| {
        let of_row: Vec<f64> = members.iter().map(|member| member[row]).collect();
        mean_log_odds(&of_row)
    };
    (0..rows).map(one).collect()
}
