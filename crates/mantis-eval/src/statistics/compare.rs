//! Two models on the same rows.

use super::bootstrap::{BlockBootstrap, Estimate};
use super::distributions::student_t_cdf;
use crate::metrics::count;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The test of Diebold and Mariano (1995) with the correction of Harvey, Leybourne and Newbold (1997).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DieboldMariano {
    /// Mean loss of the first model minus mean loss of the second.
    pub difference: f64,
    /// Corrected statistic; negative when the first model is better.
    pub statistic: f64,
    /// Two-sided probability of a statistic as large if both are equally good (t distribution, n - 1 degrees of freedom).
    pub p_value: f64,
}

/// Compares the losses of two models, row by row in time order. `horizon` is the number of rows that a forecast looks
/// ahead; the losses of nearer rows may be correlated (autocovariances up to `horizon - 1`, all with weight 1).
///
/// # Errors
/// [`Error::Length`], [`Error::NotFinite`]; [`Error::Parameter`] for a horizon that is not within 1 and the rows; and
/// [`Error::TooShort`] when the variance of the mean difference is not positive (equal losses, or too few rows for the
/// horizon).
///
/// ```
/// use mantis_eval::statistics::diebold_mariano;
///
/// let a: Vec<f64> = (0..200).map(|i| 0.2 + 0.01 * f64::from(i % 5)).collect();
/// let b: Vec<f64> = (0..200).map(|i| 0.3 + 0.01 * f64::from(i % 7)).collect();
/// let test = diebold_mariano(&a, &b, 1)?;
/// assert!(test.statistic < 0.0 && test.p_value < 0.01);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn diebold_mariano(a: &[f64], b: &[f64], horizon: usize) -> Result<DieboldMariano> {
    let what = "diebold_mariano";
    if a.len() != b.len() {
        return Err(Error::Length { what, expected: a.len(), got: b.len() });
    }
    for losses in [a, b] {
        if let Some(index) = losses.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite { what, index, value: losses[index] });
        }
    }
    if horizon == 0 || horizon >= a.len() {
        let (parameter, expected) = ("horizon", "at least 1 and fewer than the rows");
        return Err(Error::Parameter { what, parameter, expected, got: count(horizon) });
    }
    let n = count(a.len());
    let d: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let difference = d.iter().sum::<f64>() / n;
    let covariance = |lag: usize| {
        d[lag..].iter().zip(&d).map(|(x, y)| (x - difference) * (y - difference)).sum::<f64>() / n
    };
    let variance = (covariance(0) + 2.0 * (1..horizon).map(covariance).sum::<f64>()) / n;
    if variance <= 0.0 {
        return Err(Error::TooShort {
            what,
            unit: "rows with differing losses",
            expected: 2 * horizon,
            got: a.len(),
            remedy: "pass more rows or a shorter horizon",
        });
    }
    let h = count(horizon);
    let correction = ((n + 1.0 - 2.0 * h + h * (h - 1.0) / n) / n).sqrt();
    let statistic = correction * difference / variance.sqrt();
    let p_value = 2.0 * student_t_cdf(-statistic.abs(), n - 1.0);
    Ok(DieboldMariano { difference, statistic, p_value })
}

/// The difference of a measure between two models.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// First minus second, with its interval.
    pub difference: Estimate,
    /// Twice the share of samples on the other side of zero (at most 1).
    pub p_value: f64,
}

/// Compares a measure of two models on the same resampled blocks.
///
/// # Errors
/// As [`BlockBootstrap::estimate`].
///
/// ```
/// use mantis_eval::statistics::{BlockBootstrap, paired_difference};
///
/// let blocks: Vec<_> = (0..30).map(|day| day * 24..(day + 1) * 24).collect();
/// let right = |row: usize, every: usize| f64::from(u8::from(row % every != 0));
/// let share = |rows: &[usize], every| {
///     Ok(rows.iter().map(|&row| right(row, every)).sum::<f64>() / rows.len() as f64)
/// };
/// let bootstrap = BlockBootstrap::default();
/// let found =
///     paired_difference(&bootstrap, &blocks, |rows| share(rows, 7), |rows| share(rows, 2))?;
/// assert!(found.difference.low > 0.0 && found.p_value < 0.05);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn paired_difference(
    bootstrap: &BlockBootstrap,
    blocks: &[Range<usize>],
    first: impl Fn(&[usize]) -> Result<f64>,
    second: impl Fn(&[usize]) -> Result<f64>,
) -> Result<PairedDifference> {
    let statistic = |rows: &[usize]| Ok(first(rows)? - second(rows)?);
    let difference = bootstrap.estimate(blocks, statistic)?;
    let replicates = bootstrap.replicates(blocks, statistic)?;
    let share = |test: fn(&f64) -> bool| {
        count(replicates.iter().filter(|d| test(d)).count()) / count(replicates.len())
    };
    let p_value = (2.0 * share(|d| *d <= 0.0).min(share(|d| *d >= 0.0))).min(1.0);
    Ok(PairedDifference { difference, p_value })
}
