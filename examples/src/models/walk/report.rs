//! All folds together.

use std::fmt;

use mantis_data::{Challenge, Interval, Timestamp};
use mantis_eval::backtest::overfitting;
use mantis_eval::metrics::Judgement;
use mantis_models::{Calibration, Recipe, Stack, mean_log_odds};
use ndarray::Array2;
use serde::Serialize;
use serde_json::{Value, json};

use super::fold::{Fold, models};
use super::rivals::mean;
use super::trailing::{Trailing, trailing};
use crate::Result;
use crate::models::compare::{Comparison, paired};
use crate::models::judge::COVERAGES;
use crate::models::text::{day, thousands};
use crate::runs::Made;

/// The model that the others are compared with.
const BASE: &str = "features";

/// What was not run, so that nobody takes it for tried.
fn not_run(recipe: &Recipe) -> Vec<String> {
    let pooling = recipe.companions.is_none().then_some("companions (--companion)");
    pooling.into_iter().chain(["other times than full hours"]).map(str::to_owned).collect()
}

/// What each row was trained on, so that nobody takes them for equals without knowing.
const SPANS: &str = "LR + LGB, rules and LSTM are fitted on the training days alone; the LSTM stops early, and the head is grown, on the \
                     validation days, which LR + LGB see in the row that says so; windows, and trees with companions, end with the \
                     validation days, and the longest starts with the data";

/// One model on all folds.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name in the folds.
    pub name: String,
    /// Name for people.
    pub label: String,
    /// Measures.
    pub judgement: Judgement,
    /// Accuracy of the confident rows.
    pub trailing: Vec<Trailing>,
    /// Accuracy of each year.
    pub years: Vec<(i32, f64)>,
    /// Gain over LR + LGB on all columns but modes; nothing for these themselves.
    pub gain: Option<Comparison>,
}

/// A walk forward.
#[derive(Clone, Debug, Serialize)]
pub struct Walked {
    /// The challenge's ticker.
    pub ticker: String,
    /// The symbol.
    pub symbol: String,
    /// First and last close.
    pub span: (Timestamp, Timestamp),
    /// Folds.
    pub folds: usize,
    /// Recipe of the first fold, and fingerprint of the data.
    pub recipe: Value,
    /// Fingerprint of the data.
    pub data: String,
    /// The models, each with more parts than the one before.
    pub rows: Vec<Row>,
    /// Probability of back-test overfitting (Bailey, Borwein, Lopez de Prado and Zhu, 2017): how often the model that is most
    /// accurate in one half of the span is among the worse half in the other; none for too short a span.
    pub overfitting: Option<f64>,
    /// What each model was trained on.
    pub trained_on: &'static str,
    /// Parts that were not run.
    pub not_run: Vec<String>,
}

pub(super) fn walked(challenge: &Challenge, recipe: &Recipe, folds: &[Fold]) -> Result<Walked> {
    let horizon = recipe.horizon;
    let times: Vec<Timestamp> = folds.iter().flat_map(|fold| fold.times.clone()).collect();
    let up: Vec<bool> = folds.iter().flat_map(|fold| fold.up.clone()).collect();
    let of = |name: &str| -> Vec<f64> {
        folds.iter().filter_map(|fold| fold.p.get(name)).flatten().copied().collect()
    };
    let mut models: Vec<(&str, &str, Vec<f64>)> =
        models(recipe).into_iter().map(|(name, label)| (name, label, of(name))).collect();
    let ensemble = mean(&MEMBERS.map(of));
    models.push(("ensemble", "mean log-odds of LR + LGB, LSTM, hybrid", ensemble));
    if !recipe.companions.is_none() {
        let all = mean(&EVERYTHING.map(of));
        models.push(("everything", "mean of windows, LGB and LSTM pooled", all));
    }
    models.push(("stack", "the same stacked on the folds before", later(folds, horizon, stacked)?));
    models.push((
        "platt",
        "hybrid calibrated on the folds before",
        later(folds, horizon, calibrated)?,
    ));
    let base = of(BASE);
    let (mut rows, mut all) = (Vec::new(), Vec::new());
    for (name, label, p) in models {
        let gain = (name != BASE).then(|| paired(&times, &up, &p, &base)).transpose()?;
        rows.push(Row {
            name: name.to_owned(),
            label: label.to_owned(),
            judgement: Judgement::new(&up, &p, &[])?,
            trailing: COVERAGES
                .iter()
                .map(|&c| trailing(&times, &up, &p, c))
                .collect::<Result<_>>()?,
            years: years(&times, &up, &p),
            gain,
        });
        all.push(p);
    }
    let overfitting = chosen_by_luck(&up, &all)?;
    let span = (times[0], times[times.len() - 1]);
    Ok(Walked {
        ticker: challenge.ticker.clone(),
        symbol: recipe.plan.symbol().to_owned(),
        span,
        folds: folds.len(),
        recipe: folds[0].recipe.clone(),
        data: folds[0].data.clone(),
        rows,
        overfitting,
        trained_on: SPANS,
        not_run: not_run(recipe),
    })
}

