//! Skewness and kurtosis of log returns.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::kernels::Moments;
use crate::registry::{Cost, Indicator, input, window};

fn moments(b: &mut Build<'_>) -> [Slot; 2] {
    let (r, n) = (b.log_return(), b.p(0));
    b.run([r], Moments::new(n))
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "rskew"),
        "bias-corrected sample skewness of n log returns; NaN when flat",
        input::C,
        &[window(24, 4)],
        |p| p[0],
        |b| moments(b)[0],
    )
    .source("Joanes and Gill 1998, G1; pandas rolling skew")
    .cost(Cost::Window),
    Indicator::free(
        (FAMILY, "rkurt"),
        "bias-corrected sample excess kurtosis of n log returns; NaN when flat",
        input::C,
        &[window(24, 4)],
        |p| p[0],
        |b| moments(b)[1],
    )
    .source("Joanes and Gill 1998, G2; pandas rolling kurt")
    .cost(Cost::Window),
];
