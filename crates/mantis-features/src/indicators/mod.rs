//! Indicator kernels: causal functions over slices, grouped by family.
//!
//! Every kernel takes parallel slices of one series of bars (oldest first, prices in quote currency, volume in base units)
//! and returns one value per row, NaN during the warm-up. The rules of [`rolling`](crate::rolling) hold throughout: windows
//! count rows, each run of finite rows is a series of its own, and a row's value depends on the rows up to it only.
//!
//! Recursive kernels (EMA, Wilder smoothing, OBV, SAR, ...) start at the first row they are given, so their values depend on
//! where the history starts: compute them on the same history in training and live.
//!
//! Names and conventions are those of TA-Lib where TA-Lib has the indicator, else of the paper named on the kernel. A flat
//! window (nothing to divide by) gives 0 where TA-Lib does so and in the scale-free forms; where the quantity itself is
//! undefined (skewness of a constant, a ratio to zero volume) it gives NaN.

pub mod cross;
pub mod funding;
pub mod interaction;
pub mod modes;
pub mod momentum;
pub mod price;
mod source;
pub mod time;
pub mod trend;
pub mod volatility;
pub mod volume;

pub use source::{Context, OtherBars, Source};

pub(crate) use source::log_returns;

/// `a / b`, and 0 where `b` is 0: the neutral value of a ratio that measures a deviation. NaN stays NaN.
pub(crate) fn ratio_or_zero(a: f64, b: f64) -> f64 {
    if b == 0.0 && !a.is_nan() { 0.0 } else { a / b }
}

/// Element-wise map of one series; NaN stays NaN.
pub(crate) fn map(x: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    x.iter().map(|&v| f(v)).collect()
}

/// Element-wise map of two parallel series; a NaN on either side must give NaN in `f`.
pub(crate) fn map2(x: &[f64], y: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    x.iter().zip(y).map(|(&a, &b)| f(a, b)).collect()
}
