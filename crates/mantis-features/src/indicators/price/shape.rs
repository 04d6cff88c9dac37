//! The shape of one bar, and how two prices move together.

use crate::Result;
use crate::indicators::ratio_or_zero;
use crate::rolling::{check_lengths, check_period, each_comoment, run};

/// Place of the close in the bar: (2 close - high - low) / (high - low), -1..1, 0 without range. Warm-up 0.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn close_location(high: &[f64], low: &[f64], close: &[f64]) -> Result<Vec<f64>> {
    check_lengths("close location", &[("high", high), ("low", low), ("close", close)])?;
    Ok((0..high.len())
        .map(|i| ratio_or_zero((close[i] - low[i]) - (high[i] - close[i]), high[i] - low[i]))
        .collect())
}

/// Part of the bar above its body: (high - max(open, close)) / (high - low), 0..1, 0 without range. Warm-up 0.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn upper_wick(open: &[f64], high: &[f64], low: &[f64], close: &[f64]) -> Result<Vec<f64>> {
    check_lengths("upper wick", &[("open", open), ("high", high), ("low", low), ("close", close)])?;
    Ok((0..high.len())
        .map(|i| ratio_or_zero(high[i] - open[i].max(close[i]), high[i] - low[i]))
        .collect())
}

/// Part of the bar below its body: (min(open, close) - low) / (high - low), 0..1, 0 without range. Warm-up 0.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn lower_wick(open: &[f64], high: &[f64], low: &[f64], close: &[f64]) -> Result<Vec<f64>> {
    check_lengths("lower wick", &[("open", open), ("high", high), ("low", low), ("close", close)])?;
    Ok((0..high.len())
        .map(|i| ratio_or_zero(open[i].min(close[i]) - low[i], high[i] - low[i]))
        .collect())
}

/// Slope of `y`'s one-row relative changes on `x`'s over the last `n` changes (TA-Lib BETA), 0 when `x` is flat. Warm-up n,
/// O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn beta(x: &[f64], y: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("beta", n, 1)?;
    check_lengths("beta", &[("x", x), ("y", y)])?;
    let change = |x: &[f64]| -> Vec<f64> {
        let mut out = vec![f64::NAN; x.len()];
        for i in 1..x.len() {
            out[i] = ratio_or_zero(x[i] - x[i - 1], x[i - 1]);
        }
        out
    };
    Ok(run([&change(x), &change(y)], |[x, y], out| {
        each_comoment(x, y, n, |i, c| out[i] = if c.xx > 0.0 { c.xy / c.xx } else { 0.0 });
    }))
}
