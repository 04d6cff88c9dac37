//! Loss, slope and curvature of single rows, written so that the compiler can treat several rows at once.

/// Loss of one row and its first two derivatives in the decision value.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) loss: f64,
    pub(super) slope: f64,
    pub(super) curvature: f64,
}

/// `v log(1 + exp(-s z))` for a label `s` of +1 or -1 and a weight `v`, and its derivatives in `z`. No branch and no call,
/// full relative precision for any finite `z`.
#[inline(always)]
pub(super) fn row(z: f64, s: f64, v: f64) -> Terms {
    let margin = s * z;
    let e = exp_of_minus(margin.abs());
    let inverse = 1.0 / (1.0 + e);
    // Probability of the label that was not observed.
    let wrong = if margin >= 0.0 { e * inverse } else { inverse };
    let overshoot = if margin >= 0.0 { 0.0 } else { -margin };
    Terms {
        loss: v * (overshoot + ln_1p(e)),
        slope: -s * (v * wrong),
        curvature: v * (e * inverse) * inverse,
    }
}

/// `exp(-a)` for `a >= 0`: split into a power of two and a Taylor polynomial on a remainder of at most `ln 2 / 2`. Beyond
/// 700, where nothing is left of a probability, the value stays that of 700.
#[inline(always)]
fn exp_of_minus(a: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    /// Adding it rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let a = if a < 700.0 { a } else { 700.0 };
    let shifted = a * std::f64::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (n * LN2_HIGH - a) + n * LN2_LOW;
    let mut sum = 1.0 / 6_227_020_800.0;
    for coefficient in [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        sum = sum * r + coefficient;
    }
    let whole = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    sum * f64::from_bits(1023_u64.wrapping_sub(whole) << 52)
}

/// `ln(1 + e)` for `e` within 0 to 1, as twice the inverse hyperbolic tangent of `e / (2 + e)`.
#[inline(always)]
fn ln_1p(e: f64) -> f64 {
    let t = e / (2.0 + e);
    let t2 = t * t;
    let mut sum = 1.0 / 33.0;
    for denominator in
        [31.0, 29.0, 27.0, 25.0, 23.0, 21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0]
    {
        sum = sum * t2 + 1.0 / denominator;
    }
    2.0 * t * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elementary_functions_are_exact_to_the_last_bits() {
        for i in 0..200_000 {
            let a = f64::from(i) * 3.5e-3 + f64::from(i % 7) * 1e-5;
            let (got, expected) = (exp_of_minus(a), (-a).exp());
            assert!((got / expected - 1.0).abs() < 1e-15, "exp(-{a}): {got} {expected}");
            let e = f64::from(i) / 199_999.0;
            let (got, expected) = (ln_1p(e), e.ln_1p());
            assert!((got - expected).abs() <= 1e-15 * expected, "ln(1 + {e}): {got} {expected}");
        }
        assert_eq!((exp_of_minus(0.0), ln_1p(0.0)), (1.0, 0.0));
        assert!(exp_of_minus(1e300) < 1e-300);
    }

    #[test]
    fn derivatives_belong_to_the_loss() {
        for (z, s) in [(0.0, 1.0), (3.0, -1.0), (-40.0, 1.0), (25.0, 1.0), (0.7, -1.0)] {
            let (low, mid, high) = (row(z - 1e-5, s, 2.0), row(z, s, 2.0), row(z + 1e-5, s, 2.0));
            assert!(((high.loss - low.loss) / 2e-5 - mid.slope).abs() < 1e-8);
            assert!(((high.slope - low.slope) / 2e-5 - mid.curvature).abs() < 1e-8);
        }
    }
}
