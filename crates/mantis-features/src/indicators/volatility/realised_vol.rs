//! Realised volatility.

use super::FAMILY;
use crate::registry::{Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "realised_vol"),
    "sqrt(sum of n squared log returns)",
    input::C,
    &[window(20, 2)],
    |p| p[0],
    |b| {
        let n = b.p(0);
        let per_bar = b.volatility(n);
        b.map_with([per_bar], (n as f64).sqrt(), |[v], root| v * root)
    },
)
.source("Andersen and Bollerslev 1998")
.unit(Unit::LogReturn)];
