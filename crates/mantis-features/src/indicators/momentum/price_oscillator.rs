//! Difference of two exponential averages, absolute and in percent.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Unit, input, param};

fn emas(b: &mut Build<'_>) -> [Slot; 2] {
    let (close, fast, slow) = (b.close(), b.p(0), b.p(1));
    [b.ema(close, fast), b.ema(close, slow)]
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "apo"),
        "EMA(fast) - EMA(slow) of the close, each seeded at its own length",
        input::C,
        &[param("fast", 12, 1), param("slow", 26, 2)],
        |p| p[1] - 1,
        |b| {
            let [fast, slow] = emas(b);
            b.sub(fast, slow)
        },
    )
    .rising()
    .fading(|p| 12 * p[1])
    .source("TA-Lib APO with EMAs"),
    Indicator::free(
        (FAMILY, "ppo"),
        "EMA(fast) / EMA(slow) - 1 of the close, in percent",
        input::C,
        &[param("fast", 12, 1), param("slow", 26, 2)],
        |p| p[1] - 1,
        |b| {
            let emas = emas(b);
            b.map(emas, |[fast, slow]| ratio_or_zero(fast - slow, slow) * 100.0)
        },
    )
    .rising()
    .fading(|p| 12 * p[1])
    .source("TA-Lib PPO with EMAs")
    .unit(Unit::Percent),
];
