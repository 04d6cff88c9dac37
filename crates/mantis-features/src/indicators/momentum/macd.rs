//! Moving average convergence and divergence.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::kernels::Ema;
use crate::registry::{Indicator, input};

/// MACD(12, 26, 9) in TA-Lib's form: both EMAs are seeded at row 25, the fast one with the mean of its last 12 closes there,
/// and nothing is reported before the signal is known. Line, signal, histogram.
fn macd(b: &mut Build<'_>) -> [Slot; 3] {
    let close = b.close();
    let fast = b.run1([close], Ema::seeded_at(12, 25));
    let slow = b.run1([close], Ema::seeded_at(26, 25));
    let early = b.sub(fast, slow);
    let signal = b.run1([early], Ema::new(9));
    let line = b.map([early, signal], |[line, _]| line);
    let histogram = b.sub(line, signal);
    [line, signal, histogram]
}

fn macd_ratio(b: &mut Build<'_>, part: usize) -> Slot {
    let (macd, close) = (macd(b), b.close());
    b.div(macd[part], close)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "macd"),
        "EMA12 - EMA26 of the close, both seeded at row 25",
        input::C,
        &[],
        |_| 33,
        |b| macd(b)[0],
    )
    .fading(|_| 500)
    .source("Appel 1979, TA-Lib MACD"),
    Indicator::raw((FAMILY, "macd_signal"), "EMA9 of MACD", input::C, &[], |_| 33, |b| macd(b)[1])
        .fading(|_| 500)
        .source("Appel 1979, TA-Lib MACD"),
    Indicator::raw((FAMILY, "macd_hist"), "MACD - signal", input::C, &[], |_| 33, |b| macd(b)[2])
        .fading(|_| 500)
        .source("Appel 1979, TA-Lib MACD"),
    Indicator::free(
        (FAMILY, "macd_ratio"),
        "MACD / close",
        input::C,
        &[],
        |_| 33,
        |b| macd_ratio(b, 0),
    )
    .fading(|_| 500)
    .source("ratio form of Appel 1979"),
    Indicator::free(
        (FAMILY, "macd_signal_ratio"),
        "MACD signal / close",
        input::C,
        &[],
        |_| 33,
        |b| macd_ratio(b, 1),
    )
    .fading(|_| 500)
    .source("ratio form of Appel 1979"),
    Indicator::free(
        (FAMILY, "macd_hist_ratio"),
        "(MACD - signal) / close",
        input::C,
        &[],
        |_| 33,
        |b| macd_ratio(b, 2),
    )
    .fading(|_| 500)
    .source("ratio form of Appel 1979"),
];
