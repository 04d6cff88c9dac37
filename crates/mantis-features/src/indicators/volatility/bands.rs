//! Bands around a middle line.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Param, input, param, window};

const TWENTY: &[Param] = &[window(20, 2)];
const KELTNER: &[Param] = &[window(20, 1), param("atr_period", 10, 1), param("multiple", 2, 1)];

/// Bollinger's lower, middle and upper line: SMA(n) and 2 population standard deviations of the close.
fn bollinger(b: &mut Build<'_>) -> [Slot; 3] {
    let (close, n) = (b.close(), b.p(0));
    let [mean, _] = b.variance(close, n);
    let deviation = b.deviation(close, n, 0);
    let lower = b.map([mean, deviation], |[mean, s]| mean - 2.0 * s);
    let upper = b.map([mean, deviation], |[mean, s]| mean + 2.0 * s);
    [lower, mean, upper]
}

/// Lowest low and highest high of n rows.
fn donchian(b: &mut Build<'_>) -> [Slot; 2] {
    let (high, low, n) = (b.high(), b.low(), b.p(0));
    [b.lowest(low, n), b.highest(high, n)]
}

/// EMA(n) - and + multiple ATR(atr_period).
fn keltner(b: &mut Build<'_>) -> [Slot; 2] {
    let (close, n, period, multiple) = (b.close(), b.p(0), b.p(1), b.p(2) as f64);
    let pair = [b.ema(close, n), b.atr(period)];
    let lower = b.map_with(pair, multiple, |[middle, atr], multiple| middle - multiple * atr);
    let upper = b.map_with(pair, multiple, |[middle, atr], multiple| middle + multiple * atr);
    [lower, upper]
}

fn keltner_warmup(p: &[usize]) -> usize {
    (p[0] - 1).max(p[1])
}

fn keltner_fades(p: &[usize]) -> usize {
    (12 * p[0]).max(30 * p[1])
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "bb_u"),
        "SMA(n) + 2 population standard deviations of the close",
        input::C,
        TWENTY,
        |p| p[0] - 1,
        |b| bollinger(b)[2],
    )
    .source("Bollinger, TA-Lib BBANDS"),
    Indicator::raw(
        (FAMILY, "bb_m"),
        "SMA(n) of the close",
        input::C,
        TWENTY,
        |p| p[0] - 1,
        |b| bollinger(b)[1],
    )
    .source("Bollinger, TA-Lib BBANDS"),
    Indicator::raw(
        (FAMILY, "bb_l"),
        "SMA(n) - 2 population standard deviations of the close",
        input::C,
        TWENTY,
        |p| p[0] - 1,
        |b| bollinger(b)[0],
    )
    .source("Bollinger, TA-Lib BBANDS"),
    Indicator::free(
        (FAMILY, "bb_width"),
        "(upper - lower) / middle Bollinger band",
        input::C,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let bands = bollinger(b);
            b.map(bands, |[lower, middle, upper]| (upper - lower) / middle)
        },
    ),
    Indicator::free(
        (FAMILY, "bb_pctb"),
        "place of the close between the Bollinger bands, 0 lower .. 1 upper; NaN without width",
        input::C,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let ([lower, _, upper], close) = (bollinger(b), b.close());
            b.position(close, lower, upper)
        },
    ),
    Indicator::raw(
        (FAMILY, "donchian_u"),
        "highest high of n rows",
        &[input::HIGH],
        TWENTY,
        |p| p[0] - 1,
        |b| donchian(b)[1],
    )
    .source("Donchian"),
    Indicator::raw(
        (FAMILY, "donchian_l"),
        "lowest low of n rows",
        &[input::LOW],
        TWENTY,
        |p| p[0] - 1,
        |b| donchian(b)[0],
    )
    .source("Donchian"),
    Indicator::raw(
        (FAMILY, "donchian_m"),
        "mean of the highest high and the lowest low of n rows",
        input::HL,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let ends = donchian(b);
            b.map(ends, |[low, high]| (high + low) / 2.0)
        },
    )
    .source("Donchian"),
    Indicator::free(
        (FAMILY, "donchian_pos"),
        "place of the close in the Donchian channel, 0 lowest .. 1 highest; NaN without width",
        input::HLC,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let ([low, high], close) = (donchian(b), b.close());
            b.position(close, low, high)
        },
    ),
    Indicator::raw(
        (FAMILY, "keltner_m"),
        "EMA(n) of the close",
        input::C,
        &[window(20, 1)],
        |p| p[0] - 1,
        |b| {
            let (close, n) = (b.close(), b.p(0));
            b.ema(close, n)
        },
    )
    .source("Keltner, Raschke's form")
    .fading(|p| 12 * p[0]),
    Indicator::raw(
        (FAMILY, "keltner_u"),
        "EMA(n) + multiple ATR(atr_period)",
        input::HLC,
        KELTNER,
        keltner_warmup,
        |b| keltner(b)[1],
    )
    .source("Keltner, Raschke's form")
    .fading(keltner_fades),
    Indicator::raw(
        (FAMILY, "keltner_l"),
        "EMA(n) - multiple ATR(atr_period)",
        input::HLC,
        KELTNER,
        keltner_warmup,
        |b| keltner(b)[0],
    )
    .source("Keltner, Raschke's form")
    .fading(keltner_fades),
    Indicator::free(
        (FAMILY, "keltner_pos"),
        "place of the close in the Keltner channel, 0 lower .. 1 upper; NaN without width",
        input::HLC,
        KELTNER,
        keltner_warmup,
        |b| {
            let ([low, high], close) = (keltner(b), b.close());
            b.position(close, low, high)
        },
    )
    .fading(keltner_fades),
];
