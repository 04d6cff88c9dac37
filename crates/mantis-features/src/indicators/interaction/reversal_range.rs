//! Overshoot with the place in the range.

use super::FAMILY;
use crate::indicators::price::reversal;
use crate::indicators::ratio_or_zero;
use crate::registry::{Cost, Indicator, Unit, input, param};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "reversal_range"),
    "reversal over n rows x place of the close in the range of 24 rows, -1 lowest .. 1 highest",
    input::HLC,
    &[param("rows", 2, 1)],
    |p| p[0].max(23),
    |b| {
        let (high, low, close, n) = (b.high(), b.low(), b.close(), b.p(0));
        let parts = [reversal(b, n), b.highest(high, 24), b.lowest(low, 24), close];
        b.map(parts, |[reversal, h, l, c]| reversal * ratio_or_zero(2.0 * c - h - l, h - l))
    },
)
.source("state interaction, this project")
.unit(Unit::Deviations)
.cost(Cost::Logarithmic)];
