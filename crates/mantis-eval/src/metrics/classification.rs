//! Scores of one span as single numbers.

use super::{check, check_probability, count, right};
use crate::{Error, Result};

/// Standard normal quantile of a two-sided 95 % interval.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Share of rows called right (a row is called "up" when `p_up > 0.5`).
///
/// # Errors
/// [`Error::Length`], [`Error::Empty`], [`Error::NotFinite`], or [`Error::Parameter`] for a value
/// outside 0 to 1.
///
/// ```
/// let accuracy = mantis_eval::metrics::accuracy(&[true, false], &[0.7, 0.6])?;
/// assert_eq!(accuracy, 0.5);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn accuracy(up: &[bool], p_up: &[f64]) -> Result<f64> {
    check_probability("accuracy", up, p_up)?;
    let hits = up.iter().zip(p_up).filter(|&(&u, &p)| right(u, p)).count();
    Ok(count(hits) / count(up.len()))
}

/// Mean of the share called right among the ups and among the downs, which a majority class does not flatter.
///
/// # Errors
/// As [`accuracy`], and [`Error::OneClass`] when all rows rise or none does.
///
/// ```
/// let balanced = mantis_eval::metrics::balanced_accuracy(&[true, true, true, false], &[0.9; 4])?;
/// assert_eq!(balanced, 0.5);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn balanced_accuracy(up: &[bool], p_up: &[f64]) -> Result<f64> {
    let what = "balanced_accuracy";
    check_probability(what, up, p_up)?;
    let share = |class: bool| {
        let rows = || up.iter().zip(p_up).filter(|(u, _)| **u == class);
        let hits = rows().filter(|&(&u, &p)| right(u, p)).count();
        let n = rows().count();
        if n == 0 { Err(Error::OneClass { what, up: !class }) } else { Ok(count(hits) / count(n)) }
    };
    Ok((share(true)? + share(false)?) / 2.0)
}

/// Area under the ROC curve: P(score of an up row > score of a down row) + half P(equal), by
/// ranks in O(n log n) (the Mann-Whitney statistic).
///
/// # Errors
/// [`Error::Length`], [`Error::Empty`], [`Error::NotFinite`], or [`Error::OneClass`] when all
/// rows rise or none does.
///
/// ```
/// let auc = mantis_eval::metrics::roc_auc(&[false, true, true], &[0.1, 0.1, 0.9])?;
/// assert_eq!(auc, 0.75);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn roc_auc(up: &[bool], score: &[f64]) -> Result<f64> {
    check("roc_auc", up, score)?;
    let mut rows: Vec<(f64, bool)> = score.iter().copied().zip(up.iter().copied()).collect();
    // Negative zero equals zero in a comparison of scores, so it must not sort apart.
    rows.sort_unstable_by(|a, b| (a.0 + 0.0).total_cmp(&(b.0 + 0.0)));
    // Twice the statistic is an integer, so no rounding enters before the last division.
    let (mut below, mut positive, mut twice) = (0u64, 0u64, 0u128);
    for ties in rows.chunk_by(|a, b| a.0 == b.0) {
        let ups = ties.iter().filter(|r| r.1).count() as u64;
        let downs = ties.len() as u64 - ups;
        twice += u128::from(ups) * u128::from(2 * below + downs);
        below += downs;
        positive += ups;
    }
    if below == 0 || positive == 0 {
        return Err(Error::OneClass { what: "roc_auc", up: positive > 0 });
    }
    #[expect(clippy::cast_precision_loss, reason = "the ratio is rounded to f64 in the end")]
    let auc = twice as f64 / (2.0 * below as f64 * positive as f64);
    Ok(auc)
}

/// Mean squared difference between the probability and the outcome (0 or 1).
///
/// # Errors
/// As [`accuracy`].
///
/// ```
/// let brier = mantis_eval::metrics::brier(&[true, false], &[0.5, 0.5])?;
/// assert_eq!(brier, 0.25);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn brier(up: &[bool], p_up: &[f64]) -> Result<f64> {
    check_probability("brier", up, p_up)?;
    let square = |(&u, &p): (&bool, &f64)| (p - f64::from(u8::from(u))).powi(2);
    Ok(up.iter().zip(p_up).map(square).sum::<f64>() / count(up.len()))
}

/// Mean negative log likelihood (natural logarithm). Probabilities are kept one machine epsilon
/// away from 0 and 1, as scikit-learn does.
///
/// # Errors
/// As [`accuracy`].
///
/// ```
/// let loss = mantis_eval::metrics::log_loss(&[true], &[0.5])?;
/// assert!((loss - 2.0_f64.ln()).abs() < 1e-15);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn log_loss(up: &[bool], p_up: &[f64]) -> Result<f64> {
    check_probability("log_loss", up, p_up)?;
    let loss = |(&u, &p): (&bool, &f64)| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if u { -p.ln() } else { -(1.0 - p).ln() }
    };
    Ok(up.iter().zip(p_up).map(loss).sum::<f64>() / count(up.len()))
}

/// Wilson score interval of a share, `(low, high)`, for the normal quantile `z` ([`Z_95`] for
/// 95 %). Wilson, *Probable inference, the law of succession, and statistical inference*, 1927.
///
/// # Errors
/// [`Error::Empty`] for `n` = 0, [`Error::Parameter`] for more hits than rows or a `z` that is
/// not positive and finite.
///
/// ```
/// use mantis_eval::metrics::{Z_95, wilson_interval};
///
/// let (low, high) = wilson_interval(55, 100, Z_95)?;
/// assert!(low < 0.55 && 0.55 < high);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn wilson_interval(hits: usize, n: usize, z: f64) -> Result<(f64, f64)> {
    let what = "wilson_interval";
    if n == 0 {
        return Err(Error::Empty { what });
    }
    if hits > n {
        let expected = "at most the number of rows";
        return Err(Error::Parameter { what, parameter: "hits", expected, got: count(hits) });
    }
    if !(z.is_finite() && z > 0.0) {
        let expected = "positive and finite";
        return Err(Error::Parameter { what, parameter: "z", expected, got: z });
    }
    let (share, n) = (count(hits) / count(n), count(n));
    let scale = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / scale;
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt() / scale;
    Ok(((centre - half).max(0.0), (centre + half).min(1.0)))
}
