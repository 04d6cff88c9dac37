//! Bounded oscillators.

use crate::Result;
use crate::indicators::ratio_or_zero;
use crate::indicators::volatility::true_range_at;
use crate::indicators::volume::typical_price;
use crate::rolling::{check_lengths, check_period, each_sum, run};

/// Relative strength index (Wilder 1978): 100 gain / (gain + loss) of Wilder-smoothed moves, 0 on a flat series. 0..100,
/// warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2.
///
/// ```
/// use mantis_features::indicators::momentum::rsi;
/// let rsi = rsi(&[1.0, 2.0, 3.0, 2.0], 2)?;
/// assert_eq!(rsi[2..], [100.0, 50.0]);
/// # Ok::<(), mantis_features::Error>(())
/// ```
pub fn rsi(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rsi", n, 2)?;
    Ok(wilder_balance(x, n, |gain, loss| 100.0 * gain / (gain + loss)))
}

/// Chande momentum oscillator on Wilder-smoothed moves (TA-Lib): 100 (gain - loss) / (gain + loss), 0 on a flat series.
/// -100..100, warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2.
pub fn cmo(x: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("cmo", n, 2)?;
    Ok(wilder_balance(x, n, |gain, loss| 100.0 * (gain - loss) / (gain + loss)))
}

/// `form(gain, loss)` of Wilder-smoothed upward and downward moves, 0 where both are 0.
fn wilder_balance(x: &[f64], n: usize, form: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let count = n as f64;
    run([x], |[x], out| {
        let (mut gain, mut loss) = (0.0, 0.0);
        for i in 1..x.len() {
            let step = x[i] - x[i - 1];
            let (up, down) = (step.max(0.0), (-step).max(0.0));
            if i <= n {
                gain += up / count;
                loss += down / count;
            } else {
                gain = (gain * (count - 1.0) + up) / count;
                loss = (loss * (count - 1.0) + down) / count;
            }
            if i >= n {
                out[i] = if gain + loss > 0.0 { form(gain, loss) } else { 0.0 };
            }
        }
    })
}

/// Commodity channel index (Lambert 1980): (tp - mean tp) / (0.015 mean |tp - mean tp|) of the typical price, 0 in a flat
/// window. Warm-up n - 1, O(n) a row (the mean absolute deviation has no exact sliding form).
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn cci(high: &[f64], low: &[f64], close: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("cci", n, 2)?;
    let typical = typical_price(high, low, close)?;
    let count = n as f64;
    Ok(run([&typical], |[tp], out| {
        each_sum(
            tp.len(),
            n,
            |i, _| [tp[i]],
            |i, [sum], _| {
                let mean = sum / count;
                let mut lanes = [0.0; 4];
                let (chunks, rest) = tp[i + 1 - n..=i].as_chunks::<4>();
                for chunk in chunks {
                    for (lane, v) in lanes.iter_mut().zip(chunk) {
                        *lane += (v - mean).abs();
                    }
                }
                let spread =
                    lanes.iter().sum::<f64>() + rest.iter().map(|v| (v - mean).abs()).sum::<f64>();
                let deviation = tp[i] - mean;
                // Below the rounding of the mean itself the window is flat.
                let flat = spread <= mean.abs() * 1e-14 * count;
                out[i] = if flat { 0.0 } else { deviation / (0.015 * spread / count) };
            },
        );
    }))
}

/// Ultimate oscillator (Williams 1976): buying pressure over true range in three windows, weights 4, 2, 1. 0..100, warm-up =
/// the longest window, O(1) a row. A window without range adds 0.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when a window is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn ultimate_oscillator(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    windows: [usize; 3],
) -> Result<Vec<f64>> {
    for n in windows {
        check_period("ultimate oscillator", n, 1)?;
    }
    check_lengths("ultimate oscillator", &[("high", high), ("low", low), ("close", close)])?;
    let mut windows = windows;
    windows.sort_unstable();
    Ok(run([high, low, close], |[high, low, close], out| {
        let pressure = |row: usize, _: usize| {
            let i = row + 1;
            [close[i] - low[i].min(close[i - 1]), true_range_at(high, low, close, i)]
        };
        let rows = high.len().saturating_sub(1);
        for (n, weight) in windows.into_iter().zip([4.0, 2.0, 1.0]) {
            each_sum(rows, n, pressure, |row, [bought, range], _| {
                if row + 1 >= windows[2] {
                    let share = if range > 0.0 { weight * bought / range } else { 0.0 };
                    let so_far = if out[row + 1].is_nan() { 0.0 } else { out[row + 1] };
                    out[row + 1] = so_far + 100.0 * share / 7.0;
                }
            });
        }
    }))
}

/// Balance of power (Livshin 2001): (close - open) / (high - low), 0 when the bar has no range. -1..1, warm-up 0.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn balance_of_power(
    open: &[f64],
    high: &[f64],
    low: &[f64],
    close: &[f64],
) -> Result<Vec<f64>> {
    check_lengths(
        "balance of power",
        &[("open", open), ("high", high), ("low", low), ("close", close)],
    )?;
    Ok((0..open.len()).map(|i| ratio_or_zero(close[i] - open[i], high[i] - low[i])).collect())
}
