//! Place of the close in the recent range.

use crate::Result;
use crate::indicators::momentum::rsi;
use crate::indicators::ratio_or_zero;
use crate::indicators::trend::sma;
use crate::rolling::{check_lengths, check_period, maximum, minimum};

/// %K and %D, each in 0..100.
#[derive(Clone, Debug, PartialEq)]
pub struct Stochastic {
    /// %K.
    pub k: Vec<f64>,
    /// %D, a simple average of %K.
    pub d: Vec<f64>,
}

/// Raw %K = 100 (x - lowest) / (highest - lowest) of the last `n` rows, 0 without range.
fn raw_k(high: &[f64], low: &[f64], x: &[f64], n: usize) -> Result<Vec<f64>> {
    let (top, bottom) = (maximum(high, n)?, minimum(low, n)?);
    Ok((0..x.len())
        .map(|i| ratio_or_zero(100.0 * (x[i] - bottom[i]), top[i] - bottom[i]))
        .collect())
}

/// A %K hidden until its %D is known, as TA-Lib reports them.
fn aligned(mut k: Vec<f64>, d_period: usize) -> Result<Stochastic> {
    let d = sma(&k, d_period)?;
    for (k, d) in k.iter_mut().zip(&d) {
        if d.is_nan() {
            *k = f64::NAN;
        }
    }
    Ok(Stochastic { k, d })
}

/// Fast stochastic (Lane): raw %K over `n` rows and its simple average over `d_period`, both reported once %D is known.
/// Warm-up n + d_period - 2, amortised O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when a period is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn stochastic_fast(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    n: usize,
    d_period: usize,
) -> Result<Stochastic> {
    check_period("stochastic", n, 1)?;
    check_lengths("stochastic", &[("high", high), ("low", low), ("close", close)])?;
    aligned(raw_k(high, low, close, n)?, d_period)
}

/// Slow stochastic: raw %K averaged over `k_period`, and that averaged over `d_period`. Warm-up
/// n + k_period + d_period - 3, amortised O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when a period is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn stochastic(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    n: usize,
    k_period: usize,
    d_period: usize,
) -> Result<Stochastic> {
    check_period("stochastic", n, 1)?;
    check_lengths("stochastic", &[("high", high), ("low", low), ("close", close)])?;
    aligned(sma(&raw_k(high, low, close, n)?, k_period)?, d_period)
}

/// Fast stochastic of the RSI (Chande and Kroll 1994). Warm-up rsi_period + n + d_period - 2, amortised O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when a period is too short.
pub fn stochastic_rsi(
    close: &[f64],
    rsi_period: usize,
    n: usize,
    d_period: usize,
) -> Result<Stochastic> {
    check_period("stochastic rsi", n, 1)?;
    let strength = rsi(close, rsi_period)?;
    aligned(raw_k(&strength, &strength, &strength, n)?, d_period)
}

/// Williams %R: -100 (highest - close) / (highest - lowest) of the last `n` rows, 0 without range. -100..0, warm-up n - 1,
/// amortised O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn williams_r(high: &[f64], low: &[f64], close: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("williams %r", n, 1)?;
    check_lengths("williams %r", &[("high", high), ("low", low), ("close", close)])?;
    let (top, bottom) = (maximum(high, n)?, minimum(low, n)?);
    Ok((0..close.len())
        .map(|i| ratio_or_zero(-100.0 * (top[i] - close[i]), top[i] - bottom[i]))
        .collect())
}
