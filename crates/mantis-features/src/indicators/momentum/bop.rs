//! Balance of power.

use super::FAMILY;
use crate::indicators::ratio_or_zero;
use crate::registry::{Indicator, input};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "bop"),
    "balance of power (close - open) / (high - low), -1..1, 0 without range",
    input::OHLC,
    &[],
    |_| 0,
    |b| {
        let bar = [b.open(), b.high(), b.low(), b.close()];
        b.map(bar, |[o, h, l, c]| ratio_or_zero(c - o, h - l))
    },
)
.source("Livshin 2001, TA-Lib BOP")];
