//! The distributions that tests need.
//!
//! Student's t is our own: `statrs` 0.18 is 3e-12 from SciPy at the thousands of degrees of freedom that hours have, where 1e-12 is
//! asked for.

use statrs::function::erf::erfc_inv;
use std::f64::consts::FRAC_1_SQRT_2;

/// Probability that a standard normal number is at most `x`.
///
/// ```
/// assert_eq!(mantis_eval::statistics::normal_cdf(0.0), 0.5);
/// ```
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The number that a standard normal one stays below with probability `p`; infinite for 0 and 1, NaN outside.
///
/// ```
/// let x = mantis_eval::statistics::normal_quantile(0.975);
/// assert!((x - 1.959_963_984_540_054).abs() < 1e-14);
/// ```
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

/// Probability that a number of Student's t distribution with `degrees` of freedom is at most `x`.
///
/// ```
/// let p = mantis_eval::statistics::student_t_cdf(1.0, 1.0);
/// assert!((p - 0.75).abs() < 1e-14);
/// ```
#[must_use]
pub fn student_t_cdf(x: f64, degrees: f64) -> f64 {
    let square = x * x;
    let whole = degrees + square;
    let tail = 0.5 * incomplete_beta((degrees / 2.0, 0.5), (degrees / whole, square / whole));
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// The regularised incomplete beta function of `x`, by its continued fraction with the method of Lentz. `y` is 1 - `x`,
/// which has more digits where `x` is close to 1.
fn incomplete_beta((a, b): (f64, f64), (x, y): (f64, f64)) -> f64 {
    const TINY: f64 = 1e-300;
    if x <= 0.0 || y <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // The fraction converges fast on this side of the mode.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta((b, a), (y, x));
    }
    let log = |x: f64, y: f64| if x > 0.5 { (-y).ln_1p() } else { x.ln() };
    let front = (a * log(x, y) + b * log(y, x) - log_beta(a, b)).exp() / a;
    let keep = |v: f64| if v.abs() < TINY { TINY } else { v };
    let (mut c, mut d) = (1.0, 1.0 / keep(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in (1..=500).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / keep(1.0 + term * d);
            c = keep(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    front * fraction
}

/// Logarithm of the beta function. The difference of two large log-gammas would lose digits, so Stirling's series is
/// taken for it.
fn log_beta(a: f64, b: f64) -> f64 {
    const LARGE: f64 = 15.0;
    let (small, large) = (a.min(b), a.max(b));
    if large < LARGE {
        return libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    }
    let rest = |x: f64| {
        let s = 1.0 / (x * x);
        (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s / 1188.0)))) / x
    };
    let sum = large + small;
    let difference = (sum - 0.5) * (small / large).ln_1p() + small * (large.ln() - 1.0) + rest(sum)
        - rest(large);
    libm::lgamma(small) - difference
}
