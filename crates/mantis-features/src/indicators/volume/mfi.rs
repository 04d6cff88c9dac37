//! Money flow index.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Unit, input, window};

/// Money flow index: money is typical price x volume, signed by the typical price's move; 0 when less than one unit flowed.
fn money_flow(b: &mut Build<'_>) -> Slot {
    let (tp, volume, n) = (b.typical_price(), b.volume(), b.p(0));
    let step = b.change(tp, 1);
    let up = b.map([step, tp, volume], |[s, tp, v]| if s > 0.0 { tp * v } else { 0.0 });
    let down = b.map([step, tp, volume], |[s, tp, v]| if s < 0.0 { tp * v } else { 0.0 });
    let sums = [b.sum(up, n), b.sum(down, n)];
    b.map(sums, |[up, down]| if up + down < 1.0 { 0.0 } else { 100.0 * up / (up + down) })
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "mfi"),
    "money flow index, 0..100; 0 when less than one unit of money flowed",
    input::HLCV,
    &[window(14, 2)],
    |p| p[0],
    money_flow,
)
.source("Quong and Soudack 1989, TA-Lib MFI")
.unit(Unit::Percent)];
