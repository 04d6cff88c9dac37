//! Sliding variance, correlation and higher moments.

use super::{check_lengths, check_period, each_sum, run, runs};
use crate::Result;

/// What is left of a sum of squares after cancellation is rounding noise below this share of the largest sum seen since the
/// last restart: such a window is flat.
const FLAT: f64 = 4e-14;

/// Hands `emit(row, mean, sum of squared deviations from it)` for every window of `n` rows. A flat window gives exactly 0.
/// O(1) a row.
pub(crate) fn each_variance(x: &[f64], n: usize, mut emit: impl FnMut(usize, f64, f64)) {
    let inverse = 1.0 / n as f64;
    let (mut peak, mut last_anchor) = (0.0_f64, usize::MAX);
    let term = |i: usize, anchor: usize| {
        let d = x[i] - x[anchor];
        [d, d * d]
    };
    each_sum(x.len(), n, term, |i, [s, ss], anchor| {
        peak = if anchor == last_anchor { peak.max(ss) } else { ss };
        last_anchor = anchor;
        let centred = ss - s * s * inverse;
        let flat = centred <= FLAT * peak;
        emit(i, x[anchor] + s * inverse, if flat { 0.0 } else { centred });
    });
}

/// Centred sums of squares and products of a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comoment {
    pub(crate) xx: f64,
    pub(crate) yy: f64,
    pub(crate) xy: f64,
}

/// Hands `emit(row, comoment)` for every window of `n` rows of two parallel series. O(1) a row.
pub(crate) fn each_comoment(x: &[f64], y: &[f64], n: usize, mut emit: impl FnMut(usize, Comoment)) {
    let inverse = 1.0 / n as f64;
    let (mut peak_x, mut peak_y, mut last_anchor) = (0.0_f64, 0.0_f64, usize::MAX);
    let term = |i: usize, anchor: usize| {
        let (dx, dy) = (x[i] - x[anchor], y[i] - y[anchor]);
        [dx, dy, dx * dx, dy * dy, dx * dy]
    };
    each_sum(x.len(), n, term, |i, [sx, sy, sxx, syy, sxy], anchor| {
        (peak_x, peak_y) =
            if anchor == last_anchor { (peak_x.max(sxx), peak_y.max(syy)) } else { (sxx, syy) };
        last_anchor = anchor;
        let centred = |square: f64, peak: f64| if square <= FLAT * peak { 0.0 } else { square };
        emit(
            i,
            Comoment {
                xx: centred(sxx - sx * sx * inverse, peak_x),
                yy: centred(syy - sy * sy * inverse, peak_y),
                xy: sxy - sx * sy * inverse,
            },
        );
    });
}

/// Standard deviation of the last `n` values; `ddof` is 0 for the population form, 1 for the sample form. Warm-up n - 1,
/// O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is not above `ddof`.
pub fn standard_deviation(x: &[f64], n: usize, ddof: usize) -> Result<Vec<f64>> {
    check_period("rolling standard deviation", n, ddof + 1)?;
    let divisor = (n - ddof) as f64;
    Ok(run([x], |[x], out| each_variance(x, n, |i, _, ss| out[i] = (ss / divisor).sqrt())))
}

/// (newest value - mean) / population standard deviation of the last `n` values; 0 in a flat window. Warm-up n - 1, O(1) a
/// row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2.
pub fn z_score(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rolling z-score", n, 2)?;
    let count = n as f64;
    Ok(run([x], |[x], out| {
        each_variance(x, n, |i, mean, ss| {
            out[i] = if ss > 0.0 { (x[i] - mean) / (ss / count).sqrt() } else { 0.0 };
        });
    }))
}

/// Pearson correlation of the last `n` pairs; 0 when either side is flat (TA-Lib's convention). Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when the lengths differ.
pub fn correlation(x: &[f64], y: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rolling correlation", n, 1)?;
    check_lengths("rolling correlation", &[("x", x), ("y", y)])?;
    Ok(run([x, y], |[x, y], out| {
        each_comoment(x, y, n, |i, c| {
            let product = c.xx * c.yy;
            out[i] = if product > 0.0 { (c.xy / product.sqrt()).clamp(-1.0, 1.0) } else { 0.0 };
        });
    }))
}

/// Bias-corrected sample skewness and excess kurtosis of the last `n` values (the forms of pandas' `rolling.skew` and
/// `rolling.kurt`); NaN in a flat window, where neither is defined. Warm-up n - 1.
///
/// Each window is taken from scratch, O(n) a row: a sliding fourth moment loses its digits once a crash has left the window.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 4.
pub fn skewness_kurtosis(x: &[f64], n: usize) -> Result<[Vec<f64>; 2]> {
    check_period("rolling skewness and kurtosis", n, 4)?;
    let count = n as f64;
    let skew_scale = (count * (count - 1.0)).sqrt() / (count - 2.0);
    let kurt_scale = (count - 1.0) / ((count - 2.0) * (count - 3.0));
    Ok(runs([x], |[x], [skew, kurt]| {
        for i in n - 1..x.len() {
            let window = &x[i + 1 - n..=i];
            let mean = lanes(window, |v| [v])[0] / count;
            let [m2, m3, m4] = lanes(window, |v| {
                let d = v - mean;
                let d2 = d * d;
                [d2, d2 * d, d2 * d2]
            })
            .map(|s| s / count);
            if m2 > 0.0 {
                skew[i] = skew_scale * m3 / (m2 * m2.sqrt());
                kurt[i] = kurt_scale * ((count + 1.0) * m4 / (m2 * m2) - 3.0 * (count - 1.0));
            }
        }
    }))
}

/// `M` sums over a window in four interleaved lanes, a fixed order that the processor can overlap.
fn lanes<const M: usize>(window: &[f64], term: impl Fn(f64) -> [f64; M]) -> [f64; M] {
    let mut lanes = [[0.0; M]; 4];
    let (chunks, rest) = window.as_chunks::<4>();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            for (s, t) in lane.iter_mut().zip(term(v)) {
                *s += t;
            }
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        for (s, t) in lane.iter_mut().zip(term(v)) {
            *s += t;
        }
    }
    std::array::from_fn(|m| (lanes[0][m] + lanes[1][m]) + (lanes[2][m] + lanes[3][m]))
}
