//! Sliding maximum and minimum.

use std::collections::VecDeque;

use super::{check_period, run};
use crate::Result;

/// Hands `emit(row, index)` the index of the extreme of each window of `n` rows; of equal values the newest wins.
/// `beats(new, old)` says whether a newer value replaces an older one. Amortised O(1) a row.
pub(crate) fn each_extreme(
    x: &[f64],
    n: usize,
    beats: impl Fn(f64, f64) -> bool,
    mut emit: impl FnMut(usize, usize),
) {
    let mut candidates: VecDeque<usize> = VecDeque::with_capacity(n + 1);
    for (i, &value) in x.iter().enumerate() {
        while candidates.back().is_some_and(|&j| beats(value, x[j])) {
            candidates.pop_back();
        }
        candidates.push_back(i);
        if let Some(&front) = candidates.front() {
            let best = if front + n <= i {
                candidates.pop_front();
                candidates[0]
            } else {
                front
            };
            if i + 1 >= n {
                emit(i, best);
            }
        }
    }
}

/// Largest of the last `n` values. Warm-up n - 1, amortised O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn maximum(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rolling maximum", n, 1)?;
    Ok(run([x], |[x], out| each_extreme(x, n, |new, old| new >= old, |i, best| out[i] = x[best])))
}

/// Smallest of the last `n` values. Warm-up n - 1, amortised O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn minimum(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rolling minimum", n, 1)?;
    Ok(run([x], |[x], out| each_extreme(x, n, |new, old| new <= old, |i, best| out[i] = x[best])))
}
