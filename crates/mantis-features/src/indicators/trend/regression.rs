//! Least-squares lines over a window.

use crate::Result;
use crate::rolling::{check_period, each_weighted, runs};

/// The least-squares line through the last n values against 0 (oldest) .. n - 1 (newest).
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Slope per row, in the unit of the input.
    pub slope: Vec<f64>,
    /// The line at the newest row (TA-Lib LINEARREG).
    pub end: Vec<f64>,
    /// The line one row ahead of the newest (TA-Lib TSF).
    pub forecast: Vec<f64>,
}

/// Sliding least-squares line. Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2.
pub fn linear_regression(x: &[f64], n: usize) -> Result<Line> {
    check_period("linear regression", n, 2)?;
    let count = n as f64;
    let middle = (count - 1.0) / 2.0;
    let spread = count * (count * count - 1.0) / 12.0;
    let [slope, end, forecast] = runs([x], |[x], [slope, end, forecast]| {
        let term = |i: usize, anchor: usize| x[i] - x[anchor];
        each_weighted(x.len(), n, term, |i, sum, weighted, anchor| {
            let b = (weighted - middle * sum) / spread;
            let centre = x[anchor] + sum / count;
            slope[i] = b;
            end[i] = centre + b * middle;
            forecast[i] = centre + b * (middle + 1.0);
        });
    });
    Ok(Line { slope, end, forecast })
}
