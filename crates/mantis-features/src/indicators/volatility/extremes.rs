//! Highest high and lowest low.

use super::FAMILY;
use crate::registry::{Cost, Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "max"),
        "highest high of n rows",
        &[input::HIGH],
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| {
            let (high, n) = (b.high(), b.p(0));
            b.highest(high, n)
        },
    )
    .source("TA-Lib MAX")
    .cost(Cost::Logarithmic),
    Indicator::raw(
        (FAMILY, "min"),
        "lowest low of n rows",
        &[input::LOW],
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| {
            let (low, n) = (b.low(), b.p(0));
            b.lowest(low, n)
        },
    )
    .source("TA-Lib MIN")
    .cost(Cost::Logarithmic),
];
