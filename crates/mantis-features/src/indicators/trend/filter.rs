//! One-sided filters of the log close: Kalman, Haar, fractional difference.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::{Build, ratio_or_zero};
use crate::kernels::Weights;
use crate::registry::{Cost, Indicator, input, param, window};

/// Rows of the volatility that scales the filters.
const VOLATILITY: usize = 168;

/// Kalman filter of a local level: the observation is the level plus noise, the level a random walk whose variance is the
/// noise's / n^2. The level starts at the first row.
#[derive(Clone, Debug)]
struct LocalLevel {
    signal: f64,
    started: bool,
    level: f64,
    variance: f64,
}

impl LocalLevel {
    fn new(n: usize) -> Self {
        Self { signal: 1.0 / (n * n) as f64, started: false, level: 0.0, variance: 1.0 }
    }
}

impl Kernel<1, 1> for LocalLevel {
    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        for (out, &x) in out.iter_mut().zip(&x[rows]) {
            if !self.started {
                (self.started, self.level) = (true, x);
            }
            let predicted = self.variance + self.signal;
            let gain = predicted / (predicted + 1.0);
            self.level += gain * (x - self.level);
            self.variance = (1.0 - gain) * predicted;
            *out = self.level;
        }
    }
}

/// (log close - filtered level) in units of the volatility of n rows.
fn kalman(b: &mut Build<'_>) -> Slot {
    let (x, n) = (b.log_close(), b.p(0));
    let level = b.run1([x], LocalLevel::new(n));
    let volatility = b.volatility(VOLATILITY);
    b.map_with([x, level, volatility], (n as f64).sqrt(), |[x, level, v], root| {
        ratio_or_zero(x - level, v * root)
    })
}

/// Mean of the newest n log closes less that of the n before, in units of the volatility of n rows.
fn haar(b: &mut Build<'_>) -> Slot {
    let (x, n) = (b.log_close(), b.p(0));
    let mean = b.mean(x, n);
    let step = b.change(mean, n);
    let volatility = b.volatility(VOLATILITY);
    b.map_with([step, volatility], (n as f64).sqrt(), |[step, v], root| {
        ratio_or_zero(step, v * root)
    })
}

/// Weights of (1 - L)^d, newest first: w_0 = 1, w_k = -w_(k-1) (d - k + 1) / k.
fn fractional_weights(d: f64, n: usize) -> Vec<f64> {
    let mut weight = 1.0;
    let mut weights = vec![weight];
    for k in 1..n {
        weight *= -(d - k as f64 + 1.0) / k as f64;
        weights.push(weight);
    }
    weights
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "kalman_dev"),
        "(log close - Kalman filtered local level) / (sqrt n x volatility of 168 rows); signal to noise 1 / n^2",
        input::C,
        &[window(12, 1)],
        |_| VOLATILITY,
        kalman,
    )
    .source("Harvey 1989, local level model")
    .fading(|p| 24 * p[0]),
    Indicator::free(
        (FAMILY, "haar"),
        "(mean of n log closes - mean of the n before) / (sqrt n x volatility of 168 rows)",
        input::C,
        &[window(8, 1)],
        |p| (2 * p[0] - 1).max(VOLATILITY),
        haar,
    )
    .source("Haar 1910, one-sided"),
    Indicator::free(
        (FAMILY, "frac_diff"),
        "fractional difference of order d / 100 of the log close over n rows, relative to the oldest of them",
        input::C,
        &[param("d", 40, 1), window(64, 2)],
        |p| p[1] - 1,
        |b| {
            let (x, d, n) = (b.log_close(), b.p(0) as f64 / 100.0, b.p(1));
            b.run1([x], Weights::new(fractional_weights(d, n)))
        },
    )
    .source("Hosking 1981; López de Prado 2018, chapter 5")
    .cost(Cost::Window),
];
