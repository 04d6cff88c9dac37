//! Small steps that several of the validator's scorers share.

use crate::metrics::count;
use crate::{Error, Result};
use ndarray::ArrayView2;
use std::collections::BTreeMap;

/// Guards logarithms and divisions.
pub(crate) const EPS: f64 = 1e-12;

/// The nearest whole number, the even one of two equally near; 0 for what is not positive.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small positive whole number"
)]
pub(crate) fn round_half_even(x: f64) -> usize {
    x.max(0.0).round_ties_even() as usize
}

/// One positive finite price per row.
pub(crate) fn check_rows(what: &'static str, price: &[f64], rows: usize) -> Result<()> {
    if price.len() != rows {
        return Err(Error::Length { what, expected: rows, got: price.len() });
    }
    match price.iter().position(|p| !(p.is_finite() && *p > 0.0)) {
        Some(index) => Err(Error::NotPositive { what, index, value: price[index] }),
        None => Ok(()),
    }
}

/// A table of prices or rates with one row per sample.
pub(crate) fn check_shape(
    what: &'static str,
    values: ArrayView2<'_, f64>,
    expected: (usize, usize),
) -> Result<()> {
    for (got, expected) in [(values.nrows(), expected.0), (values.ncols(), expected.1)] {
        if got != expected {
            return Err(Error::Length { what, expected, got });
        }
    }
    Ok(())
}

/// Row weights that halve every `halflife_days`, oldest row first, scaled to mean 1.
///
/// ```
/// let weights = mantis_eval::score::time_weights(5, 15.0, 1440);
/// assert!((weights.iter().sum::<f64>() - 5.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn time_weights(rows: usize, halflife_days: f64, rows_per_day: usize) -> Vec<f64> {
    let rate = std::f64::consts::LN_2 / (halflife_days * count(rows_per_day));
    let mut weights: Vec<f64> = (0..rows).map(|t| (-rate * count(rows - t)).exp()).collect();
    let mean = weights.iter().sum::<f64>() / count(rows);
    for weight in &mut weights {
        *weight /= mean;
    }
    weights
}

/// Walk-forward segments as (start, first predicted row, end): every `chunk` rows, the first
/// `lag` rows of each segment are an embargo. Empty for `chunk` = 0.
///
/// ```
/// use mantis_eval::score::out_of_sample_segments;
///
/// assert_eq!(out_of_sample_segments(4061, 4000, 60), [(0, 60, 4000), (4000, 4060, 4061)]);
/// ```
#[must_use]
pub fn out_of_sample_segments(rows: usize, chunk: usize, lag: usize) -> Vec<(usize, usize, usize)> {
    if chunk == 0 {
        return Vec::new();
    }
    (0..rows)
        .step_by(chunk)
        .map(|start| (start, start.saturating_add(lag), start.saturating_add(chunk).min(rows)))
        .take_while(|&(_, first, end)| first < rows && first < end)
        .collect()
}

/// Sample standard deviation (ddof 1) of every window of `w` values; empty when there are fewer
/// values than that. Made from cumulative sums of the centred values as the validator does, so
/// rounding leaves a flat window near 1e-10 instead of 0; `w` = 1 gives zeros.
///
/// ```
/// let std = mantis_eval::score::rolling_std(&[1.0, 2.0, 4.0], 2);
/// assert!((std[1] - 2.0_f64.sqrt()).abs() < 1e-12);
/// ```
#[must_use]
pub fn rolling_std(x: &[f64], w: usize) -> Vec<f64> {
    if w == 0 || x.len() < w {
        return Vec::new();
    }
    let mean = x.iter().sum::<f64>() / count(x.len());
    let mut sums = Vec::with_capacity(x.len() + 1);
    sums.push((0.0, 0.0));
    let (mut first, mut second) = (0.0, 0.0);
    for value in x {
        let centred = value - mean;
        first += centred;
        second += centred * centred;
        sums.push((first, second));
    }
    let denominator = count(w.saturating_sub(1).max(1));
    sums.iter()
        .zip(&sums[w..])
        .map(|(from, to)| {
            let s1 = to.0 - from.0;
            let variance = (to.1 - from.1 - s1 * s1 / count(w)) / denominator;
            variance.max(0.0).sqrt()
        })
        .collect()
}

fn log_returns(price: &[f64], horizon: usize) -> Vec<f64> {
    let later = price.get(horizon..).unwrap_or_default();
    later.iter().zip(price).map(|(b, a)| (b + EPS).ln() - (a + EPS).ln()).collect()
}

/// Causal volatility at each row: standard deviation of the last `window` returns over `horizon`
/// rows that are complete there; NaN before row `horizon + window - 1`.
///
/// ```
/// let sigma = mantis_eval::score::sigma_from_price(&[1.0, 1.1, 1.0, 1.2], 1, 2);
/// assert!(sigma[1].is_nan() && sigma[2] > 0.0);
/// ```
#[must_use]
pub fn sigma_from_price(price: &[f64], horizon: usize, window: usize) -> Vec<f64> {
    let mut sigma = vec![f64::NAN; price.len()];
    if price.len() > horizon && window > 0 {
        let std = rolling_std(&log_returns(price, horizon), window);
        for (slot, value) in sigma.iter_mut().skip(horizon + window - 1).zip(std) {
            *slot = value;
        }
    }
    sigma
}

