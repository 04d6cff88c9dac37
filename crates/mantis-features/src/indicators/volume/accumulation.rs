//! Accumulation/distribution line and its oscillator.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::{Build, ratio_or_zero};
use crate::kernels::EmaPair;
use crate::registry::{Indicator, Unit, input, param};

/// Volume signed by the close's place in the bar: volume (2c - h - l) / (h - l), 0 for a bar without range.
pub(super) fn located(b: &mut Build<'_>) -> Slot {
    let bar = [b.high(), b.low(), b.close(), b.volume()];
    b.map(bar, |[h, l, c, v]| ratio_or_zero((c - l) - (h - c), h - l) * v)
}

/// Running total from a first value on.
#[derive(Clone, Debug, Default)]
struct Total {
    sum: f64,
}

impl Kernel<1, 1> for Total {
    fn ready(&self) -> bool {
        true
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        for (out, x) in out.iter_mut().zip(&x[rows]) {
            self.sum += x;
            *out = self.sum;
        }
    }
}

fn accumulation(b: &mut Build<'_>) -> Slot {
    let flow = located(b);
    b.run1([flow], Total::default())
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "ad"),
        "accumulation/distribution line since the first row: total of volume (2c - h - l) / (h - l)",
        input::HLCV,
        &[],
        |_| 0,
        accumulation,
    )
    .origin()
    .source("Chaikin, TA-Lib AD")
    .unit(Unit::Volume),
    Indicator::raw(
        (FAMILY, "adosc"),
        "EMA(fast) - EMA(slow) of the accumulation/distribution line, both started at its first value",
        input::HLCV,
        &[param("fast", 3, 2), param("slow", 10, 2)],
        |p| p[0].max(p[1]) - 1,
        |b| {
            let (line, fast, slow) = (accumulation(b), b.p(0), b.p(1));
            b.run1([line], EmaPair::new(fast, slow))
        },
    )
    .fading(|p| 20 * p[0].max(p[1]))
    .source("Chaikin, TA-Lib ADOSC")
    .unit(Unit::Volume),
];
