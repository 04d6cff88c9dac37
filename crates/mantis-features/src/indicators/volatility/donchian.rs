//! Donchian channel, and the place of the close in it.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Cost, Indicator, input, window};

/// Lowest low and highest high of n rows.
fn donchian(b: &mut Build<'_>) -> [Slot; 2] {
    let (high, low, n) = (b.high(), b.low(), b.p(0));
    [b.lowest(low, n), b.highest(high, n)]
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "donchian_u"),
        "highest high of n rows",
        &[input::HIGH],
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| donchian(b)[1],
    )
    .source("Donchian")
    .cost(Cost::Logarithmic),
    Indicator::raw(
        (FAMILY, "donchian_l"),
        "lowest low of n rows",
        &[input::LOW],
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| donchian(b)[0],
    )
    .source("Donchian")
    .cost(Cost::Logarithmic),
    Indicator::raw(
        (FAMILY, "donchian_m"),
        "mean of the highest high and the lowest low of n rows",
        input::HL,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| {
            let ends = donchian(b);
            b.map(ends, |[low, high]| (high + low) / 2.0)
        },
    )
    .source("Donchian")
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "donchian_pos"),
        "place of the close in the Donchian channel, 0 lowest .. 1 highest; NaN without width",
        input::HLC,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| {
            let ([low, high], close) = (donchian(b), b.close());
            b.position(close, low, high)
        },
    )
    .source("place in the channel of Donchian")
    .cost(Cost::Logarithmic),
];
