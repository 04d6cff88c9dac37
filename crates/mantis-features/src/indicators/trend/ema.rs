//! Exponential moving average, the close against it, and two of them against each other.

use super::{FAMILY, ratio};
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, param, window};

fn ema(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    b.ema(close, n)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "ema"),
        "exponential mean of the close, smoothing 2 / (n + 1), seeded with an SMA",
        input::C,
        &[window(20, 1)],
        |p| p[0] - 1,
        ema,
    )
    .fading(|p| 12 * p[0])
    .source("TA-Lib EMA"),
    Indicator::free(
        (FAMILY, "ema_ratio"),
        "close / EMA(n) - 1",
        input::C,
        &[window(20, 1)],
        |p| p[0] - 1,
        |b| ratio(b, ema),
    )
    .fading(|p| 12 * p[0])
    .source("ratio form of TA-Lib EMA"),
    Indicator::free(
        (FAMILY, "ema_gap"),
        "EMA(fast) / EMA(slow) - 1 of the close: a rung of a bank of EMAs",
        input::C,
        &[param("fast", 10, 1), param("slow", 50, 2)],
        |p| p[1] - 1,
        |b| {
            let (close, fast, slow) = (b.close(), b.p(0), b.p(1));
            let (fast, slow) = (b.ema(close, fast), b.ema(close, slow));
            b.against(fast, slow)
        },
    )
    .rising()
    .fading(|p| 12 * p[1])
    .source("bank of EMAs, a one-sided filter; ratio form of TA-Lib EMA"),
];
