//! Moving averages in TA-Lib's conventions, and the close against them.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Graph, Kernel, Slot};
use crate::indicators::Build;
use crate::kernels::Weighted;
use crate::registry::{Indicator, Param, input, param, window};

const AVERAGE: &[Param] = &[window(20, 1)];
const PAIR: &[Param] = &[param("fast", 10, 1), param("slow", 50, 2)];

fn wma(g: &mut Graph, x: Slot, n: usize) -> Slot {
    let [mean, ..] = g.run([x], Weighted::new(n));
    mean
}

fn dema(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    let once = b.ema(close, n);
    let twice = b.ema(once, n);
    b.map([once, twice], |[once, twice]| 2.0 * once - twice)
}

fn tema(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    let once = b.ema(close, n);
    let twice = b.ema(once, n);
    let thrice = b.ema(twice, n);
    b.map([once, twice, thrice], |[a, b, c]| 3.0 * a - 3.0 * b + c)
}

fn trima(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    let inner = n.div_ceil(2);
    let once = b.mean(close, inner);
    b.mean(once, n + 1 - inner)
}

fn hma(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    let (fast, slow) = (wma(b, close, n / 2), wma(b, close, n));
    let raw = b.map([fast, slow], |[fast, slow]| 2.0 * fast - slow);
    wma(b, raw, n.isqrt())
}

/// Kaufman's average: the efficiency ratio moves the smoothing between those of EMA 2 and EMA 30. Inputs: the values, and the
/// length of their path over n steps.
#[derive(Clone, Debug)]
struct Kama {
    n: usize,
    level: Option<f64>,
}

impl Kernel<2, 1> for Kama {
    fn lookback(&self) -> usize {
        self.n
    }

    fn advance(&mut self, [x, path]: [&[f64]; 2], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        const FASTEST: f64 = 2.0 / 3.0;
        const SLOWEST: f64 = 2.0 / 31.0;
        for (i, row) in rows.enumerate() {
            let change = (x[row] - x[row - self.n]).abs();
            let efficiency = if path[row] <= change { 1.0 } else { change / path[row] };
            let smoothing = efficiency * (FASTEST - SLOWEST) + SLOWEST;
            let level = self.level.unwrap_or(x[row - 1]);
            let level = level + (x[row] - level) * smoothing * smoothing;
            self.level = Some(level);
            out[i] = level;
        }
    }
}

fn kama(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    let step = b.lagged(close, 1, |now, before| (now - before).abs());
    let path = b.sum(step, n);
    b.run1([close, path], Kama { n, level: None })
}

/// close / average - 1.
fn ratio(b: &mut Build<'_>, average: fn(&mut Build<'_>) -> Slot) -> Slot {
    let (close, average) = (b.close(), average(b));
    b.against(close, average)
}

fn sma(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    b.mean(close, n)
}

fn ema(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    b.ema(close, n)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw((FAMILY, "sma"), "mean of n closes", input::C, AVERAGE, |p| p[0] - 1, sma)
        .source("TA-Lib SMA"),
    Indicator::raw(
        (FAMILY, "ema"),
        "exponential mean of the close, smoothing 2 / (n + 1), seeded with an SMA",
        input::C,
        AVERAGE,
        |p| p[0] - 1,
        ema,
    )
    .source("TA-Lib EMA")
    .fading(|p| 12 * p[0]),
    Indicator::raw(
        (FAMILY, "wma"),
        "linearly weighted mean of n closes, weights 1 oldest .. n newest",
        input::C,
        AVERAGE,
        |p| p[0] - 1,
        |b| {
            let (close, n) = (b.close(), b.p(0));
            wma(b, close, n)
        },
    )
    .source("TA-Lib WMA"),
    Indicator::raw(
        (FAMILY, "dema"),
        "double exponential mean 2 EMA - EMA(EMA)",
        input::C,
        AVERAGE,
        |p| 2 * (p[0] - 1),
        dema,
    )
    .source("Mulloy 1994")
    .fading(|p| 20 * p[0]),
    Indicator::raw(
        (FAMILY, "tema"),
        "triple exponential mean 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA))",
        input::C,
        AVERAGE,
        |p| 3 * (p[0] - 1),
        tema,
    )
    .source("Mulloy 1994")
    .fading(|p| 24 * p[0]),
    Indicator::raw(
        (FAMILY, "trima"),
        "triangular mean: SMA of an SMA whose lengths add to n + 1",
        input::C,
        AVERAGE,
        |p| p[0] - 1,
        trima,
    )
    .source("TA-Lib TRIMA"),
    Indicator::raw(
        (FAMILY, "hma"),
        "Hull mean: WMA(floor(sqrt n)) of 2 WMA(n / 2) - WMA(n)",
        input::C,
        &[window(20, 2)],
        |p| p[0] + p[0].isqrt() - 2,
        hma,
    )
    .source("Hull 2005"),
    Indicator::raw(
        (FAMILY, "kama"),
        "Kaufman's adaptive mean of the close",
        input::C,
        &[window(10, 2)],
        |p| p[0],
        kama,
    )
    .source("Kaufman 1995")
    .fading(|_| 4_000),
    Indicator::free(
        (FAMILY, "sma_ratio"),
        "close / SMA(n) - 1",
        input::C,
        AVERAGE,
        |p| p[0] - 1,
        |b| ratio(b, sma),
    ),
    Indicator::free(
        (FAMILY, "ema_ratio"),
        "close / EMA(n) - 1",
        input::C,
        AVERAGE,
        |p| p[0] - 1,
        |b| ratio(b, ema),
    )
    .fading(|p| 12 * p[0]),
    Indicator::free(
        (FAMILY, "ema_gap"),
        "EMA(fast) / EMA(slow) - 1 of the close: a rung of a bank of EMAs",
        input::C,
        PAIR,
        |p| p[1] - 1,
        |b| {
            let (close, fast, slow) = (b.close(), b.p(0), b.p(1));
            let (fast, slow) = (b.ema(close, fast), b.ema(close, slow));
            b.against(fast, slow)
        },
    )
    .rising()
    .fading(|p| 12 * p[1]),
    Indicator::free(
        (FAMILY, "kama_ratio"),
        "close / KAMA(n) - 1",
        input::C,
        &[window(10, 2)],
        |p| p[0],
        |b| ratio(b, kama),
    )
    .fading(|_| 4_000),
    Indicator::free(
        (FAMILY, "hma_ratio"),
        "close / HMA(n) - 1",
        input::C,
        &[window(20, 2)],
        |p| p[0] + p[0].isqrt() - 2,
        |b| ratio(b, hma),
    ),
];
