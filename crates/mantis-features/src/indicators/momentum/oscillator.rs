//! Oscillators: RSI, CMO, CCI, ultimate oscillator, balance of power.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::{Build, ratio_or_zero};
use crate::kernels::{Smoother, lanes};
use crate::registry::{Cost, Indicator, Param, input, window};

const FOURTEEN: &[Param] = &[window(14, 2)];

/// Rows whose moves are taken at once.
const PART: usize = 64;

/// Wilder-smoothed upward and downward moves.
#[derive(Clone, Debug)]
struct Moves {
    n: usize,
    age: usize,
    sums: [f64; 2],
    smooth: [Smoother; 2],
}

impl Moves {
    fn new(n: usize) -> Self {
        let take = 1.0 / n as f64;
        Self { n, age: 0, sums: [0.0; 2], smooth: [Smoother::new(1.0 - take, take, 0.0); 2] }
    }
}

impl Kernel<1, 2> for Moves {
    fn ready(&self) -> bool {
        self.age > self.n
    }

    fn lookback(&self) -> usize {
        1
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [gain, loss]: [&mut [f64]; 2]) {
        let first = rows.start;
        let mut row = first;
        while row < rows.end && self.age <= self.n {
            if self.age > 0 {
                let step = x[row] - x[row - 1];
                self.sums[0] += step.max(0.0);
                self.sums[1] += (-step).max(0.0);
                if self.age == self.n {
                    let mean = self.sums.map(|sum| sum / self.n as f64);
                    self.smooth[0].set(mean[0]);
                    self.smooth[1].set(mean[1]);
                    (gain[row - first], loss[row - first]) = (mean[0], mean[1]);
                }
            }
            self.age += 1;
            row += 1;
        }
        let mut part = [[0.0; PART]; 2];
        while row < rows.end {
            let rows = PART.min(rows.end - row);
            for (k, pair) in x[row - 1..row + rows].windows(2).enumerate() {
                let step = pair[1] - pair[0];
                (part[0][k], part[1][k]) = (step.max(0.0), (-step).max(0.0));
            }
            let at = row - first..row - first + rows;
            self.smooth[0].extend(&part[0][..rows], &mut gain[at.clone()]);
            self.smooth[1].extend(&part[1][..rows], &mut loss[at]);
            row += rows;
        }
    }
}

fn moves(b: &mut Build<'_>, n: usize) -> [Slot; 2] {
    let close = b.close();
    b.run([close], Moves::new(n))
}

/// Wilder's relative strength index of the close.
pub(crate) fn rsi(b: &mut Build<'_>, n: usize) -> Slot {
    let moves = moves(b, n);
    b.map(moves, |[gain, loss]| ratio_or_zero(100.0 * gain, gain + loss))
}

/// Commodity channel index of the typical price; the mean absolute deviation has no exact sliding form. Inputs: typical price,
/// its mean over n rows.
#[derive(Clone, Debug)]
struct Channel {
    n: usize,
}

impl Kernel<2, 1> for Channel {
    fn ready(&self) -> bool {
        true
    }

    fn lookback(&self) -> usize {
        self.n
    }

    fn advance(&mut self, [tp, mean]: [&[f64]; 2], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        let count = self.n as f64;
        for (i, row) in rows.enumerate() {
            let mean = mean[row];
            let [spread] = lanes(&tp[row + 1 - self.n..=row], |v| [(v - mean).abs()]);
            // Below the rounding of the mean itself the window is flat.
            let flat = spread <= mean.abs() * 1e-14 * count;
            out[i] = if flat { 0.0 } else { (tp[row] - mean) / (0.015 * spread / count) };
        }
    }
}

fn cci(b: &mut Build<'_>) -> Slot {
    let (tp, n) = (b.typical_price(), b.p(0));
    let mean = b.mean(tp, n);
    b.run1([tp, mean], Channel { n })
}

/// Buying pressure over true range in three windows, weights 4, 2, 1; a window without range adds 0.
fn ultimate(b: &mut Build<'_>) -> Slot {
    let (close, low) = (b.close(), b.low());
    let before = b.lag(close, 1);
    let bought = b.map([close, low, before], |[c, l, before]| c - l.min(before));
    let range = b.true_range();
    let shares = [7, 14, 28].map(|n| b.share(bought, range, n));
    b.map(shares, |[a, b, c]| 100.0 * (4.0 * a + 2.0 * b + c) / 7.0)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "rsi"),
        "100 gain / (gain + loss) of Wilder-smoothed moves of the close, 0..100, 0 when flat",
        input::C,
        FOURTEEN,
        |p| p[0],
        |b| {
            let n = b.p(0);
            rsi(b, n)
        },
    )
    .source("Wilder 1978")
    .fading(|p| 30 * p[0]),
    Indicator::free(
        (FAMILY, "cmo"),
        "100 (gain - loss) / (gain + loss) of Wilder-smoothed moves of the close, -100..100",
        input::C,
        FOURTEEN,
        |p| p[0],
        |b| {
            let n = b.p(0);
            let moves = moves(b, n);
            b.map(moves, |[gain, loss]| ratio_or_zero(100.0 * (gain - loss), gain + loss))
        },
    )
    .source("Chande, TA-Lib CMO")
    .fading(|p| 30 * p[0]),
    Indicator::free(
        (FAMILY, "cci"),
        "(typical price - its mean) / (0.015 mean absolute deviation) over n rows, 0 when flat",
        input::HLC,
        &[window(20, 2)],
        |p| p[0] - 1,
        cci,
    )
    .source("Lambert 1980")
    .cost(Cost::Window),
    Indicator::free(
        (FAMILY, "ultosc"),
        "ultimate oscillator (7, 14, 28), 0..100",
        input::HLC,
        &[],
        |_| 28,
        ultimate,
    )
    .source("Williams 1976"),
    Indicator::free(
        (FAMILY, "bop"),
        "balance of power (close - open) / (high - low), -1..1, 0 without range",
        input::OHLC,
        &[],
        |_| 0,
        |b| {
            let bar = [b.open(), b.high(), b.low(), b.close()];
            b.map(bar, |[o, h, l, c]| ratio_or_zero(c - o, h - l))
        },
    )
    .source("Livshin 2001"),
];
