//! Volatility from ranges, of late against longer ago.

use super::FAMILY;
use crate::registry::{Indicator, input, param};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "range_regime"),
    "Parkinson's volatility of `fast` rows / of `slow` rows, 0 when flat",
    input::HL,
    &[param("fast", 24, 1), param("slow", 168, 1)],
    |p| p[0].max(p[1]) - 1,
    |b| {
        let (fast, slow) = (b.p(0), b.p(1));
        let (fast, slow) = (b.parkinson(fast), b.parkinson(slow));
        b.ratio(fast, slow)
    },
)
.source("ratio of volatilities after Parkinson 1980, this project")];
