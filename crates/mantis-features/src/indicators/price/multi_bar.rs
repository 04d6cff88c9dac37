//! Shape of several bars taken as one.

use super::FAMILY;
use super::wicks::{lower, upper};
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Cost, Indicator, input, window};

/// Open n - 1 rows ago, highest high, lowest low of n rows, and close: n bars as one.
fn joined(b: &mut Build<'_>) -> [Slot; 4] {
    let (open, high, low, close, n) = (b.open(), b.high(), b.low(), b.close(), b.p(0));
    [b.lag(open, n - 1), b.highest(high, n), b.lowest(low, n), close]
}

fn body([o, h, l, c]: [f64; 4]) -> f64 {
    ratio_or_zero(c - o, h - l)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "multi_body"),
        "(close - open) / (high - low) of n bars taken as one, -1..1, 0 without range",
        input::OHLC,
        &[window(4, 2)],
        |p| p[0] - 1,
        |b| {
            let bar = joined(b);
            b.map(bar, body)
        },
    )
    .source("candlestick of several bars, this project")
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "multi_upper"),
        "upper wick of n bars taken as one, 0..1, 0 without range",
        input::OHLC,
        &[window(4, 2)],
        |p| p[0] - 1,
        |b| {
            let bar = joined(b);
            b.map(bar, upper)
        },
    )
    .source("candlestick of several bars, this project")
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "multi_lower"),
        "lower wick of n bars taken as one, 0..1, 0 without range",
        input::OHLC,
        &[window(4, 2)],
        |p| p[0] - 1,
        |b| {
            let bar = joined(b);
            b.map(bar, lower)
        },
    )
    .source("candlestick of several bars, this project")
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "multi_location"),
        "(2 close - high - low) / (high - low) of n bars taken as one, -1..1, 0 without range",
        input::HLC,
        &[window(4, 2)],
        |p| p[0] - 1,
        |b| {
            let (high, low, close, n) = (b.high(), b.low(), b.close(), b.p(0));
            let bar = [b.highest(high, n), b.lowest(low, n), close];
            b.map(bar, |[h, l, c]| ratio_or_zero((c - l) - (h - c), h - l))
        },
    )
    .source("Chaikin's close location value, of several bars")
    .cost(Cost::Logarithmic),
];
