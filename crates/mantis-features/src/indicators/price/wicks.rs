//! Wicks of the bar.

use super::FAMILY;
use crate::indicators::ratio_or_zero;
use crate::registry::{Indicator, input};

pub(super) fn upper([o, h, l, c]: [f64; 4]) -> f64 {
    ratio_or_zero(h - o.max(c), h - l)
}

pub(super) fn lower([o, h, l, c]: [f64; 4]) -> f64 {
    ratio_or_zero(o.min(c) - l, h - l)
}

pub(super) const TABLE: &[Indicator] = &[
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
    )
    .source("candlestick shadow over range"),
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
    )
    .source("candlestick shadow over range"),
];
