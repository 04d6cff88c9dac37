//! Wilder's parabolic stop and reverse.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::Build;
use crate::registry::{Indicator, input};

/// Step of the acceleration, and its cap.
const STEP: f64 = 0.02;

const MOST: f64 = 0.2;

/// Parabolic SAR (Wilder 1978) in TA-Lib's form: the first direction comes from the first directional movement.
#[derive(Clone, Debug, Default)]
struct Sar {
    age: usize,
    long: bool,
    extreme: f64,
    stop: f64,
    acceleration: f64,
}

impl Kernel<2, 1> for Sar {
    fn work(&self) -> usize {
        26
    }

    fn lookback(&self) -> usize {
        1
    }

    fn advance(&mut self, [high, low]: [&[f64]; 2], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        let mut row = rows.start;
        while row < rows.end && self.age < 2 {
            self.age += 1;
            if self.age == 2 {
                let (up, down) = (high[row] - high[row - 1], low[row - 1] - low[row]);
                self.long = !(down > 0.0 && up < down);
                (self.extreme, self.stop) =
                    if self.long { (high[row], low[row - 1]) } else { (low[row], high[row - 1]) };
                self.acceleration = STEP;
                // The first row has no bar before it to bound the stop with but itself.
                out[row - rows.start] = self.step([high[row], low[row]], [high[row], low[row]]);
            }
            row += 1;
        }
        let mut state = self.clone();
        for row in row..rows.end {
            let (now, before) = ([high[row], low[row]], [high[row - 1], low[row - 1]]);
            out[row - rows.start] = state.step(now, before);
        }
        *self = state;
    }
}

impl Sar {
    /// The stop at a bar, from the high and low of it and of the one before.
    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2], before: [f64; 2]) -> f64 {
        // Finite numbers, so that one comparison will do.
        let higher = |a: f64, b: f64| if a > b { a } else { b };
        let lower = |a: f64, b: f64| if a < b { a } else { b };
        let (top, bottom) = (higher(high, before[0]), lower(low, before[1]));
        let crossed = if self.long { low <= self.stop } else { high >= self.stop };
        if crossed {
            self.stop =
                if self.long { higher(self.extreme, top) } else { lower(self.extreme, bottom) };
            self.long = !self.long;
            self.acceleration = STEP;
            self.extreme = if self.long { high } else { low };
        }
        let stop = self.stop;
        let farther = if self.long { high > self.extreme } else { low < self.extreme };
        let faster = lower(self.acceleration + STEP, MOST);
        self.acceleration = if farther { faster } else { self.acceleration };
        self.extreme =
            if self.long { higher(self.extreme, high) } else { lower(self.extreme, low) };
        let next = stop + self.acceleration * (self.extreme - stop);
        self.stop = if self.long { lower(next, bottom) } else { higher(next, top) };
        stop
    }
}

fn sar(b: &mut Build<'_>) -> Slot {
    let pair = [b.high(), b.low()];
    b.run1(pair, Sar::default())
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "sar"),
        "parabolic stop and reverse, step 0.02, cap 0.2",
        input::HL,
        &[],
        |_| 1,
        sar,
    )
    .fading(|_| 2_000)
    .source("Wilder 1978, TA-Lib SAR"),
    Indicator::free(
        (FAMILY, "sar_ratio"),
        "close / SAR - 1",
        input::HLC,
        &[],
        |_| 1,
        |b| {
            let (close, sar) = (b.close(), sar(b));
            b.against(close, sar)
        },
    )
    .fading(|_| 2_000)
    .source("ratio form of Wilder 1978"),
];
