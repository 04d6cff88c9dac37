//! Differences between the close now and before, plain or smoothed.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::kernels::Ema;
use crate::registry::{Indicator, Param, input, param, window};

const TEN: &[Param] = &[window(10, 1)];
const FAST_SLOW: &[Param] = &[param("fast", 12, 1), param("slow", 26, 2)];

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

fn emas(b: &mut Build<'_>) -> [Slot; 2] {
    let (close, fast, slow) = (b.close(), b.p(0), b.p(1));
    [b.ema(close, fast), b.ema(close, slow)]
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
    .source("Appel 1979, TA-Lib MACD")
    .fading(|_| 500),
    Indicator::raw((FAMILY, "macd_signal"), "EMA9 of MACD", input::C, &[], |_| 33, |b| macd(b)[1])
        .source("Appel 1979, TA-Lib MACD")
        .fading(|_| 500),
    Indicator::raw((FAMILY, "macd_hist"), "MACD - signal", input::C, &[], |_| 33, |b| macd(b)[2])
        .source("Appel 1979, TA-Lib MACD")
        .fading(|_| 500),
    Indicator::free(
        (FAMILY, "macd_ratio"),
        "MACD / close",
        input::C,
        &[],
        |_| 33,
        |b| macd_ratio(b, 0),
    )
    .fading(|_| 500),
    Indicator::free(
        (FAMILY, "macd_signal_ratio"),
        "MACD signal / close",
        input::C,
        &[],
        |_| 33,
        |b| macd_ratio(b, 1),
    )
    .fading(|_| 500),
    Indicator::free(
        (FAMILY, "macd_hist_ratio"),
        "(MACD - signal) / close",
        input::C,
        &[],
        |_| 33,
        |b| macd_ratio(b, 2),
    )
    .fading(|_| 500),
    Indicator::raw(
        (FAMILY, "apo"),
        "EMA(fast) - EMA(slow) of the close, each seeded at its own length",
        input::C,
        FAST_SLOW,
        |p| p[1] - 1,
        |b| {
            let [fast, slow] = emas(b);
            b.sub(fast, slow)
        },
    )
    .source("TA-Lib APO with EMAs")
    .rising()
    .fading(|p| 12 * p[1]),
    Indicator::free(
        (FAMILY, "ppo"),
        "EMA(fast) / EMA(slow) - 1 of the close, in percent",
        input::C,
        FAST_SLOW,
        |p| p[1] - 1,
        |b| {
            let emas = emas(b);
            b.map(emas, |[fast, slow]| ratio_or_zero(fast - slow, slow) * 100.0)
        },
    )
    .source("TA-Lib PPO with EMAs")
    .rising()
    .fading(|p| 12 * p[1]),
    Indicator::raw(
        (FAMILY, "mom"),
        "close - close n rows ago",
        input::C,
        TEN,
        |p| p[0],
        |b| {
            let (close, n) = (b.close(), b.p(0));
            b.change(close, n)
        },
    )
    .source("TA-Lib MOM"),
    Indicator::free(
        (FAMILY, "roc"),
        "close / close n rows ago - 1, in percent",
        input::C,
        TEN,
        |p| p[0],
        |b| {
            let (close, n) = (b.close(), b.p(0));
            b.lagged(close, n, |now, old| if old == 0.0 { 0.0 } else { (now / old - 1.0) * 100.0 })
        },
    )
    .source("TA-Lib ROC"),
    Indicator::free(
        (FAMILY, "trix"),
        "one-row change of the triple EMA of the close, in percent",
        input::C,
        &[window(15, 1)],
        |p| 3 * (p[0] - 1) + 1,
        |b| {
            let (mut x, n) = (b.close(), b.p(0));
            for _ in 0..3 {
                x = b.ema(x, n);
            }
            b.lagged(x, 1, |now, old| if old == 0.0 { 0.0 } else { (now / old - 1.0) * 100.0 })
        },
    )
    .source("Hutson 1983, TA-Lib TRIX")
    .fading(|p| 24 * p[0]),
];
