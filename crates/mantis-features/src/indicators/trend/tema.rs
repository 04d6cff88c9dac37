//! Triple exponential moving average.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

fn tema(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    let once = b.ema(close, n);
    let twice = b.ema(once, n);
    let thrice = b.ema(twice, n);
    b.map([once, twice, thrice], |[a, b, c]| 3.0 * a - 3.0 * b + c)
}

pub(super) const TABLE: &[Indicator] = &[Indicator::raw(
    (FAMILY, "tema"),
    "triple exponential mean 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA))",
    input::C,
    &[window(20, 1)],
    |p| 3 * (p[0] - 1),
    tema,
)
.fading(|p| 24 * p[0])
.source("Mulloy 1994, TA-Lib TEMA")];
