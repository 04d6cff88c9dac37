//! Differences between the close now and before, plain or smoothed.

use crate::Result;
use crate::indicators::map2;
use crate::indicators::trend::{ema, ema_from};
use crate::rolling::{check_period, run, runs};

/// Momentum: x_t - x_(t-n). Unit of the input, warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn momentum(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("momentum", n, 1)?;
    Ok(run([x], |[x], out| {
        for i in n..x.len() {
            out[i] = x[i] - x[i - n];
        }
    }))
}

/// Rate of change in percent: 100 (x_t / x_(t-n) - 1), 0 when the old value is 0 (TA-Lib ROC). Warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn rate_of_change(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rate of change", n, 1)?;
    Ok(run([x], |[x], out| {
        for i in n..x.len() {
            let old = x[i - n];
            out[i] = if old == 0.0 { 0.0 } else { (x[i] / old - 1.0) * 100.0 };
        }
    }))
}

/// Moving average convergence divergence (Appel 1979).
#[derive(Clone, Debug, PartialEq)]
pub struct Macd {
    /// Fast EMA - slow EMA.
    pub line: Vec<f64>,
    /// EMA of the line.
    pub signal: Vec<f64>,
    /// Line - signal.
    pub histogram: Vec<f64>,
}

/// MACD in TA-Lib's form: both EMAs are seeded at row slow - 1 (the fast one with the mean of its last `fast` closes there)
/// and nothing is reported before the signal is known. Unit of price, warm-up slow + signal - 2, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `fast` or `signal` is 0 or `slow` is not above `fast`.
pub fn macd(close: &[f64], fast: usize, slow: usize, signal: usize) -> Result<Macd> {
    check_period("macd (fast)", fast, 1)?;
    check_period("macd (slow)", slow, fast + 1)?;
    check_period("macd (signal)", signal, 1)?;
    let [line, smooth, histogram] = runs([close], |[close], [line, smooth, histogram]| {
        let seed = slow - 1;
        if close.len() <= seed {
            return;
        }
        let mut quick = vec![0.0; close.len()];
        ema_from(close, fast, seed, &mut quick);
        ema_from(close, slow, seed, line);
        for (line, quick) in line[seed..].iter_mut().zip(&quick[seed..]) {
            *line = quick - *line;
        }
        ema_from(&line[seed..], signal, signal - 1, &mut smooth[seed..]);
        let first = (seed + signal - 1).min(close.len());
        line[seed..first].fill(f64::NAN);
        for i in first..close.len() {
            histogram[i] = line[i] - smooth[i];
        }
    });
    Ok(Macd { line, signal: smooth, histogram })
}

/// Absolute price oscillator EMA(fast) - EMA(slow), each EMA seeded at its own length. Unit of price, warm-up slow - 1, O(1)
/// a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `fast` is 0 or `slow` is not above `fast`.
pub fn apo(close: &[f64], fast: usize, slow: usize) -> Result<Vec<f64>> {
    check_period("apo (fast)", fast, 1)?;
    check_period("apo (slow)", slow, fast + 1)?;
    let (quick, sluggish) = (ema(close, fast)?, ema(close, slow)?);
    Ok(map2(&quick, &sluggish, |f, s| f - s))
}

/// Percentage price oscillator 100 (EMA(fast) / EMA(slow) - 1). Warm-up slow - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `fast` is 0 or `slow` is not above `fast`.
pub fn ppo(close: &[f64], fast: usize, slow: usize) -> Result<Vec<f64>> {
    check_period("ppo (fast)", fast, 1)?;
    check_period("ppo (slow)", slow, fast + 1)?;
    let (quick, sluggish) = (ema(close, fast)?, ema(close, slow)?);
    Ok(map2(&quick, &sluggish, |f, s| if s == 0.0 { 0.0 } else { (f - s) / s * 100.0 }))
}

/// TRIX: one-row rate of change in percent of the EMA of the EMA of the EMA (Hutson 1983). Warm-up 3(n - 1) + 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn trix(close: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("trix", n, 1)?;
    rate_of_change(&ema(&ema(&ema(close, n)?, n)?, n)?, 1)
}
