//! Keltner channel, and the place of the close in it.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, param, window};

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
    .fading(|p| 12 * p[0])
    .source("Keltner 1960, Raschke's form"),
    Indicator::raw(
        (FAMILY, "keltner_u"),
        "EMA(n) + multiple ATR(atr_period)",
        input::HLC,
        &[window(20, 1), param("atr_period", 10, 1), param("multiple", 2, 1)],
        keltner_warmup,
        |b| keltner(b)[1],
    )
    .fading(keltner_fades)
    .source("Keltner 1960, Raschke's form"),
    Indicator::raw(
        (FAMILY, "keltner_l"),
        "EMA(n) - multiple ATR(atr_period)",
        input::HLC,
        &[window(20, 1), param("atr_period", 10, 1), param("multiple", 2, 1)],
        keltner_warmup,
        |b| keltner(b)[0],
    )
    .fading(keltner_fades)
    .source("Keltner 1960, Raschke's form"),
    Indicator::free(
        (FAMILY, "keltner_pos"),
        "place of the close in the Keltner channel, 0 lower .. 1 upper; NaN without width",
        input::HLC,
        &[window(20, 1), param("atr_period", 10, 1), param("multiple", 2, 1)],
        keltner_warmup,
        |b| {
            let ([low, high], close) = (keltner(b), b.close());
            b.position(close, low, high)
        },
    )
    .fading(keltner_fades)
    .source("place in the channel of Keltner 1960"),
];
