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
    fn lookback(&self) -> usize {
        1
    }

    fn advance(&mut self, [high, low]: [&[f64]; 2], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        for (k, i) in rows.enumerate() {
            self.age += 1;
            match self.age {
                1 => continue,
                2 => {
                    let (up, down) = (high[i] - high[i - 1], low[i - 1] - low[i]);
                    self.long = !(down > 0.0 && up < down);
                    (self.extreme, self.stop) =
                        if self.long { (high[i], low[i - 1]) } else { (low[i], high[i - 1]) };
                    self.acceleration = STEP;
                }
                _ => {}
            }
            // The first row has no bar before it to bound the stop with but itself.
            let before = if self.age == 2 { i } else { i - 1 };
            let crossed = if self.long { low[i] <= self.stop } else { high[i] >= self.stop };
            if crossed {
                self.stop = if self.long {
                    self.extreme.max(high[before]).max(high[i])
                } else {
                    self.extreme.min(low[before]).min(low[i])
                };
                self.long = !self.long;
                self.acceleration = STEP;
                self.extreme = if self.long { high[i] } else { low[i] };
            }
            out[k] = self.stop;
            let farther = if self.long { high[i] > self.extreme } else { low[i] < self.extreme };
            if farther {
                self.extreme = if self.long { high[i] } else { low[i] };
                self.acceleration = (self.acceleration + STEP).min(MOST);
            }
            self.stop += self.acceleration * (self.extreme - self.stop);
            self.stop = if self.long {
                self.stop.min(low[before]).min(low[i])
            } else {
                self.stop.max(high[before]).max(high[i])
            };
        }
    }
}

fn sar(b: &mut Build<'_>) -> Slot {
    let bar = [b.high(), b.low()];
    b.run1(bar, Sar::default())
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
