//! Relative strength index.

use super::FAMILY;
use super::moves::moves;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Unit, input, window};

/// Wilder's relative strength index of the close.
pub(crate) fn rsi(b: &mut Build<'_>, n: usize) -> Slot {
    let moves = moves(b, n);
    b.map(moves, |[gain, loss]| ratio_or_zero(100.0 * gain, gain + loss))
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "rsi"),
    "100 gain / (gain + loss) of Wilder-smoothed moves of the close, 0..100, 0 when flat",
    input::C,
    &[window(14, 2)],
    |p| p[0],
    |b| {
        let n = b.p(0);
        rsi(b, n)
    },
)
.fading(|p| 30 * p[0])
.source("Wilder 1978, TA-Lib RSI")
.unit(Unit::Percent)];
