//! Directional movement (Wilder 1978) and Aroon (Chande 1995).

use crate::Result;
use crate::indicators::volatility::true_range_at;
use crate::rolling::{check_lengths, check_period, each_extreme, runs};

/// The directional-movement family, each in 0..100.
#[derive(Clone, Debug, PartialEq)]
pub struct Directional {
    /// +DI: smoothed upward movement in percent of the smoothed true range. Warm-up n.
    pub plus: Vec<f64>,
    /// -DI: the same downward. Warm-up n.
    pub minus: Vec<f64>,
    /// ADX: Wilder's average of |+DI - -DI| / (+DI + -DI). Warm-up 2n - 1.
    pub adx: Vec<f64>,
    /// ADXR: mean of ADX now and n - 1 rows ago. Warm-up 3n - 2.
    pub adxr: Vec<f64>,
}

/// Directional movement with Wilder sums seeded from the first n - 1 movements, as in TA-Lib. A row without range keeps the
/// last ADX and has both DI at 0. O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn directional(high: &[f64], low: &[f64], close: &[f64], n: usize) -> Result<Directional> {
    check_period("directional movement", n, 2)?;
    check_lengths("directional movement", &[("high", high), ("low", low), ("close", close)])?;
    let [plus, minus, adx, adxr] =
        runs([high, low, close], |bars, outputs| directional_run(bars, n, outputs));
    Ok(Directional { plus, minus, adx, adxr })
}

fn directional_run(
    [high, low, close]: [&[f64]; 3],
    n: usize,
    [plus, minus, adx, adxr]: [&mut [f64]; 4],
) {
    let count = n as f64;
    let (mut up_sum, mut down_sum, mut range_sum) = (0.0, 0.0, 0.0);
    let (mut dx_sum, mut trend) = (0.0, 0.0);
    for i in 1..high.len() {
        let (rise, fall) = (high[i] - high[i - 1], low[i - 1] - low[i]);
        let up = if rise > 0.0 && rise > fall { rise } else { 0.0 };
        let down = if fall > 0.0 && fall > rise { fall } else { 0.0 };
        let range = true_range_at(high, low, close, i);
        if i < n {
            up_sum += up;
            down_sum += down;
            range_sum += range;
            continue;
        }
        up_sum += up - up_sum / count;
        down_sum += down - down_sum / count;
        range_sum += range - range_sum / count;
        let (p, m) = if range_sum > 0.0 {
            (100.0 * up_sum / range_sum, 100.0 * down_sum / range_sum)
        } else {
            (0.0, 0.0)
        };
        (plus[i], minus[i]) = (p, m);
        let dx = (p + m > 0.0).then(|| 100.0 * (p - m).abs() / (p + m));
        if i < 2 * n - 1 {
            dx_sum += dx.unwrap_or(0.0);
            continue;
        }
        if i == 2 * n - 1 {
            trend = (dx_sum + dx.unwrap_or(0.0)) / count;
        } else if let Some(dx) = dx {
            trend = (trend * (count - 1.0) + dx) / count;
        }
        adx[i] = trend;
        if i >= 3 * n - 2 {
            adxr[i] = (trend + adx[i + 1 - n]) / 2.0;
        }
    }
}

/// Aroon up and down in 0..100: how recently the highest high and the lowest low of the last n + 1 rows were set, 100 for
/// the newest row; of equal extremes the newest counts. Returns `[up, down]`. Warm-up n, amortised O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn aroon(high: &[f64], low: &[f64], n: usize) -> Result<[Vec<f64>; 2]> {
    check_period("aroon", n, 1)?;
    check_lengths("aroon", &[("high", high), ("low", low)])?;
    let recency = |i: usize, best: usize| 100.0 * (n - (i - best)) as f64 / n as f64;
    Ok(runs([high, low], |[high, low], [up, down]| {
        each_extreme(high, n + 1, |a, b| a >= b, |i, best| up[i] = recency(i, best));
        each_extreme(low, n + 1, |a, b| a <= b, |i, best| down[i] = recency(i, best));
    }))
}
