//! Volume signed by where the price went.

use crate::Result;
use crate::indicators::ratio_or_zero;
use crate::indicators::volume::typical_price;
use crate::rolling::{check_lengths, check_period, each_sum, run};

/// On-balance volume (Granville 1963): the running total of volume signed by the close's move, starting at the first row's
/// volume (TA-Lib). Unit of volume, warm-up 0, O(1) a row; the level depends on where the history starts.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn on_balance_volume(close: &[f64], volume: &[f64]) -> Result<Vec<f64>> {
    check_lengths("obv", &[("close", close), ("volume", volume)])?;
    Ok(run([close, volume], |[close, volume], out| {
        let mut total = volume[0];
        out[0] = total;
        for i in 1..close.len() {
            total += volume[i] * sign(close[i] - close[i - 1]);
            out[i] = total;
        }
    }))
}

/// Volume signed by the close's move. Unit of volume, warm-up 1, O(1) a row.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn signed_volume(close: &[f64], volume: &[f64]) -> Result<Vec<f64>> {
    check_lengths("signed volume", &[("close", close), ("volume", volume)])?;
    Ok(run([close, volume], |[close, volume], out| {
        for i in 1..close.len() {
            out[i] = volume[i] * sign(close[i] - close[i - 1]);
        }
    }))
}

/// -1, 0 or 1.
pub(crate) fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// Volume signed by the close's place in the bar: volume (2c - h - l) / (h - l), 0 for a bar without range.
fn located(high: f64, low: f64, close: f64, volume: f64) -> f64 {
    ratio_or_zero((close - low) - (high - close), high - low) * volume
}

fn check_hlcv(
    what: &'static str,
    high: &[f64],
    low: &[f64],
    close: &[f64],
    volume: &[f64],
) -> Result<()> {
    check_lengths(what, &[("high", high), ("low", low), ("close", close), ("volume", volume)])
}

/// Accumulation/distribution line (Chaikin): running total of volume times the close's place in the bar. Unit of volume,
/// warm-up 0, O(1) a row; the level depends on where the history starts.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn accumulation_distribution(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    volume: &[f64],
) -> Result<Vec<f64>> {
    check_hlcv("accumulation/distribution", high, low, close, volume)?;
    Ok(run([high, low, close, volume], |[high, low, close, volume], out| {
        let mut total = 0.0;
        for i in 0..out.len() {
            total += located(high[i], low[i], close[i], volume[i]);
            out[i] = total;
        }
    }))
}

/// Chaikin oscillator: EMA(fast) - EMA(slow) of the accumulation/distribution line, both started at its first value
/// (TA-Lib ADOSC). Unit of volume, warm-up max(fast, slow) - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when a period is below 2, [`Error::Length`](crate::Error::Length) when lengths
/// differ.
pub fn chaikin_oscillator(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    volume: &[f64],
    fast: usize,
    slow: usize,
) -> Result<Vec<f64>> {
    check_period("chaikin oscillator (fast)", fast, 2)?;
    check_period("chaikin oscillator (slow)", slow, 2)?;
    let line = accumulation_distribution(high, low, close, volume)?;
    let weight = |n: usize| 2.0 / (n as f64 + 1.0);
    let (quick_weight, slow_weight) = (weight(fast), weight(slow));
    let first = fast.max(slow) - 1;
    Ok(run([&line], |[line], out| {
        let (mut quick, mut sluggish) = (line[0], line[0]);
        for (i, &v) in line.iter().enumerate() {
            quick += quick_weight * (v - quick);
            sluggish += slow_weight * (v - sluggish);
            if i >= first {
                out[i] = quick - sluggish;
            }
        }
    }))
}

/// Chaikin money flow: sum of volume times the close's place in the bar, over the sum of volume, of `n` rows; 0 without
/// volume. -1..1, warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn chaikin_money_flow(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    volume: &[f64],
    n: usize,
) -> Result<Vec<f64>> {
    check_period("chaikin money flow", n, 1)?;
    check_hlcv("chaikin money flow", high, low, close, volume)?;
    Ok(run([high, low, close, volume], |[high, low, close, volume], out| {
        let term = |i: usize, _: usize| [located(high[i], low[i], close[i], volume[i]), volume[i]];
        each_sum(out.len(), n, term, |i, [signed, total], _| {
            out[i] = if total > 0.0 { signed / total } else { 0.0 };
        });
    }))
}

/// Money flow index: 100 times the share of typical price x volume that came with a rise of the typical price, over `n` rows;
/// 0 when less than one unit of money flowed (TA-Lib). 0..100, warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn money_flow_index(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    volume: &[f64],
    n: usize,
) -> Result<Vec<f64>> {
    check_period("mfi", n, 2)?;
    check_hlcv("mfi", high, low, close, volume)?;
    let typical = typical_price(high, low, close)?;
    Ok(run([&typical, volume], |[typical, volume], out| {
        let term = |row: usize, _: usize| {
            let i = row + 1;
            let (flow, step) = (typical[i] * volume[i], typical[i] - typical[i - 1]);
            [if step > 0.0 { flow } else { 0.0 }, if step < 0.0 { flow } else { 0.0 }]
        };
        each_sum(typical.len().saturating_sub(1), n, term, |row, [rising, falling], _| {
            let total = rising + falling;
            out[row + 1] = if total < 1.0 { 0.0 } else { 100.0 * rising / total };
        });
    }))
}
