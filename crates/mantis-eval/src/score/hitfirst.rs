//! Scoring of forecasts which of two barriers is hit first.

use super::fit::{Problem, signs};
use super::helpers::{EPS, check_rows, rolling_std, round_half_even, safe_logit};
use super::{Declined, EmbeddingMatrix, Outcome};
use crate::metrics::count;
use crate::workers::{Progress, Workers};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

const WHAT: &str = "score_hitfirst";
const DIM: usize = 3;
/// Fewer labelled rows than this are not divided for the leave-out fits.
const MIN_DIVIDED: usize = 8;

/// Constants of the hit-first scoring; the default is what the validator runs with.
///
/// | field | default | range | meaning |
/// |---|---|---|---|
/// | `min_required_samples` | 7200 | >= 1 | least rows, and the least window of the volatility |
/// | `min_days` | 5 | > 0 | the same in days of 1440 rows; the larger counts |
/// | `hitfirst_lbo_blocks` | 4 | >= 1 | parts of which each fit leaves one out |
/// | `c` | 1 | > 0 | inverse penalty |
/// | `max_iter` | 500 | >= 1 | iterations of a fit |
/// | `max_rows` | 432 000 | >= 1 | newest rows that count |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct HitfirstProfile {
    pub min_required_samples: usize,
    #[serde(rename = "min_days")]
    pub min_days: f64,
    pub hitfirst_lbo_blocks: usize,
    pub c: f64,
    pub max_iter: usize,
    pub max_rows: usize,
}

impl Default for HitfirstProfile {
    fn default() -> Self {
        Self {
            min_required_samples: 7200,
            min_days: 5.0,
            hitfirst_lbo_blocks: 4,
            c: 1.0,
            max_iter: 500,
            max_rows: super::MAX_ROWS,
        }
    }
}

impl HitfirstProfile {
    /// Checks every range of the table.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first value outside its range.
    pub fn check(&self) -> Result<()> {
        let what = "HitfirstProfile";
        for (parameter, value) in [
            ("min_required_samples", self.min_required_samples),
            ("hitfirst_lbo_blocks", self.hitfirst_lbo_blocks),
            ("max_iter", self.max_iter),
            ("max_rows", self.max_rows),
        ] {
            if value == 0 {
                return Err(Error::Parameter { what, parameter, expected: "at least 1", got: 0.0 });
            }
        }
        for (parameter, got) in [("min_days", self.min_days), ("c", self.c)] {
            if !(got.is_finite() && got > 0.0) {
                let expected = "finite and above 0";
                return Err(Error::Parameter { what, parameter, expected, got });
            }
        }
        Ok(())
    }

    /// Rows required, which is also the window of the volatility.
    fn required(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be positive; a float too large saturates"
        )]
        let by_days = (1440.0 * self.min_days).ceil() as usize;
        by_days.max(self.min_required_samples)
    }
}

/// Which barrier is hit first, for every row with a volatility and `horizon` later rows: (outcome, row) with outcome 0 for
/// the upper barrier, 1 for the lower one, 2 for neither. The barriers lie one standard deviation of the returns over
/// `horizon` rows away; as at the validator its window of `window` returns ends with the one that *starts* at the row.
///
/// ```
/// use mantis_eval::score::hitfirst_labels;
///
/// let price = [1.0, 1.1, 0.9, 1.3, 1.2, 1.5];
/// assert_eq!(hitfirst_labels(&price, 2, 1), [(2, 1), (2, 2), (2, 3), (0, 4)]);
/// ```
#[must_use]
pub fn hitfirst_labels(price: &[f64], window: usize, horizon: usize) -> Vec<(u8, usize)> {
    if horizon == 0 || window == 0 || price.len() <= horizon {
        return Vec::new();
    }
    let log: Vec<f64> = price.iter().map(|p| (p + EPS).ln()).collect();
    let returns: Vec<f64> = log[horizon..].iter().zip(&log).map(|(b, a)| b - a).collect();
    rolling_std(&returns, window)
        .into_iter()
        .enumerate()
        .filter(|(_, sigma)| sigma.is_finite() && *sigma > 0.0)
        .map(|(i, sigma)| {
            let t = i + window - 1;
            let hit = log[t + 1..=t + horizon]
                .iter()
                .map(|later| later - log[t])
                .find_map(|move_| (move_ >= sigma).then_some(0).or((move_ <= -sigma).then_some(1)));
            (hit.unwrap_or(2), t)
        })
        .collect()
}

