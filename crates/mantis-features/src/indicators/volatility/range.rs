//! True range, its Wilder average, extremes of price.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Param, input, window};

const TWENTY: &[Param] = &[window(20, 2)];
const FOURTEEN: &[Param] = &[window(14, 1)];

fn of_close(b: &mut Build<'_>, share: f64) -> Slot {
    let n = b.p(0);
    let pair = [b.atr(n), b.close()];
    b.map_with(pair, share, |[atr, close], share| share * atr / close)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "trange"),
        "max(high, previous close) - min(low, previous close)",
        input::HLC,
        &[],
        |_| 1,
        |b| b.true_range(),
    )
    .source("Wilder 1978"),
    Indicator::raw(
        (FAMILY, "atr"),
        "Wilder's average of the true range",
        input::HLC,
        FOURTEEN,
        |p| p[0],
        |b| {
            let n = b.p(0);
            b.atr(n)
        },
    )
    .source("Wilder 1978")
    .fading(|p| 30 * p[0]),
    Indicator::free(
        (FAMILY, "natr"),
        "ATR(n) in percent of the close",
        input::HLC,
        FOURTEEN,
        |p| p[0],
        |b| of_close(b, 100.0),
    )
    .source("TA-Lib NATR")
    .fading(|p| 30 * p[0]),
    Indicator::free(
        (FAMILY, "atr_ratio"),
        "ATR(n) / close",
        input::HLC,
        FOURTEEN,
        |p| p[0],
        |b| of_close(b, 1.0),
    )
    .fading(|p| 30 * p[0]),
    Indicator::free(
        (FAMILY, "range_ratio"),
        "(high - low) / its mean over n rows - 1",
        input::HL,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let (bar, n) = ([b.high(), b.low()], b.p(0));
            let range = b.sub(bar[0], bar[1]);
            let mean = b.mean(range, n);
            b.map([range, mean], |[range, mean]| ratio_or_zero(range - mean, mean))
        },
    ),
    Indicator::raw(
        (FAMILY, "max"),
        "highest high of n rows",
        &[input::HIGH],
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let (high, n) = (b.high(), b.p(0));
            b.highest(high, n)
        },
    )
    .source("TA-Lib MAX"),
    Indicator::raw(
        (FAMILY, "min"),
        "lowest low of n rows",
        &[input::LOW],
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let (low, n) = (b.low(), b.p(0));
            b.lowest(low, n)
        },
    )
    .source("TA-Lib MIN"),
];
