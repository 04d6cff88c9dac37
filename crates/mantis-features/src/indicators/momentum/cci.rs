//! Commodity channel index.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::Build;
use crate::kernels::lanes;
use crate::registry::{Cost, Indicator, Unit, input, window};

/// Commodity channel index of the typical price; the mean absolute deviation has no exact sliding form. Inputs: typical price,
/// its mean over n rows.
#[derive(Clone, Debug)]
struct Channel {
    n: usize,
}

impl Kernel<2, 1> for Channel {
    fn work(&self) -> usize {
        22
    }

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

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "cci"),
    "(typical price - its mean) / (0.015 mean absolute deviation) over n rows, 0 when flat",
    input::HLC,
    &[window(20, 2)],
    |p| p[0] - 1,
    cci,
)
.source("Lambert 1980, TA-Lib CCI")
.unit(Unit::Deviations)
.cost(Cost::Window)];
