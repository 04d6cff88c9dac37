//! Volatility per bar from open, high, low and close, and roughness.

use std::f64::consts::LN_2;

use crate::Result;
use crate::indicators::{map, map2};
use crate::rolling::{check_lengths, check_period, each_variance, mean, run, runs};

/// Square root of the `n`-row mean of a per-bar variance; a mean below 0 by rounding counts as 0.
fn root_mean(terms: &[f64], n: usize) -> Result<Vec<f64>> {
    Ok(map(&mean(terms, n)?, |m| if m < 0.0 { 0.0 } else { m.sqrt() }))
}

/// Parkinson's volatility per bar: sqrt(mean(ln(h / l)^2) / (4 ln 2)) (Parkinson 1980). Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn parkinson(high: &[f64], low: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("parkinson", n, 1)?;
    check_lengths("parkinson", &[("high", high), ("low", low)])?;
    root_mean(&map2(high, low, |h, l| (h / l).ln().powi(2) / (4.0 * LN_2)), n)
}

/// Garman and Klass' volatility per bar: sqrt(mean(ln(h / l)^2 / 2 - (2 ln 2 - 1) ln(c / o)^2)) (1980). Warm-up n - 1, O(1)
/// a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn garman_klass(
    open: &[f64],
    high: &[f64],
    low: &[f64],
    close: &[f64],
    n: usize,
) -> Result<Vec<f64>> {
    check_period("garman-klass", n, 1)?;
    check_ohlc("garman-klass", open, high, low, close)?;
    let term = |i: usize| {
        let (range, body) = ((high[i] / low[i]).ln(), (close[i] / open[i]).ln());
        0.5 * range * range - (2.0 * LN_2 - 1.0) * body * body
    };
    root_mean(&(0..open.len()).map(term).collect::<Vec<_>>(), n)
}

/// Rogers and Satchell's variance of one bar: ln(h/c) ln(h/o) + ln(l/c) ln(l/o).
fn rogers_satchell_terms(open: &[f64], high: &[f64], low: &[f64], close: &[f64]) -> Vec<f64> {
    (0..open.len())
        .map(|i| {
            let (high, low) = (high[i], low[i]);
            (high / close[i]).ln() * (high / open[i]).ln()
                + (low / close[i]).ln() * (low / open[i]).ln()
        })
        .collect()
}

/// Rogers and Satchell's drift-free volatility per bar: sqrt(mean(ln(h/c) ln(h/o) + ln(l/c) ln(l/o))) (1991). Warm-up n - 1,
/// O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn rogers_satchell(
    open: &[f64],
    high: &[f64],
    low: &[f64],
    close: &[f64],
    n: usize,
) -> Result<Vec<f64>> {
    check_period("rogers-satchell", n, 1)?;
    check_ohlc("rogers-satchell", open, high, low, close)?;
    root_mean(&rogers_satchell_terms(open, high, low, close), n)
}

/// Yang and Zhang's volatility per bar: sqrt(var(overnight) + k var(body) + (1 - k) mean(Rogers-Satchell)) with
/// overnight = ln(o / previous c), body = ln(c / o), sample variances and k = 0.34 / (1.34 + (n + 1) / (n - 1)) (2000).
/// Warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn yang_zhang(
    open: &[f64],
    high: &[f64],
    low: &[f64],
    close: &[f64],
    n: usize,
) -> Result<Vec<f64>> {
    check_period("yang-zhang", n, 2)?;
    check_ohlc("yang-zhang", open, high, low, close)?;
    let count = n as f64;
    let k = 0.34 / (1.34 + (count + 1.0) / (count - 1.0));
    let body = map2(close, open, |c, o| (c / o).ln());
    let mut overnight = vec![f64::NAN; open.len()];
    for i in 1..open.len() {
        overnight[i] = (open[i] / close[i - 1]).ln();
    }
    let bars = mean(&rogers_satchell_terms(open, high, low, close), n)?;
    let (night, day) = (sample_variance(&overnight, n), sample_variance(&body, n));
    Ok((0..open.len())
        .map(|i| {
            let variance = night[i] + k * day[i] + (1.0 - k) * bars[i];
            if variance < 0.0 { 0.0 } else { variance.sqrt() }
        })
        .collect())
}

fn sample_variance(x: &[f64], n: usize) -> Vec<f64> {
    let divisor = (n - 1) as f64;
    run([x], |[x], out| each_variance(x, n, |i, _, squares| out[i] = squares / divisor))
}

fn check_ohlc(
    what: &'static str,
    open: &[f64],
    high: &[f64],
    low: &[f64],
    close: &[f64],
) -> Result<()> {
    check_lengths(what, &[("open", open), ("high", high), ("low", low), ("close", close)])
}

/// Realised volatility of `n` rows: sqrt(sum of squared log returns). Takes log returns; warm-up n (the first return is
/// unknown), O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn realised_volatility(log_return: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("realised volatility", n, 1)?;
    let squares = map(log_return, |r| r * r);
    Ok(map(&root_mean(&squares, n)?, |root| root * (n as f64).sqrt()))
}

/// Lags of [`hurst`].
const HURST_LAGS: [usize; 5] = [2, 4, 8, 16, 32];

/// Hurst exponent of a log price: least-squares slope of ln(population std of lag-g differences inside the last `n` rows)
/// on ln g, g = 2, 4, 8, 16, 32. About 0.5 for a random walk, below for mean reversion. NaN when some lag has no variation.
/// Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 34.
pub fn hurst(log_price: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("hurst", n, 34)?;
    let x = HURST_LAGS.map(|lag| (lag as f64).ln());
    let mean_x = x.iter().sum::<f64>() / x.len() as f64;
    let spread: f64 = x.iter().map(|v| (v - mean_x).powi(2)).sum();
    let [slope] = runs([log_price], |[price], [slope]: [&mut [f64]; 1]| {
        if price.len() < n {
            return;
        }
        slope[n - 1..].fill(0.0);
        for (lag, x) in HURST_LAGS.into_iter().zip(x) {
            let steps: Vec<f64> = (lag..price.len()).map(|i| price[i] - price[i - lag]).collect();
            let count = n - lag;
            each_variance(&steps, count, |i, _, squares| {
                let log_deviation = 0.5 * (squares / count as f64).ln();
                slope[i + lag] += (x - mean_x) / spread * log_deviation;
            });
        }
        for value in slope.iter_mut().filter(|v| !v.is_finite()) {
            *value = f64::NAN;
        }
    });
    Ok(slope)
}
