//! The competitor that fits a logistic regression on lagged returns.

use super::{TimedEmbedding, embedding, volatility};
use crate::{Error, Result};
use mantis_data::{Bars, Timestamp};
use mantis_features::learn::Logistic;
use ndarray::Array2;

const LAGS: usize = 24;
/// Two years of hours.
const TRAINING_BARS: usize = 17_520;
const MIN_TRAINING_BARS: usize = 500;
const CLIP: f64 = 5.0;
const C: f64 = 0.003;
const WHAT: &str = "lagged logistic competitor";

/// The last [`LAGS`] log returns up to bar `i`, in trailing volatilities, newest first.
fn features(close: &[f64], i: usize) -> Option<[f64; LAGS]> {
    let scale = volatility(close, i)?;
    Some(std::array::from_fn(|lag| {
        ((close[i - lag] / close[i - lag - 1]).ln() / scale).clamp(-CLIP, CLIP)
    }))
}

/// Fits once on bars whose outcome is known before `span_start`, then acts on every bar.
pub(super) fn embeddings(bars: &Bars, span_start: Timestamp) -> Result<Vec<TimedEmbedding>> {
    let close = bars.close();
    let acting: Vec<(usize, [f64; LAGS])> =
        (0..bars.len()).filter_map(|i| Some((i, features(close, i)?))).collect();
    // The outcome of bar i is the close of bar i + 1.
    let learnt =
        acting.partition_point(|&(i, _)| i + 1 < bars.len() && bars.known_at(i + 1) < span_start);
    let training = &acting[learnt.saturating_sub(TRAINING_BARS)..learnt];
    if training.len() < MIN_TRAINING_BARS {
        return Err(Error::TooShort {
            what: WHAT,
            unit: "bars before the scored span",
            expected: MIN_TRAINING_BARS,
            got: training.len(),
            remedy: "pass bars that start earlier",
        });
    }
    let x = Array2::from_shape_fn((training.len(), LAGS), |(r, lag)| training[r].1[lag]);
    let up: Vec<bool> = training.iter().map(|&(i, _)| close[i + 1] > close[i]).collect();
    let learn = |source| Error::Learn { what: WHAT, source };
    let model = Logistic { c: C, ..Logistic::default() }.fit(x.view(), &up, None).map_err(learn)?;
    acting
        .iter()
        .map(|(i, row)| {
            let p_up = model.probability(row).map_err(learn)?;
            Ok((bars.known_at(*i), embedding(2.0 * p_up - 1.0)))
        })
        .collect()
}
