//! The probability of back-test overfitting.

use super::combinatorial::{choices, combinations};
use crate::metrics::count;
use crate::{Error, Result};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

const WHAT: &str = "overfitting";

/// How the best trial in one half of the time does in the other half.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overfitting {
    /// Share of the choices in which the best trial is in the lower half outside the sample it was chosen on.
    pub probability: f64,
    /// Logit of the relative rank of the best trial outside, for every choice of halves.
    pub logits: Vec<f64>,
    /// Share of the choices in which the best trial loses outside (performance below 0).
    pub loss_probability: f64,
}

/// Combinatorially symmetric cross-validation (Bailey, Borwein, López de Prado and Zhu, 2017): the rows are cut into
/// `blocks` consecutive parts; for every choice of half of them, the trial with the best mean there is ranked by its mean
/// in the other half. The relative rank is rank / (trials + 1), equal means counted as half below.
///
/// `performance` has one row per period and one column per trial, larger is better (returns, or a score of right and
/// wrong). Every trial belongs in, also those that were given up.
///
/// # Errors
/// [`Error::Parameter`] for an odd number of blocks, one below 2 or above the rows or above 20, or fewer than two trials;
/// [`Error::NotFinite`].
///
/// ```
/// use mantis_eval::backtest::overfitting;
/// use ndarray::Array2;
///
/// // The last trial is better in every period: choosing it is no overfitting.
/// let performance = Array2::from_shape_fn((80, 4), |(t, k)| {
///     (t as f64 * 0.7 + k as f64).sin() + if k == 3 { 2.0 } else { 0.0 }
/// });
/// let found = overfitting(performance.view(), 8)?;
/// assert_eq!((found.probability, found.logits.len()), (0.0, 70));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn overfitting(performance: ArrayView2<'_, f64>, blocks: usize) -> Result<Overfitting> {
    let (rows, trials) = performance.dim();
    let wrong = |parameter, expected, got| {
        Err(Error::Parameter { what: WHAT, parameter, expected, got: count(got) })
    };
    if blocks < 2 || blocks % 2 == 1 || blocks > rows.min(20) {
        return wrong("blocks", "even, at least 2, and at most 20 and the rows", blocks);
    }
    if trials < 2 {
        return wrong("trials", "at least 2", trials);
    }
    if let Some(index) = performance.iter().position(|v| !v.is_finite()) {
        let value = performance[[index / trials, index % trials]];
        return Err(Error::NotFinite { what: WHAT, index, value });
    }
    // Sums and lengths by block, so that a choice costs blocks x trials.
    let bounds = |b: usize| (b * rows / blocks, (b + 1) * rows / blocks);
    let sums: Vec<Vec<f64>> = (0..blocks)
        .map(|b| {
            let (from, to) = bounds(b);
            let part = performance.slice(ndarray::s![from..to, ..]);
            (0..trials).map(|k| part.column(k).sum()).collect()
        })
        .collect();
    let mean = |chosen: &[usize], k: usize| {
        let length: usize = chosen.iter().map(|&b| bounds(b).1 - bounds(b).0).sum();
        chosen.iter().map(|&b| sums[b][k]).sum::<f64>() / count(length)
    };
    let mut logits = Vec::with_capacity(choices(blocks, blocks / 2));
    let mut losses = 0;
    for inside in combinations(blocks, blocks / 2) {
        let outside: Vec<usize> = (0..blocks).filter(|b| !inside.contains(b)).collect();
        let best = (1..trials)
            .fold(0, |best, k| if mean(&inside, k) > mean(&inside, best) { k } else { best });
        let result = mean(&outside, best);
        let others = (0..trials).filter(|&k| k != best).map(|k| mean(&outside, k));
        let below: f64 = others
            .map(|other| match other.total_cmp(&result) {
                std::cmp::Ordering::Less => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Greater => 0.0,
            })
            .sum();
        let rank = (below + 1.0) / (count(trials) + 1.0);
        logits.push((rank / (1.0 - rank)).ln());
        losses += usize::from(result < 0.0);
    }
    let n = count(logits.len());
    let lower = logits.iter().filter(|logit| **logit <= 0.0).count();
    Ok(Overfitting { probability: count(lower) / n, logits, loss_probability: count(losses) / n })
}
