//! Bollinger bands, their width, and the place of the close in them.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

/// Bollinger's lower, middle and upper line: SMA(n) and 2 population standard deviations of the close.
fn bollinger(b: &mut Build<'_>) -> [Slot; 3] {
    let (close, n) = (b.close(), b.p(0));
    let [mean, _] = b.variance(close, n);
    let deviation = b.deviation(close, n, 0);
    let lower = b.map([mean, deviation], |[mean, s]| mean - 2.0 * s);
    let upper = b.map([mean, deviation], |[mean, s]| mean + 2.0 * s);
    [lower, mean, upper]
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "bb_u"),
        "SMA(n) + 2 population standard deviations of the close",
        input::C,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| bollinger(b)[2],
    )
    .source("Bollinger 2001, TA-Lib BBANDS"),
    Indicator::raw(
        (FAMILY, "bb_m"),
        "SMA(n) of the close",
        input::C,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| bollinger(b)[1],
    )
    .source("Bollinger 2001, TA-Lib BBANDS"),
    Indicator::raw(
        (FAMILY, "bb_l"),
        "SMA(n) - 2 population standard deviations of the close",
        input::C,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| bollinger(b)[0],
    )
    .source("Bollinger 2001, TA-Lib BBANDS"),
    Indicator::free(
        (FAMILY, "bb_width"),
        "(upper - lower) / middle Bollinger band",
        input::C,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| {
            let bands = bollinger(b);
            b.map(bands, |[lower, middle, upper]| (upper - lower) / middle)
        },
    )
    .source("Bollinger 2001, BandWidth"),
    Indicator::free(
        (FAMILY, "bb_pctb"),
        "place of the close between the Bollinger bands, 0 lower .. 1 upper; NaN without width",
        input::C,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| {
            let ([lower, _, upper], close) = (bollinger(b), b.close());
            b.position(close, lower, upper)
        },
    )
    .source("Bollinger 2001, %b"),
];
