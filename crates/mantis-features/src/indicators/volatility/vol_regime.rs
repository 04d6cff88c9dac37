//! Volatility of late against that of longer ago.

use super::FAMILY;
use crate::registry::{Indicator, input, param};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "vol_regime"),
    "root mean square log return of `fast` rows / of `slow` rows, 0 when flat",
    input::C,
    &[param("fast", 24, 1), param("slow", 168, 1)],
    |p| p[0].max(p[1]),
    |b| {
        let (fast, slow) = (b.p(0), b.p(1));
        let (fast, slow) = (b.volatility(fast), b.volatility(slow));
        b.ratio(fast, slow)
    },
)
.source("ratio of volatilities, this project")];
