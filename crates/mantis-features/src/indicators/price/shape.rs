//! The shape of one bar, and of n bars taken as one.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Input, Param, input, window};

const ROWS: &[Param] = &[window(4, 2)];

/// Open n - 1 rows ago, highest high, lowest low of n rows, and close: n bars as one.
fn joined(b: &mut Build<'_>) -> [Slot; 4] {
    let (open, high, low, close, n) = (b.open(), b.high(), b.low(), b.close(), b.p(0));
    [b.lag(open, n - 1), b.highest(high, n), b.lowest(low, n), close]
}

fn body([o, h, l, c]: [f64; 4]) -> f64 {
    ratio_or_zero(c - o, h - l)
}

fn upper([o, h, l, c]: [f64; 4]) -> f64 {
    ratio_or_zero(h - o.max(c), h - l)
}

fn lower([o, h, l, c]: [f64; 4]) -> f64 {
    ratio_or_zero(o.min(c) - l, h - l)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "hl_spread"),
        "(high - low) / close",
        input::HLC,
        &[],
        |_| 0,
        |b| {
            let bar = [b.high(), b.low(), b.close()];
            b.map(bar, |[h, l, c]| (h - l) / c)
        },
    ),
    Indicator::free(
        (FAMILY, "oc_spread"),
        "(close - open) / open",
        &[Input::Open, Input::Close],
        &[],
        |_| 0,
        |b| {
            let bar = [b.open(), b.close()];
            b.map(bar, |[o, c]| (c - o) / o)
        },
    ),
    Indicator::free(
        (FAMILY, "close_location"),
        "(2 close - high - low) / (high - low), -1..1, 0 without range",
        input::HLC,
        &[],
        |_| 0,
        |b| {
            let bar = [b.high(), b.low(), b.close()];
            b.map(bar, |[h, l, c]| ratio_or_zero((c - l) - (h - c), h - l))
        },
    ),
    Indicator::free(
        (FAMILY, "upper_wick"),
        "(high - max(open, close)) / (high - low), 0..1, 0 without range",
        input::OHLC,
        &[],
        |_| 0,
        |b| {
            let bar = [b.open(), b.high(), b.low(), b.close()];
            b.map(bar, upper)
        },
    ),
    Indicator::free(
        (FAMILY, "lower_wick"),
        "(min(open, close) - low) / (high - low), 0..1, 0 without range",
        input::OHLC,
        &[],
        |_| 0,
        |b| {
            let bar = [b.open(), b.high(), b.low(), b.close()];
            b.map(bar, lower)
        },
    ),
    Indicator::free(
        (FAMILY, "multi_body"),
        "(close - open) / (high - low) of n bars taken as one, -1..1, 0 without range",
        input::OHLC,
        ROWS,
        |p| p[0] - 1,
        |b| {
            let bar = joined(b);
            b.map(bar, body)
        },
    ),
    Indicator::free(
        (FAMILY, "multi_upper"),
        "upper wick of n bars taken as one, 0..1, 0 without range",
        input::OHLC,
        ROWS,
        |p| p[0] - 1,
        |b| {
            let bar = joined(b);
            b.map(bar, upper)
        },
    ),
    Indicator::free(
        (FAMILY, "multi_lower"),
        "lower wick of n bars taken as one, 0..1, 0 without range",
        input::OHLC,
        ROWS,
        |p| p[0] - 1,
        |b| {
            let bar = joined(b);
            b.map(bar, lower)
        },
    ),
    Indicator::free(
        (FAMILY, "multi_location"),
        "(2 close - high - low) / (high - low) of n bars taken as one, -1..1, 0 without range",
        input::HLC,
        ROWS,
        |p| p[0] - 1,
        |b| {
            let (high, low, close, n) = (b.high(), b.low(), b.close(), b.p(0));
            let bar = [b.highest(high, n), b.lowest(low, n), close];
            b.map(bar, |[h, l, c]| ratio_or_zero((c - l) - (h - c), h - l))
        },
    ),
];