/// Five classes of the return over the next `horizon` rows in units of [`sigma_from_price`] with
/// `sigma_horizon` and `window`: (class, row) for every row with a positive volatility and a
/// complete return. Classes: 0 at most -2, 1 below -1, 2 within 1, 3 below 2, 4 from 2 on.
///
/// ```
/// let classes = mantis_eval::score::make_bins(&[1.0, 1.1, 1.0, 1.1, 9.0], 1, 1, 2);
/// assert_eq!(classes, [(2, 2), (4, 3)]);
/// ```
#[must_use]
pub fn make_bins(
    price: &[f64],
    horizon: usize,
    sigma_horizon: usize,
    window: usize,
) -> Vec<(u8, usize)> {
    let sigma = sigma_from_price(price, sigma_horizon, window);
    let class = |z: f64| match z {
        z if z <= -2.0 => 0,
        z if z < -1.0 => 1,
        z if z <= 1.0 => 2,
        z if z < 2.0 => 3,
        _ => 4,
    };
    log_returns(price, horizon)
        .into_iter()
        .zip(sigma)
        .enumerate()
        .filter(|(_, (_, sigma))| sigma.is_finite() && *sigma > 0.0)
        .map(|(t, (r, sigma))| (class(r / (sigma + EPS)), t))
        .collect()
}

/// Weights that give the rows of the last `recent` time steps the share `mass` of the total, in
/// f32 with mean 1; all ones when every row is on one side.
///
/// ```
/// let weights = mantis_eval::score::recent_mass_weights(&[0.0, 1.0, 2.0], 1, 0.5);
/// assert_eq!(weights, [0.75, 0.75, 1.5]);
/// ```
#[must_use]
pub fn recent_mass_weights(t: &[f64], recent: usize, mass: f64) -> Vec<f32> {
    let newest = t.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let cutoff = newest - (count(recent) - 1.0);
    let new = t.iter().filter(|&&v| v >= cutoff).count();
    let old = t.len() - new;
    if new == 0 || old == 0 {
        return vec![1.0; t.len()];
    }
    #[expect(clippy::cast_possible_truncation, reason = "the validator stores f32")]
    let boosted = (mass * count(old) / ((1.0 - mass) * count(new))) as f32;
    let weights: Vec<f32> = t.iter().map(|&v| if v >= cutoff { boosted } else { 1.0 }).collect();
    #[expect(clippy::cast_precision_loss, reason = "the validator divides in f32")]
    let mean = pairwise_sum(&weights) / weights.len() as f32;
    weights.iter().map(|w| w / mean).collect()
}

/// Sum of f32 values in NumPy's order (pairwise over blocks of 128, eight partial sums in each),
/// which decides the last bit of a mean.
pub(super) fn pairwise_sum(values: &[f32]) -> f32 {
    const LANES: usize = 8;
    const BLOCK: usize = 128;
    if values.len() < LANES {
        return values.iter().sum();
    }
    if values.len() > BLOCK {
        let half = values.len() / 2;
        let (left, right) = values.split_at(half - half % LANES);
        return pairwise_sum(left) + pairwise_sum(right);
    }
    let (blocks, tail) = values.as_chunks::<LANES>();
    let mut r = blocks[0];
    for block in &blocks[1..] {
        for (sum, value) in r.iter_mut().zip(block) {
            *sum += value;
        }
    }
    let sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    tail.iter().fold(sum, |sum, value| sum + value)
}

/// Log-odds of `p`, kept 1e-12 away from 0 and 1.
///
/// ```
/// assert_eq!(mantis_eval::score::safe_logit(0.5), 0.0);
/// ```
#[must_use]
pub fn safe_logit(p: f64) -> f64 {
    let p = p.clamp(EPS, 1.0 - EPS);
    (p / (1.0 - p)).ln()
}

/// Adds the share of every hotkey to its representative (`representatives[member]`), which alone
/// remains.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let shares = BTreeMap::from([("a".to_owned(), 0.4), ("b".to_owned(), 0.6)]);
/// let to_a = BTreeMap::from([("a".to_owned(), "a".to_owned()), ("b".to_owned(), "a".to_owned())]);
/// assert_eq!(mantis_eval::score::collapse_shares(&shares, &to_a)["a"], 1.0);
/// ```
#[must_use]
pub fn collapse_shares(
    shares: &BTreeMap<String, f64>,
    representatives: &BTreeMap<String, String>,
) -> BTreeMap<String, f64> {
    let mut collapsed = BTreeMap::new();
    for (hotkey, share) in shares {
        let keeper = representatives.get(hotkey).unwrap_or(hotkey);
        *collapsed.entry(keeper.clone()).or_insert(0.0) += share;
    }
    collapsed
}

/// Splits the total share of every group (hotkeys with the same representative) equally among
/// all its members, those without a share of their own included. Groups without a share stay out.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let shares = BTreeMap::from([("a".to_owned(), 1.0)]);
/// let to_a = BTreeMap::from([("a".to_owned(), "a".to_owned()), ("b".to_owned(), "a".to_owned())]);
/// assert_eq!(mantis_eval::score::equalise_shares(&shares, &to_a)["b"], 0.5);
/// ```
#[must_use]
pub fn equalise_shares(
    shares: &BTreeMap<String, f64>,
    representatives: &BTreeMap<String, String>,
) -> BTreeMap<String, f64> {
    let mut equal: BTreeMap<String, f64> = shares
        .iter()
        .filter(|(hotkey, _)| !representatives.contains_key(*hotkey))
        .map(|(hotkey, share)| (hotkey.clone(), *share))
        .collect();
    let mut groups = BTreeMap::<&String, Vec<&String>>::new();
    for (member, keeper) in representatives {
        groups.entry(keeper).or_default().push(member);
    }
    for members in groups.into_values() {
        let total: f64 = members.iter().filter_map(|m| shares.get(*m)).sum();
        if total > 0.0 {
            let part = total / count(members.len());
            equal.extend(members.into_iter().map(|m| (m.clone(), part)));
        }
    }
    equal
}
