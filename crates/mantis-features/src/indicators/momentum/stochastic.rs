//! Stochastic oscillator: slow, fast, and of the RSI.

use super::{FAMILY, rsi};
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Cost, Indicator, Unit, input};

/// Raw %K = 100 (x - lowest) / (highest - lowest) of n rows, 0 without range.
fn raw_k(b: &mut Build<'_>, [high, low, x]: [Slot; 3], n: usize) -> Slot {
    let (top, bottom) = (b.highest(high, n), b.lowest(low, n));
    b.map([x, top, bottom], |[x, top, bottom]| ratio_or_zero(100.0 * (x - bottom), top - bottom))
}

/// %K and its three-row average %D, both reported once %D is known, as TA-Lib does.
fn with_d(b: &mut Build<'_>, k: Slot) -> [Slot; 2] {
    let d = b.mean(k, 3);
    [b.map([k, d], |[k, _]| k), d]
}

fn fast(b: &mut Build<'_>) -> [Slot; 2] {
    let bar = [b.high(), b.low(), b.close()];
    let k = raw_k(b, bar, 14);
    with_d(b, k)
}

fn slow(b: &mut Build<'_>) -> [Slot; 2] {
    let bar = [b.high(), b.low(), b.close()];
    let k = raw_k(b, bar, 14);
    let k = b.mean(k, 3);
    with_d(b, k)
}

fn of_rsi(b: &mut Build<'_>) -> [Slot; 2] {
    let strength = rsi(b, 14);
    let k = raw_k(b, [strength; 3], 14);
    with_d(b, k)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "stoch_k"),
        "slow stochastic %K(14, 3), 0..100",
        input::HLC,
        &[],
        |_| 17,
        |b| slow(b)[0],
    )
    .source("Lane, TA-Lib STOCH")
    .unit(Unit::Percent)
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "stoch_d"),
        "slow stochastic %D(14, 3, 3), 0..100",
        input::HLC,
        &[],
        |_| 17,
        |b| slow(b)[1],
    )
    .source("Lane, TA-Lib STOCH")
    .unit(Unit::Percent)
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "stochf_k"),
        "fast stochastic %K(14), 0..100",
        input::HLC,
        &[],
        |_| 15,
        |b| fast(b)[0],
    )
    .source("Lane, TA-Lib STOCHF")
    .unit(Unit::Percent)
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "stochf_d"),
        "fast stochastic %D(14, 3), 0..100",
        input::HLC,
        &[],
        |_| 15,
        |b| fast(b)[1],
    )
    .source("Lane, TA-Lib STOCHF")
    .unit(Unit::Percent)
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "stochrsi_k"),
        "fast stochastic %K(14) of RSI(14), 0..100",
        input::C,
        &[],
        |_| 29,
        |b| of_rsi(b)[0],
    )
    .fading(|_| 600)
    .source("Chande and Kroll 1994, TA-Lib STOCHRSI")
    .unit(Unit::Percent)
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "stochrsi_d"),
        "fast stochastic %D(14, 3) of RSI(14), 0..100",
        input::C,
        &[],
        |_| 29,
        |b| of_rsi(b)[1],
    )
    .fading(|_| 600)
    .source("Chande and Kroll 1994, TA-Lib STOCHRSI")
    .unit(Unit::Percent)
    .cost(Cost::Logarithmic),
];
