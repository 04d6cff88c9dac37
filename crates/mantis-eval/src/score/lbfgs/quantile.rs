//! The path that pays for probabilities of the extremes within the horizon.

use super::classifier::bootstrapped;
use super::{BUCKETS, DIM, LbfgsProfile};
use crate::Result;
use crate::metrics::count;
use crate::score::EmbeddingMatrix;
use crate::score::fit::{Bootstrap, signs};
use crate::score::helpers::{EPS, recent_mass_weights, rolling_std, safe_logit};
use crate::workers::Workers;
use std::collections::VecDeque;

/// The buckets that have quantiles, in the order of their values.
const OUTER: [u8; 4] = [0, 1, 3, 4];
/// The quantiles, in standard deviations.
const THRESHOLDS: [f64; 3] = [0.5, 1.0, 2.0];

/// What happened after one row.
pub(super) struct Excursion {
    row: usize,
    bucket: u8,
    /// Highest and lowest log price of the horizon, in standard deviations of the returns.
    up: f64,
    down: f64,
    sigma: f64,
}

/// Rows with a bucket and a volatility. As at the validator the window of the volatility ends with the return that
/// starts at the row, so it looks ahead.
pub(super) fn excursions(
    price: &[f64],
    labels: &[(u8, usize)],
    horizon: usize,
    window: usize,
) -> Vec<Excursion> {
    let log: Vec<f64> = price.iter().map(|p| (p + EPS).ln()).collect();
    let returns: Vec<f64> = log[horizon..].iter().zip(&log).map(|(b, a)| b - a).collect();
    let sigma = rolling_std(&returns, window);
    let highest = sliding(&log, horizon + 1, |a, b| a >= b);
    let lowest = sliding(&log, horizon + 1, |a, b| a <= b);
    labels
        .iter()
        .filter(|&&(_, t)| t >= 1 && t + 1 >= window)
        .filter_map(|&(bucket, row)| {
            let sigma = *sigma.get(row + 1 - window)?;
            let before = log[row - 1];
            let (up, down) = (highest.get(row)? - before, lowest.get(row)? - before);
            (sigma.is_finite() && sigma > 0.0).then_some(Excursion { row, bucket, up, down, sigma })
        })
        .collect()
}

/// Extreme of every window of `w` values; `beats(a, b)` when `a` makes the earlier `b` irrelevant.
fn sliding(values: &[f64], w: usize, beats: fn(f64, f64) -> bool) -> Vec<f64> {
    let mut candidates: VecDeque<usize> = VecDeque::new();
    let mut extremes = Vec::new();
    for (t, &value) in values.iter().enumerate() {
        while candidates.back().is_some_and(|&i| beats(value, values[i])) {
            candidates.pop_back();
        }
        candidates.push_back(t);
        if t + 1 >= w {
            while candidates.front().is_some_and(|&i| i + w <= t) {
                candidates.pop_front();
            }
            extremes.push(values[candidates[0]]);
        }
    }
    extremes
}

/// Mean share of |coefficients| over all quantile models; `None` without one.
pub(super) fn importances(
    matrix: &EmbeddingMatrix<'_>,
    scored: &[usize],
    all: &[Excursion],
    profile: &LbfgsProfile,
    workers: &Workers,
    step: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<Option<Vec<(String, f64)>>> {
    let mut sums = vec![0.0; scored.len()];
    let mut models = 0_usize;
    let fits = scored.len() + THRESHOLDS.len() * profile.bootstrap_n;
    let total = OUTER.len() * fits;
    for (position, &bucket) in OUTER.iter().enumerate() {
        let rows: Vec<&Excursion> = all.iter().filter(|e| e.bucket == bucket).collect();
        if rows.len() < profile.min_bucket_rows {
            continue;
        }
        let first = BUCKETS + THRESHOLDS.len() * position;
        let done = position * fits;
        let features: Vec<[Vec<f64>; 3]> = workers.map(
            scored,
            |&j| {
                let values = matrix.values_of(j)?;
                Ok(std::array::from_fn(|k| {
                    rows.iter().map(|e| feature(values[e.row * DIM + first + k])).collect()
                }))
            },
            &mut |d| step(done + d, total),
        )?;
        let times: Vec<f64> = rows.iter().map(|e| count(e.row)).collect();
        let weights: Vec<f64> = recent_mass_weights(&times, profile.recent_samples, 0.5)
            .into_iter()
            .map(f64::from)
            .collect();
        for (k, &threshold) in THRESHOLDS.iter().enumerate() {
            let hit = |e: &&Excursion| {
                if bucket < 2 {
                    e.up >= threshold * e.sigma
                } else {
                    e.down <= -threshold * e.sigma
                }
            };
            let sign = signs(rows.iter().map(hit));
            let columns: Vec<&[f64]> = features.iter().map(|f| f[k].as_slice()).collect();
            let bootstrap = Bootstrap {
                seed: profile.seed + 17 * u64::from(bucket) + k as u64,
                replicates: profile.bootstrap_n,
                block: profile.bootstrap_block,
            };
            let done = done + scored.len() + k * profile.bootstrap_n;
            let mut inner = |d: usize| step(done + d, total);
            let found = bootstrapped(
                &columns,
                &sign,
                &weights,
                profile.quantile_c,
                bootstrap,
                workers,
                &mut inner,
            )?;
            let Some(importance) = found else { continue };
            let size: f64 = importance.iter().sum();
            if size > 0.0 {
                models += 1;
                sums.iter_mut().zip(importance).for_each(|(s, i)| *s += i / size);
            }
        }
    }
    if models == 0 {
        return Ok(None);
    }
    let named = scored.iter().map(|&j| matrix.hotkeys()[j].clone());
    let means = sums.into_iter().map(|s| s / count(models));
    Ok(Some(named.zip(means).filter(|(_, share)| *share > 0.0).collect()))
}

/// Log-odds of a probability; nothing said is even odds.
fn feature(value: f32) -> f64 {
    if value.is_nan() || value == 0.0 { 0.0 } else { safe_logit(f64::from(value)) }
}