/// Scores forecasts of the barrier hit first as the validator does: the log-odds of "up" and of "down" of all miners enter
/// one logistic regression each, in sample, and pay is the mean |coefficient| of four fits that each leave a quarter out.
///
/// The fits stop where the validator's solver stops, so that even a constant submission is paid, as it is there. `price`
/// has the rows of the matrix, all of them positive.
///
/// # Errors
/// [`Error::Parameter`] or [`Error::Length`] for a bad profile or shape, [`Error::NotPositive`] for a price that is not
/// positive and finite, [`Error::Stopped`] when `progress` breaks.
///
/// ```
/// use mantis_eval::score::{Declined, EmbeddingMatrix, HitfirstProfile, score_hitfirst};
/// use ndarray::Array2;
/// use std::ops::ControlFlow;
///
/// let hotkeys = ["me".to_owned()];
/// let values = Array2::from_elem((60, 3), 0.3_f32);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 3, values.view())?;
/// let profile = HitfirstProfile::default();
/// let mut go_on = |_, _| ControlFlow::Continue(());
/// let outcome = score_hitfirst(&matrix, &[1.0; 60], 500, &profile, 1, &mut go_on)?;
/// assert_eq!(outcome.declined, Some(Declined::TooFewRows));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn score_hitfirst(
    matrix: &EmbeddingMatrix<'_>,
    price: &[f64],
    blocks_ahead: u32,
    profile: &HitfirstProfile,
    threads: usize,
    progress: Progress<'_>,
) -> Result<Outcome> {
    profile.check()?;
    check_rows(WHAT, price, matrix.rows())?;
    let workers = Workers::new(WHAT, threads)?;
    let matrix = matrix.last(profile.max_rows);
    let price = &price[price.len() - matrix.rows()..];
    let required = profile.required();
    let horizon = round_half_even(f64::from(blocks_ahead) / 5.0);
    if matrix.hotkeys().is_empty() {
        return Ok(Outcome::declined(Declined::NoHotkeys));
    }
    let enough_returns = price.len() >= horizon && price.len() - horizon >= required;
    if matrix.dim() != DIM || price.len() < required || !enough_returns {
        return Ok(Outcome::declined(Declined::TooFewRows));
    }
    let labels = hitfirst_labels(price, required, horizon);
    if labels.len() < required {
        return Ok(Outcome::declined(Declined::TooFewRows));
    }
    let hotkeys: Vec<usize> = (0..matrix.hotkeys().len()).collect();
    let total = hotkeys.len() + 2 * profile.hitfirst_lbo_blocks;
    let scores =
        workers.map(&hotkeys, |&j| Ok(log_odds(&matrix.values_of(j)?, &labels)), &mut |done| {
            workers.report(progress, done, total)
        })?;
    let (up, down): (Vec<Vec<f64>>, Vec<Vec<f64>>) = scores.into_iter().unzip();
    let mut importance = vec![0.0; hotkeys.len()];
    for (side, columns) in [(0_u8, &up), (1, &down)] {
        let hit: Vec<bool> = labels.iter().map(|&(label, _)| label == side).collect();
        let done = hotkeys.len() + usize::from(side) * profile.hitfirst_lbo_blocks;
        let found = leave_out_importance(columns, &hit, profile, &workers, &mut |n| {
            workers.report(progress, done + n, total)
        })?;
        for (sum, part) in importance.iter_mut().zip(found.unwrap_or_default()) {
            *sum += part;
        }
    }
    Ok(Outcome::shares(matrix.hotkeys().iter().cloned().zip(importance)))
}

/// Log-odds of the normalised "up" and "down" values in the labelled rows.
fn log_odds(values: &[f32], labels: &[(u8, usize)]) -> (Vec<f64>, Vec<f64>) {
    let of_row = |&(_, t): &(u8, usize)| {
        let vector: [f32; DIM] = std::array::from_fn(|d| values[t * DIM + d]);
        if vector.iter().all(|&v| v == 0.0) || vector.iter().any(|v| v.is_nan()) {
            return (0.0, 0.0);
        }
        let clipped = vector.map(|v| f64::from(v).clamp(EPS, 1.0 - EPS));
        let sum: f64 = clipped.iter().sum();
        (safe_logit(clipped[0] / sum), safe_logit(clipped[1] / sum))
    };
    labels.iter().map(of_row).unzip()
}

/// Mean |coefficient| over fits that leave one of several contiguous parts out; `None` without both outcomes.
fn leave_out_importance(
    columns: &[Vec<f64>],
    hit: &[bool],
    profile: &HitfirstProfile,
    workers: &Workers,
    step: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Option<Vec<f64>>> {
    let n = hit.len();
    if hit.iter().all(|&h| h == hit[0]) {
        return Ok(None);
    }
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let sign = signs(hit.iter().copied());
    let fit = |left_out: std::ops::Range<usize>| {
        let weights = (0..n).map(|i| if left_out.contains(&i) { 0.0 } else { 1.0 }).collect();
        Problem::new(&columns, &sign, weights, true)
            .map(|problem| problem.lbfgs(profile.c, profile.max_iter).importance())
    };
    let blocks = profile.hitfirst_lbo_blocks;
    let mut found = Vec::new();
    if n >= MIN_DIVIDED {
        let parts: Vec<usize> = (0..blocks).collect();
        let fits = workers.map(&parts, |&k| Ok(fit(k * n / blocks..(k + 1) * n / blocks)), step)?;
        found.extend(fits.into_iter().flatten());
    }
    if found.is_empty() {
        return Ok(fit(0..0));
    }
    let mean = |j: usize| found.iter().map(|f| f[j]).sum::<f64>() / count(found.len());
    Ok(Some((0..columns.len()).map(mean).collect()))
}