/// Parts of the span, of which every half is once the one that a model is chosen on.
const PARTS: usize = 12;

/// How often the model that is most accurate in one half of the span is among the worse ones in the other.
fn chosen_by_luck(up: &[bool], p: &[Vec<f64>]) -> Result<Option<f64>> {
    if up.len() < PARTS {
        return Ok(None);
    }
    // One unit won or lost on every forecast.
    let won = |row: usize, model: usize| if (p[model][row] > 0.5) == up[row] { 1.0 } else { -1.0 };
    let performance = Array2::from_shape_fn((up.len(), p.len()), |(row, model)| won(row, model));
    Ok(Some(overfitting(performance.view(), PARTS)?.probability))
}

/// The models that are put together.
const MEMBERS: [&str; 3] = ["modes", "lstm", "hybrid"];

/// The members of the largest mean.
const EVERYTHING: [&str; 3] = ["windows", "trees_pool", "lstm_pool"];

/// What a fold's row is given.
type Apply = Box<dyn Fn(&Fold, usize) -> mantis_models::Result<f64>>;

/// What is fitted on the folds before each fold, all of them out of sample; the first fold has none before. Rows whose outcome is
/// known only after the fold starts are left out.
fn later(
    folds: &[Fold],
    horizon: Interval,
    fit: impl Fn(&[Fold]) -> mantis_models::Result<Apply>,
) -> Result<Vec<f64>> {
    let mut p = Vec::new();
    for (i, fold) in folds.iter().enumerate() {
        let start = fold.times[0];
        let before: Vec<Fold> =
            folds[..i].iter().map(|before| before.resolved_by(start, horizon)).collect();
        let apply = fit(&before)?;
        for row in 0..fold.up.len() {
            p.push(apply(fold, row)?);
        }
    }
    Ok(p)
}

/// The outcomes of several folds, and what a model said.
fn joined(folds: &[Fold], name: &str) -> (Vec<f64>, Vec<bool>) {
    let p = folds.iter().filter_map(|fold| fold.p.get(name)).flatten().copied().collect();
    (p, folds.iter().flat_map(|fold| fold.up.clone()).collect())
}

fn stacked(before: &[Fold]) -> mantis_models::Result<Apply> {
    let said = |fold: &Fold, row: usize| MEMBERS.map(|name| fold.p[name][row]);
    if before.is_empty() {
        return Ok(Box::new(move |fold, row| Ok(mean_log_odds(&said(fold, row)))));
    }
    let stack = Stack::fit(&MEMBERS.map(|name| joined(before, name).0), &joined(before, BASE).1)?;
    Ok(Box::new(move |fold, row| stack.apply(&said(fold, row))))
}

