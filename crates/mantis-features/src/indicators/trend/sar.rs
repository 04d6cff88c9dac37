//! Wilder's parabolic stop and reverse.

use crate::Result;
use crate::rolling::{check_lengths, run};

/// Parabolic SAR (Wilder 1978) in TA-Lib's form: the first direction comes from the first directional movement, `step` and
/// `most` are the acceleration's step and cap. Unit of price, warm-up 1, O(1) a row.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when the lengths differ.
pub fn parabolic_sar(high: &[f64], low: &[f64], step: f64, most: f64) -> Result<Vec<f64>> {
    check_lengths("sar", &[("high", high), ("low", low)])?;
    Ok(run([high, low], |[high, low], out| sar_run(high, low, step, most, out)))
}

fn sar_run(high: &[f64], low: &[f64], step: f64, most: f64, out: &mut [f64]) {
    if high.len() < 2 {
        return;
    }
    let (up, down) = (high[1] - high[0], low[0] - low[1]);
    let mut long = !(down > 0.0 && up < down);
    let (mut extreme, mut stop) = if long { (high[1], low[0]) } else { (low[1], high[0]) };
    let mut acceleration = step.min(most);
    for i in 1..high.len() {
        // The first row has no bar before it to bound the stop with but itself.
        let before = if i == 1 { 1 } else { i - 1 };
        let crossed = if long { low[i] <= stop } else { high[i] >= stop };
        if crossed {
            stop = extreme;
            stop = if long {
                stop.max(high[before]).max(high[i])
            } else {
                stop.min(low[before]).min(low[i])
            };
            long = !long;
            acceleration = step.min(most);
            extreme = if long { high[i] } else { low[i] };
        }
        out[i] = stop;
        let farther = if long { high[i] > extreme } else { low[i] < extreme };
        if farther {
            extreme = if long { high[i] } else { low[i] };
            acceleration = (acceleration + step).min(most);
        }
        stop += acceleration * (extreme - stop);
        stop = if long {
            stop.min(low[before]).min(low[i])
        } else {
            stop.max(high[before]).max(high[i])
        };
    }
}
