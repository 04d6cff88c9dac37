//! Sliding sums, means and ranks.

use super::{check_period, run};
use crate::Result;

/// Rows between two fresh sums of a window of `n`.
fn restart_every(n: usize) -> usize {
    (4 * n).max(256)
}

/// Slides `M` sums over windows of `n` rows and hands each to `emit(row, sums, anchor)`.
///
/// `term(row, anchor)` is what a row adds; `anchor` is the first row of the window at the last restart, a nearby point of
/// reference against cancellation. A window whose terms are all 0 sums to exactly 0. Cost O(1) a row.
pub(crate) fn each_sum<const M: usize>(
    len: usize,
    n: usize,
    term: impl Fn(usize, usize) -> [f64; M],
    mut emit: impl FnMut(usize, [f64; M], usize),
) {
    let mut row = n - 1;
    while row < len {
        let anchor = row + 1 - n;
        let mut sums = [0.0; M];
        let mut zeros = 0;
        for i in anchor..=row {
            let t = term(i, anchor);
            zeros = if t == [0.0; M] { zeros + 1 } else { 0 };
            for (s, t) in sums.iter_mut().zip(t) {
                *s += t;
            }
        }
        emit(row, sums, anchor);
        let end = (row + restart_every(n)).min(len);
        for i in row + 1..end {
            let (new, old) = (term(i, anchor), term(i - n, anchor));
            for (s, (new, old)) in sums.iter_mut().zip(new.into_iter().zip(old)) {
                *s += new - old;
            }
            zeros = if new == [0.0; M] { zeros + 1 } else { 0 };
            if zeros >= n {
                sums = [0.0; M];
            }
            emit(i, sums, anchor);
        }
        row = end;
    }
}

/// Slides the sum and the position-weighted sum (weight 0 for the oldest row, n - 1 for the newest) of `term(row, anchor)`
/// and hands them to `emit(row, sum, weighted, anchor)`. Cost O(1) a row.
pub(crate) fn each_weighted(
    len: usize,
    n: usize,
    term: impl Fn(usize, usize) -> f64,
    mut emit: impl FnMut(usize, f64, f64, usize),
) {
    let newest_weight = (n - 1) as f64;
    let mut row = n - 1;
    while row < len {
        let anchor = row + 1 - n;
        let (mut sum, mut weighted) = (0.0, 0.0);
        for i in anchor..=row {
            let t = term(i, anchor);
            sum += t;
            weighted += (i - anchor) as f64 * t;
        }
        emit(row, sum, weighted, anchor);
        let end = (row + restart_every(n)).min(len);
        for i in row + 1..end {
            let (new, old) = (term(i, anchor), term(i - n, anchor));
            weighted += newest_weight * new - (sum - old);
            sum += new - old;
            emit(i, sum, weighted, anchor);
        }
        row = end;
    }
}

/// Sum of the last `n` values. Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn sum(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rolling sum", n, 1)?;
    Ok(run([x], |[x], out| each_sum(x.len(), n, |i, _| [x[i]], |i, [s], _| out[i] = s)))
}

/// Mean of the last `n` values. Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
///
/// ```
/// let mean = mantis_features::rolling::mean(&[1.0, 2.0, 3.0, 4.0], 3)?;
/// assert!(mean[1].is_nan());
/// assert_eq!(mean[2..], [2.0, 3.0]);
/// # Ok::<(), mantis_features::Error>(())
/// ```
pub fn mean(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rolling mean", n, 1)?;
    let count = n as f64;
    Ok(run([x], |[x], out| each_sum(x.len(), n, |i, _| [x[i]], |i, [s], _| out[i] = s / count)))
}

/// Where the newest value stands among the last `n`: share of the other n - 1 values below it, ties counted half, mapped
/// from \[0, 1\] to \[-1, 1\]. Warm-up n - 1, O(n) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2.
pub fn rank(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rolling rank", n, 2)?;
    Ok(run([x], |[x], out| {
        for i in n - 1..x.len() {
            let newest = x[i];
            let (mut below, mut above) = (0u32, 0u32);
            for &value in &x[i + 1 - n..i] {
                below += u32::from(value < newest);
                above += u32::from(value > newest);
            }
            out[i] = (f64::from(below) - f64::from(above)) / (n - 1) as f64;
        }
    }))
}
