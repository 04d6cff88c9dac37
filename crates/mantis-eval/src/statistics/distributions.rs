//! The distributions that tests need.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

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
/// A rational approximation (Acklam, 2003) and two steps of Halley on [`normal_cdf`].
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
    if p > 0.5 {
        // The upper tail of a number close to 1 has lost its digits already; 1 - p loses no more.
        return -normal_quantile(1.0 - p);
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    let mut x = approximate(p);
    for _ in 0..2 {
        let error = (normal_cdf(x) - p) * (2.0 * PI).sqrt() * (x * x / 2.0).exp();
        x -= error / (1.0 + x * error / 2.0);
    }
    x
}

/// Relative error below 1.15e-9 for 0 < p <= 1/2.
fn approximate(p: f64) -> f64 {
    const LOW: f64 = 0.024_25;
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    let polynomial = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, c| sum * x + c);
    if p < LOW {
        let q = (-2.0 * p.ln()).sqrt();
        polynomial(&C, q) / polynomial(&D, q)
    } else {
        let q = p - 0.5;
        q * polynomial(&A, q * q) / polynomial(&B, q * q)
    }
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
