//! Double exponential moving average.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

fn dema(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    let once = b.ema(close, n);
    let twice = b.ema(once, n);
    b.map([once, twice], |[once, twice]| 2.0 * once - twice)
}

pub(super) const TABLE: &[Indicator] = &[Indicator::raw(
    (FAMILY, "dema"),
    "double exponential mean 2 EMA - EMA(EMA)",
    input::C,
    &[window(20, 1)],
    |p| 2 * (p[0] - 1),
    dema,
)
.fading(|p| 20 * p[0])
.source("Mulloy 1994, TA-Lib DEMA")];
