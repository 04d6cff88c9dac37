//! Place of the close in the bar.

use super::FAMILY;
use crate::indicators::ratio_or_zero;
use crate::registry::{Indicator, input};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "close_location"),
    "(2 close - high - low) / (high - low), -1..1, 0 without range",
    input::HLC,
    &[],
    |_| 0,
    |b| {
        let bar = [b.high(), b.low(), b.close()];
        b.map(bar, |[h, l, c]| ratio_or_zero((c - l) - (h - c), h - l))
    },
)
.source("Chaikin's close location value")];
