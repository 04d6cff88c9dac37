//! Kaufman's adaptive moving average, and the close against it.

use std::ops::Range;

use super::{FAMILY, ratio};
use crate::engine::{Kernel, Slot};
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

/// Kaufman's average: the efficiency ratio moves the smoothing between those of EMA 2 and EMA 30. Inputs: the values, and the
/// length of their path over n steps.
#[derive(Clone, Debug)]
struct Kama {
    n: usize,
    level: Option<f64>,
}

impl Kernel<2, 1> for Kama {
    fn work(&self) -> usize {
        10
    }

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
            let take = smoothing * smoothing;
            let level = (1.0 - take) * level + take * x[row];
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

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "kama"),
        "Kaufman's adaptive mean of the close",
        input::C,
        &[window(10, 2)],
        |p| p[0],
        kama,
    )
    .fading(|_| 4_000)
    .source("Kaufman 1995, TA-Lib KAMA"),
    Indicator::free(
        (FAMILY, "kama_ratio"),
        "close / KAMA(n) - 1",
        input::C,
        &[window(10, 2)],
        |p| p[0],
        |b| ratio(b, kama),
    )
    .fading(|_| 4_000)
    .source("ratio form of Kaufman 1995"),
];
