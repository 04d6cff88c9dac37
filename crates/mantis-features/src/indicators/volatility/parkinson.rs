//! Volatility from high and low.

use super::FAMILY;
use crate::registry::{Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "parkinson"),
    "sqrt(mean(ln(h / l)^2, n) / (4 ln 2))",
    input::HL,
    &[window(20, 2)],
    |p| p[0] - 1,
    |b| {
        let n = b.p(0);
        b.parkinson(n)
    },
)
.source("Parkinson 1980")
.unit(Unit::LogReturn)];