fn calibrated(before: &[Fold]) -> mantis_models::Result<Apply> {
    if before.is_empty() {
        return Ok(Box::new(|fold, row| Ok(fold.p["hybrid"][row])));
    }
    let (p, up) = joined(before, "hybrid");
    let calibration = Calibration::platt(&p, &up)?;
    Ok(Box::new(move |fold, row| Ok(calibration.apply(fold.p["hybrid"][row]))))
}

fn years(times: &[Timestamp], up: &[bool], p: &[f64]) -> Vec<(i32, f64)> {
    let mut out: Vec<(i32, usize, usize)> = Vec::new();
    for ((time, &up), &p) in times.iter().zip(up).zip(p) {
        let right = usize::from((p > 0.5) == up);
        match out.last_mut() {
            Some(year) if year.0 == time.year() => {
                year.1 += right;
                year.2 += 1;
            }
            _ => out.push((time.year(), right, 1)),
        }
    }
    out.into_iter().map(|(year, right, n)| (year, right as f64 / n as f64)).collect()
}

impl Walked {
    /// What it was made of, for the record of runs.
    #[must_use]
    pub fn made(&self) -> Made {
        let seed = self.recipe["seed"].as_u64().unwrap_or_default();
        let config = json!({ "walk_forward": self.recipe, "folds": self.folds });
        Made { config, data: self.data.clone(), seed }
    }
}

impl fmt::Display for Walked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.rows.first().map_or(0, |row| row.judgement.n);
        writeln!(
            f,
            "{} ({}), {} folds, {} to {}, {} rows, each fitted on what was known before its fold\n",
            self.ticker,
            self.symbol,
            self.folds,
            day(self.span.0),
            day(self.span.1),
            thousands(n),
        )?;
        writeln!(
            f,
            "  {:<40} accuracy  95 % interval      AUC    Brier   at 50 / 20 / 10 / 5 %          AUC gain over LR + LGB",
            "model"
        )?;
        for row in &self.rows {
            let j = &row.judgement;
            let share =
                |t: &Trailing| t.accuracy.map_or_else(|| "  -  ".to_owned(), |a| format!("{a:.3}"));
            let confident: Vec<String> = row.trailing.iter().map(share).collect();
            let gain = row.gain.map_or_else(String::new, |gain| {
                format!("[{:+.4}, {:+.4}]", gain.auc.low, gain.auc.high)
            });
            writeln!(
                f,
                "  {:<40}  {:.4}   [{:.4}, {:.4}]  {:.4}  {:.4}  {}  {gain}",
                row.label,
                j.accuracy,
                j.low,
                j.high,
                j.auc,
                j.brier,
                confident.join(" / "),
            )?;
        }
        if let Some(p) = self.overfitting {
            writeln!(
                f,
                "\n  the model chosen on half of the span is among the worse half of these {} on the other: {p:.2} of all choices",
                self.rows.len()
            )?;
        }
        writeln!(f, "\n  trained on: {}", self.trained_on)?;
        writeln!(f, "  not run: {}", self.not_run.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_for_the_next_fold_only_if_its_outcome_was_known_when_it_starts() {
        let start = Timestamp::parse("2024-01-01").unwrap();
        let fold = |from: i64| Fold {
            recipe: serde_json::Value::Null,
            seeds: 1,
            data: String::new(),
            times: (from..from + 10).map(|hour| start + Interval::hours(hour)).collect(),
            up: vec![true; 10],
            p: [("hybrid".to_owned(), vec![0.5; 10])].into(),
        };
        let rows_before = |horizon: i64| {
            let count = |before: &[Fold]| {
                let (p, up) = joined(before, "hybrid");
                assert_eq!(p.len(), up.len());
                let n = p.len() as f64;
                Ok(Box::new(move |_: &Fold, _: usize| Ok(n)) as Apply)
            };
            let said = later(&[fold(0), fold(10)], Interval::hours(horizon), count).unwrap();
            (said[0], said[10])
        };
        assert_eq!(rows_before(1), (0.0, 10.0));
        assert_eq!(rows_before(6), (0.0, 5.0));
    }
}
