//! Small positive definite systems, row-major.

use super::derivatives::dot;

/// Solves `a x = b` in place for a symmetric positive definite `a` (row-major `d x d`, `d` the length of `b`), of which only the
/// lower triangle is read and which its Cholesky factor replaces. False, with `b` as it was, when `a` is not positive definite.
///
/// # Panics
/// When `a` holds fewer than `d * d` numbers.
///
/// ```
/// use mantis_features::learn::solve_positive_definite;
///
/// // The factor of this matrix, [2, 1, 2], is exact, and so is the solution.
/// let (mut a, mut x) = ([4.0, 0.0, 2.0, 5.0], [8.0, 12.0]);
/// assert!(solve_positive_definite(&mut a, &mut x));
/// assert_eq!(x, [1.0, 2.0]);
/// ```
#[must_use]
pub fn solve_positive_definite(a: &mut [f64], b: &mut [f64]) -> bool {
    let factored = cholesky(a, b.len());
    if factored {
        solve_cholesky(a, b);
    }
    factored
}

/// Factors the lower triangle of a row-major `d x d` matrix in place; false when it is not positive definite.
pub(super) fn cholesky(a: &mut [f64], d: usize) -> bool {
    for j in 0..d {
        for k in 0..=j {
            let sum = a[j * d + k] - dot(&a[j * d..j * d + k], &a[k * d..k * d + k]);
            if j > k {
                a[j * d + k] = sum / a[k * d + k];
            } else if sum > 0.0 && sum.is_finite() {
                a[j * d + j] = sum.sqrt();
            } else {
                return false;
            }
        }
    }
    true
}

pub(super) fn solve_cholesky(factor: &[f64], b: &mut [f64]) {
    let d = b.len();
    for j in 0..d {
        let sum = dot(&factor[j * d..j * d + j], &b[..j]);
        b[j] = (b[j] - sum) / factor[j * d + j];
    }
    for j in (0..d).rev() {
        let mut sum = b[j];
        for k in j + 1..d {
            sum -= factor[k * d + j] * b[k];
        }
        b[j] = sum / factor[j * d + j];
    }
}
