//! Roughness of the log close.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

/// Lags of the Hurst exponent.
const HURST_LAGS: [usize; 5] = [2, 4, 8, 16, 32];

/// Least-squares slope of ln(standard deviation of the lag-g differences inside n rows) on ln g.
fn hurst(b: &mut Build<'_>) -> Slot {
    let (price, n) = (b.log_close(), b.p(0));
    let spreads = HURST_LAGS.map(|lag| {
        let step = b.change(price, lag);
        b.deviation(step, n - lag, 0)
    });
    b.map(spreads, |spreads| {
        let x = HURST_LAGS.map(|lag| (lag as f64).ln());
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let width: f64 = x.iter().map(|v| (v - mean) * (v - mean)).sum();
        let slope: f64 = x.iter().zip(spreads).map(|(x, s)| (x - mean) / width * s.ln()).sum();
        if slope.is_finite() { slope } else { f64::NAN }
    })
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "hurst"),
        "slope of ln(std of lag-g differences of the log close within n rows) on ln g, g = 2, 4, 8, 16, 32; about 0.5 for a random walk",
        input::C,
        &[window(256, 34)],
        |p| p[0] - 1,
        hurst,
    )
    .source("Hurst 1951, standard deviation form"),
];
