//! Competitors that learn from public indicators of the hourly bars.

use super::{TimedEmbedding, embedding};
use crate::{Error, Result};
use gbdt::config::Config;
use gbdt::decision_tree::{Data, DataVec};
use gbdt::gradient_boost::GBDT;
use mantis_data::{Bars, Interval, Panel, Timestamp};
use mantis_features::label::direction;
use mantis_features::learn::{Learner, LogisticLearner, Predict};
use mantis_features::plan::{ComputeOptions, FeaturePlan};
use mantis_features::split::{Split, SplitDates, TrainingView};

const WHAT: &str = "indicator competitor";
const SYMBOL: &str = "MARKET";
/// What any tutorial computes.
const COLUMNS: [&str; 18] = [
    "ret_1",
    "ret_2",
    "ret_3",
    "ret_6",
    "ret_12",
    "ret_24",
    "rsi_14",
    "stoch_k",
    "willr_14",
    "cci_20",
    "bb_pctb_20",
    "sma_ratio_20",
    "ema_ratio_50",
    "macd_hist_ratio",
    "adx_14",
    "atr_ratio_14",
    "close_rank_24",
    "hour_sin",
];
/// One year of hours.
const TRAINING_BARS: usize = 8_760;
const MIN_TRAINING_BARS: usize = 500;
const TREES: usize = 40;

/// How the indicators are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Logistic,
    Boosting,
}

/// Fits once on labels that are known before `span_start`, then acts on every bar with all indicators.
pub(super) fn embeddings(
    method: Method,
    bars: &Bars,
    span_start: Timestamp,
) -> Result<Vec<TimedEmbedding>> {
    let learn = |source| Error::Learn { what: WHAT, source };
    let mut panel = Panel::new(bars.interval());
    let data = |source| Error::Data { what: WHAT, source };
    panel.add_bars(SYMBOL, bars.clone()).map_err(data)?;
    let frame = FeaturePlan::of(SYMBOL, &COLUMNS)
        .and_then(|plan| plan.compute(&panel, &ComputeOptions::default()))
        .map_err(learn)?;
    let complete = |row: usize| frame.columns().iter().all(|column| column[row].is_finite());
    let mut labels = direction(bars, Interval::HOUR).map_err(learn)?;
    for (row, up) in labels.up.iter_mut().enumerate() {
        *up = up.filter(|_| complete(row));
    }
    let known_at = frame.known_at();
    let before = known_at.partition_point(|&t| t + Interval::HOUR <= span_start);
    let first = before.saturating_sub(TRAINING_BARS);
    let got = labels.up[first..before].iter().flatten().count();
    if got < MIN_TRAINING_BARS {
        return Err(Error::TooShort {
            what: WHAT,
            unit: "bars before the scored span",
            expected: MIN_TRAINING_BARS,
            got,
            remedy: "pass bars that start earlier",
        });
    }
    let test_end = known_at.last().map_or(span_start, |&t| t.max(span_start) + Interval::HOUR);
    let dates = SplitDates { train_end: span_start, validation_end: span_start, test_end };
    let split = Split::by_dates(known_at, &labels.resolves_at, dates, Interval::HOUR)
        .and_then(|split| split.train_from(first))
        .map_err(learn)?;
    let view =
        TrainingView::new(frame.names(), frame.columns(), &labels.up, &split).map_err(learn)?;
    let rows: Vec<usize> = (0..frame.len()).filter(|&row| complete(row)).collect();
    let values = |row: usize| frame.columns().iter().map(move |column| column[row]);
    let p_up: Vec<f64> = match method {
        Method::Logistic => {
            let model = LogisticLearner::default().fit(&view).map_err(learn)?;
            let p = |&row: &usize| model.probability(&values(row).collect::<Vec<_>>());
            rows.iter().map(p).collect::<mantis_features::Result<_>>().map_err(learn)?
        }
        Method::Boosting => boosted(&view, rows.iter().map(|&row| values(row).collect())),
    };
    Ok(rows.iter().zip(p_up).map(|(&row, p)| (known_at[row], embedding(2.0 * p - 1.0))).collect())
}

/// Probabilities of small boosted trees; all rows and columns are used for each, so nothing is drawn at random.
fn boosted(view: &TrainingView<'_>, rows: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    let mut config = Config::new();
    config.set_feature_size(view.names().len());
    config.set_max_depth(3);
    config.set_iterations(TREES);
    config.set_shrinkage(0.1);
    config.set_min_leaf_size(100);
    config.set_loss("LogLikelyhood");
    let mut training: DataVec = (0..view.up().len())
        .map(|row| {
            let features = view.columns().map(|column| single(column[row])).collect();
            let label = if view.up()[row] { 1.0 } else { -1.0 };
            Data::new_training_data(features, 1.0, label, None)
        })
        .collect();
    let mut model = GBDT::new(&config);
    model.fit(&mut training);
    let test = rows.map(|row| Data::new_test_data(row.into_iter().map(single).collect(), None));
    model.predict(&test.collect()).into_iter().map(f64::from).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "the trees compare in f32")]
fn single(v: f64) -> f32 {
    v as f32
}
