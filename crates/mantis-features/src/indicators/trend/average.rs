//! Moving averages in TA-Lib's conventions.

use crate::Result;
use crate::rolling::{check_period, each_weighted, mean, run};

/// Simple moving average: mean of the last `n` values. Unit of the input, warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn sma(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("sma", n, 1)?;
    mean(x, n)
}

/// Exponential moving average with smoothing 2 / (n + 1), seeded with the mean of the first `n` values at row n - 1
/// (TA-Lib). Unit of the input, warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
///
/// ```
/// let ema = mantis_features::indicators::trend::ema(&[1.0, 2.0, 3.0, 5.0], 3)?;
/// assert_eq!(ema[2..], [2.0, 3.5]);
/// # Ok::<(), mantis_features::Error>(())
/// ```
pub fn ema(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("ema", n, 1)?;
    Ok(run([x], |[x], out| ema_run(x, n, out)))
}

/// EMA of one finite run, first value at n - 1.
pub(crate) fn ema_run(x: &[f64], n: usize, out: &mut [f64]) {
    ema_from(x, n, n - 1, out);
}

/// EMA of one finite run whose seed is the mean of the `n` values that end at row `seed`.
pub(crate) fn ema_from(x: &[f64], n: usize, seed: usize, out: &mut [f64]) {
    if x.len() <= seed {
        return;
    }
    let k = 2.0 / (n as f64 + 1.0);
    let mut level = x[seed + 1 - n..=seed].iter().sum::<f64>() / n as f64;
    out[seed] = level;
    for (out, &v) in out[seed + 1..].iter_mut().zip(&x[seed + 1..]) {
        level += k * (v - level);
        *out = level;
    }
}

/// Wilder's average (smoothing 1 / n) of one finite run, seeded with the mean of its first `n` rows.
pub(crate) fn wilder_run(x: &[f64], n: usize, out: &mut [f64]) {
    if x.len() < n {
        return;
    }
    let count = n as f64;
    let mut level = x[..n].iter().sum::<f64>() / count;
    out[n - 1] = level;
    for (out, &v) in out[n..].iter_mut().zip(&x[n..]) {
        level = (level * (count - 1.0) + v) / count;
        *out = level;
    }
}

/// Linearly weighted moving average, weights 1 (oldest) to n (newest). Unit of the input, warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn wma(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("wma", n, 1)?;
    let weights = (n * (n + 1) / 2) as f64;
    Ok(run([x], |[x], out| {
        each_weighted(
            x.len(),
            n,
            |i, anchor| x[i] - x[anchor],
            |i, sum, weighted, anchor| out[i] = x[anchor] + (weighted + sum) / weights,
        );
    }))
}

/// Double exponential moving average 2 EMA - EMA(EMA) (Mulloy 1994). Unit of the input, warm-up 2(n - 1), O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn dema(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("dema", n, 1)?;
    let once = ema(x, n)?;
    let twice = ema(&once, n)?;
    Ok(once.iter().zip(&twice).map(|(a, b)| 2.0 * a - b).collect())
}

/// Triple exponential moving average 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA)) (Mulloy 1994). Unit of the input, warm-up
/// 3(n - 1), O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn tema(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("tema", n, 1)?;
    let once = ema(x, n)?;
    let twice = ema(&once, n)?;
    let thrice = ema(&twice, n)?;
    Ok((0..x.len()).map(|i| 3.0 * once[i] - 3.0 * twice[i] + thrice[i]).collect())
}

/// Triangular moving average: an SMA of an SMA whose lengths add to n + 1. Unit of the input, warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn trima(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("trima", n, 1)?;
    let inner = n.div_ceil(2);
    sma(&sma(x, inner)?, n + 1 - inner)
}

/// Hull moving average: WMA over floor(sqrt n) of 2 WMA(n / 2) - WMA(n) (Hull 2005). Unit of the input, warm-up
/// n + floor(sqrt n) - 2, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2.
pub fn hma(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("hma", n, 2)?;
    let (fast, slow) = (wma(x, n / 2)?, wma(x, n)?);
    let raw: Vec<f64> = fast.iter().zip(&slow).map(|(f, s)| 2.0 * f - s).collect();
    wma(&raw, n.isqrt())
}

/// Kaufman's adaptive moving average: the efficiency ratio |x_t - x_(t-n)| / sum |x_i - x_(i-1)| moves the smoothing between
/// those of EMA 2 and EMA 30 (Kaufman 1995). Unit of the input, warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2.
pub fn kama(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("kama", n, 2)?;
    let (fastest, slowest) = (2.0 / 3.0, 2.0 / 31.0);
    Ok(run([x], |[x], out| {
        let Some(mut level) = x.get(n - 1).copied() else { return };
        let path = efficiency_path(x, n);
        for i in n..x.len() {
            let change = (x[i] - x[i - n]).abs();
            let efficiency = if path[i] <= change { 1.0 } else { change / path[i] };
            let smoothing = (efficiency * (fastest - slowest) + slowest).powi(2);
            level += (x[i] - level) * smoothing;
            out[i] = level;
        }
    }))
}

/// Length of the path over the last `n` steps; rows below n are 0.
fn efficiency_path(x: &[f64], n: usize) -> Vec<f64> {
    let mut path = vec![0.0; x.len()];
    let step = |i: usize, _: usize| [(x[i + 1] - x[i]).abs()];
    crate::rolling::each_sum(x.len().saturating_sub(1), n, step, |i, [s], _| path[i + 1] = s);
    path
}
