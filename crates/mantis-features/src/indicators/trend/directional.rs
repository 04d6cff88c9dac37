//! Directional movement (Wilder 1978).

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::Build;
use crate::kernels::Smoother;
use crate::registry::{Indicator, Unit, input, window};

/// Rows whose movements are taken at once.
const PART: usize = 64;

/// +DI, -DI and ADX, with Wilder sums seeded from the first n - 1 movements, as in TA-Lib. A row without range keeps the last
/// ADX and has both DI at 0. Inputs: high, low, true range.
#[derive(Clone, Debug)]
pub(crate) struct Directional {
    n: usize,
    age: usize,
    sums: [f64; 3],
    smooth: [Smoother; 3],
    dx_sum: f64,
    trend: f64,
}

impl Directional {
    pub(crate) fn new(n: usize) -> Self {
        let smoother = Smoother::new(1.0 - 1.0 / n as f64, 1.0, 0.0);
        Self { n, age: 0, sums: [0.0; 3], smooth: [smoother; 3], dx_sum: 0.0, trend: 0.0 }
    }
}

impl Kernel<3, 3> for Directional {
    fn work(&self) -> usize {
        21
    }

    fn ready(&self) -> bool {
        self.age >= 2 * self.n
    }

    fn lookback(&self) -> usize {
        1
    }

    fn advance(
        &mut self,
        [high, low, range]: [&[f64]; 3],
        rows: Range<usize>,
        [plus, minus, adx]: [&mut [f64]; 3],
    ) {
        let (n, count, start) = (self.n, self.n as f64, rows.start);
        let (keep, share) = (1.0 - 1.0 / count, 1.0 / count);
        let mut row = start;
        // The range is known where the row before is.
        while row < rows.end && self.age + 1 < n {
            self.age += 1;
            let moves = moves(high, low, range, row);
            for (sum, moved) in self.sums.iter_mut().zip(moves) {
                *sum += moved;
            }
            if self.age + 1 == n {
                for (smooth, sum) in self.smooth.iter_mut().zip(self.sums) {
                    smooth.set(sum);
                }
            }
            row += 1;
        }
        let mut part = [[0.0; PART]; 3];
        let mut level = [[0.0; PART]; 3];
        while row < rows.end {
            let rows = PART.min(rows.end - row);
            for k in 0..rows {
                [part[0][k], part[1][k], part[2][k]] = moves(high, low, range, row + k);
            }
            for ((smooth, part), level) in self.smooth.iter_mut().zip(&part).zip(&mut level) {
                smooth.extend(&part[..rows], &mut level[..rows]);
            }
            for k in 0..rows {
                self.age += 1;
                let i = row + k - start;
                let (p, m) = if level[2][k] > 0.0 {
                    let scale = 100.0 / level[2][k];
                    (scale * level[0][k], scale * level[1][k])
                } else {
                    (0.0, 0.0)
                };
                (plus[i], minus[i]) = (p, m);
                let dx = if p + m > 0.0 { 100.0 * (p - m).abs() / (p + m) } else { f64::NAN };
                if self.age < 2 * n - 1 {
                    self.dx_sum += if dx.is_nan() { 0.0 } else { dx };
                    continue;
                }
                if self.age == 2 * n - 1 {
                    self.trend = (self.dx_sum + if dx.is_nan() { 0.0 } else { dx }) / count;
                } else if !dx.is_nan() {
                    self.trend = keep * self.trend + share * dx;
                }
                adx[i] = self.trend;
            }
            row += rows;
        }
    }
}

/// Upward and downward movement of a row, and its true range.
fn moves(high: &[f64], low: &[f64], range: &[f64], row: usize) -> [f64; 3] {
    let (rise, fall) = (high[row] - high[row - 1], low[row - 1] - low[row]);
    let up = if rise > 0.0 && rise > fall { rise } else { 0.0 };
    let down = if fall > 0.0 && fall > rise { fall } else { 0.0 };
    [up, down, range[row]]
}

fn movement(b: &mut Build<'_>) -> [Slot; 3] {
    let (high, low, range, n) = (b.high(), b.low(), b.true_range(), b.p(0));
    // A movement needs the row before, too.
    let before = [b.lag(high, 1), b.lag(low, 1)];
    let range = b.map([range, before[0], before[1]], |[range, high, low]| {
        if high.is_finite() & low.is_finite() { range } else { f64::NAN }
    });
    b.run([high, low, range], Directional::new(n))
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "adx"),
        "Wilder's average directional index, 0..100",
        input::HLC,
        &[window(14, 2)],
        |p| 2 * p[0] - 1,
        |b| movement(b)[2],
    )
    .fading(|p| 40 * p[0])
    .source("Wilder 1978, TA-Lib ADX")
    .unit(Unit::Percent),
    Indicator::free(
        (FAMILY, "adxr"),
        "mean of ADX now and n - 1 rows ago, 0..100",
        input::HLC,
        &[window(14, 2)],
        |p| 3 * p[0] - 2,
        |b| {
            let ([_, _, adx], n) = (movement(b), b.p(0));
            b.lagged(adx, n - 1, |now, before| (now + before) / 2.0)
        },
    )
    .fading(|p| 40 * p[0])
    .source("Wilder 1978, TA-Lib ADXR")
    .unit(Unit::Percent),
    Indicator::free(
        (FAMILY, "plus_di"),
        "Wilder's +DI: smoothed upward movement in percent of the smoothed true range, 0..100",
        input::HLC,
        &[window(14, 2)],
        |p| p[0],
        |b| movement(b)[0],
    )
    .fading(|p| 30 * p[0])
    .source("Wilder 1978, TA-Lib PLUS_DI")
    .unit(Unit::Percent),
    Indicator::free(
        (FAMILY, "minus_di"),
        "Wilder's -DI: smoothed downward movement in percent of the smoothed true range, 0..100",
        input::HLC,
        &[window(14, 2)],
        |p| p[0],
        |b| movement(b)[1],
    )
    .fading(|p| 30 * p[0])
    .source("Wilder 1978, TA-Lib MINUS_DI")
    .unit(Unit::Percent),
    Indicator::free(
        (FAMILY, "di_balance"),
        "(+DI - -DI) / 100, -1..1",
        input::HLC,
        &[window(14, 2)],
        |p| p[0],
        |b| {
            let [plus, minus, _] = movement(b);
            b.map([plus, minus], |[plus, minus]| (plus - minus) / 100.0)
        },
    )
    .fading(|p| 30 * p[0])
    .source("difference of Wilder's +DI and -DI (1978)"),
];
