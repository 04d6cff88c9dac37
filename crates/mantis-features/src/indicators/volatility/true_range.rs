//! True range and its Wilder average.

use crate::Result;
use crate::indicators::map2;
use crate::indicators::trend::wilder_run;
use crate::rolling::{check_lengths, check_period, run};

/// True range of row `i >= 1`: the bar's range extended to the previous close.
pub(crate) fn true_range_at(high: &[f64], low: &[f64], close: &[f64], i: usize) -> f64 {
    high[i].max(close[i - 1]) - low[i].min(close[i - 1])
}

/// True range (Wilder 1978): max(high, previous close) - min(low, previous close). Unit of price, warm-up 1.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn true_range(high: &[f64], low: &[f64], close: &[f64]) -> Result<Vec<f64>> {
    check_lengths("true range", &[("high", high), ("low", low), ("close", close)])?;
    Ok(run([high, low, close], |[high, low, close], out| {
        for i in 1..high.len() {
            out[i] = true_range_at(high, low, close, i);
        }
    }))
}

/// Average true range: Wilder's average of the true range, seeded with the mean of the first `n`. Unit of price, warm-up n,
/// O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn atr(high: &[f64], low: &[f64], close: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("atr", n, 1)?;
    let range = true_range(high, low, close)?;
    Ok(run([&range], |[range], out| wilder_run(range, n, out)))
}

/// ATR in percent of the close. Warm-up n, O(1) a row.
///
/// # Errors
/// As [`atr`].
pub fn natr(high: &[f64], low: &[f64], close: &[f64], n: usize) -> Result<Vec<f64>> {
    Ok(map2(&atr(high, low, close, n)?, close, |atr, close| 100.0 * atr / close))
}
