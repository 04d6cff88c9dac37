//! Bands around a middle line.

use crate::Result;
use crate::indicators::trend::ema;
use crate::indicators::volatility::atr;
use crate::rolling::{check_lengths, check_period, each_variance, maximum, minimum, runs};

/// A middle line and its two bands, in the unit of price.
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    /// Upper band.
    pub upper: Vec<f64>,
    /// Middle line.
    pub middle: Vec<f64>,
    /// Lower band.
    pub lower: Vec<f64>,
}

impl Bands {
    /// (upper - lower) / middle, NaN in the warm-up.
    pub fn width(&self) -> Vec<f64> {
        (0..self.middle.len()).map(|i| (self.upper[i] - self.lower[i]) / self.middle[i]).collect()
    }

    /// Where `x` lies between the bands: (x - lower) / (upper - lower), 0 at the lower and 1 at the upper one. NaN in the
    /// warm-up, and where the bands coincide, as a place between them is not defined there.
    pub fn position(&self, x: &[f64]) -> Vec<f64> {
        (0..self.middle.len())
            .map(|i| (x[i] - self.lower[i]) / (self.upper[i] - self.lower[i]))
            .collect()
    }
}

/// Bollinger bands: SMA(n) +- `deviations` population standard deviations (Bollinger 1992). Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2.
pub fn bollinger(close: &[f64], n: usize, deviations: f64) -> Result<Bands> {
    check_period("bollinger bands", n, 2)?;
    let count = n as f64;
    let [upper, middle, lower] = runs([close], |[close], [upper, middle, lower]| {
        each_variance(close, n, |i, mean, squares| {
            let reach = deviations * (squares / count).sqrt();
            (upper[i], middle[i], lower[i]) = (mean + reach, mean, mean - reach);
        });
    });
    Ok(Bands { upper, middle, lower })
}

/// Donchian channel: highest high, lowest low of `n` rows and their mean. Warm-up n - 1, amortised O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn donchian(high: &[f64], low: &[f64], n: usize) -> Result<Bands> {
    check_period("donchian channel", n, 1)?;
    check_lengths("donchian channel", &[("high", high), ("low", low)])?;
    let (upper, lower) = (maximum(high, n)?, minimum(low, n)?);
    let middle = upper.iter().zip(&lower).map(|(u, l)| (u + l) / 2.0).collect();
    Ok(Bands { upper, middle, lower })
}

/// Keltner channel: EMA(n) of the close +- `multiple` times ATR(atr_period) (Raschke's form). Warm-up max(n - 1, atr_period),
/// O(1) a row; the middle line alone is known from n - 1.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when a period is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn keltner(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    n: usize,
    atr_period: usize,
    multiple: f64,
) -> Result<Bands> {
    let (middle, reach) = (ema(close, n)?, atr(high, low, close, atr_period)?);
    let upper = middle.iter().zip(&reach).map(|(m, r)| m + multiple * r).collect();
    let lower = middle.iter().zip(&reach).map(|(m, r)| m - multiple * r).collect();
    Ok(Bands { upper, middle, lower })
}
