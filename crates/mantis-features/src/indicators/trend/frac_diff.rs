//! Fractional difference of the log close.

use super::FAMILY;
use crate::kernels::Weights;
use crate::registry::{Cost, Indicator, Unit, input, param, window};

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
    .unit(Unit::LogReturn)
    .cost(Cost::Window),
];
