//! Williams' %R.

use super::FAMILY;
use crate::indicators::ratio_or_zero;
use crate::registry::{Cost, Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "willr"),
    "-100 (highest - close) / (highest - lowest) of n rows, -100..0, 0 without range",
    input::HLC,
    &[window(14, 1)],
    |p| p[0] - 1,
    |b| {
        let (high, low, close, n) = (b.high(), b.low(), b.close(), b.p(0));
        let (top, bottom) = (b.highest(high, n), b.lowest(low, n));
        b.map([close, top, bottom], |[x, top, bottom]| {
            ratio_or_zero(-100.0 * (top - x), top - bottom)
        })
    },
)
.source("Williams, TA-Lib WILLR")
.unit(Unit::Percent)
.cost(Cost::Logarithmic)];
