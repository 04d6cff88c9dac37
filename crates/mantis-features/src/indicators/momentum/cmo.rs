//! Chande momentum oscillator.

use super::FAMILY;
use super::moves::moves;
use crate::indicators::ratio_or_zero;
use crate::registry::{Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "cmo"),
    "100 (gain - loss) / (gain + loss) of Wilder-smoothed moves of the close, -100..100",
    input::C,
    &[window(14, 2)],
    |p| p[0],
    |b| {
        let n = b.p(0);
        let moves = moves(b, n);
        b.map(moves, |[gain, loss]| ratio_or_zero(100.0 * (gain - loss), gain + loss))
    },
)
.fading(|p| 30 * p[0])
.source("Chande and Kroll 1994, TA-Lib CMO")
.unit(Unit::Percent)];
