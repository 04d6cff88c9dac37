//! Wilder's average true range, plain and against the close.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Unit, input, window};

fn of_atr(b: &mut Build<'_>, share: f64) -> Slot {
    let n = b.p(0);
    let pair = [b.atr(n), b.close()];
    b.map_with(pair, share, |[atr, close], share| share * atr / close)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "atr"),
        "Wilder's average of the true range",
        input::HLC,
        &[window(14, 1)],
        |p| p[0],
        |b| {
            let n = b.p(0);
            b.atr(n)
        },
    )
    .fading(|p| 30 * p[0])
    .source("Wilder 1978, TA-Lib ATR"),
    Indicator::free(
        (FAMILY, "natr"),
        "ATR(n) in percent of the close",
        input::HLC,
        &[window(14, 1)],
        |p| p[0],
        |b| of_atr(b, 100.0),
    )
    .fading(|p| 30 * p[0])
    .source("Wilder 1978, TA-Lib NATR")
    .unit(Unit::Percent),
    Indicator::free(
        (FAMILY, "atr_ratio"),
        "ATR(n) / close",
        input::HLC,
        &[window(14, 1)],
        |p| p[0],
        |b| of_atr(b, 1.0),
    )
    .fading(|p| 30 * p[0])
    .source("ratio form of Wilder 1978"),
];
