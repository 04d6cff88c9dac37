//! Share of variance that came in jumps.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, input, window};

/// Share of realised variance that bipower variation, which jumps hardly enter, does not explain.
fn jumps(b: &mut Build<'_>) -> Slot {
    let (r, n) = (b.log_return(), b.p(0));
    let square = b.map([r], |[r]| r * r);
    let bipower =
        b.lagged(r, 1, |now, before| std::f64::consts::FRAC_PI_2 * now.abs() * before.abs());
    let (total, smooth) = (b.mean(square, n), b.mean(bipower, n));
    b.map([total, smooth], |[total, smooth]| ratio_or_zero(total - smooth, total))
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "jump_share"),
    "1 - bipower variation / realised variance over n rows, 0 when flat",
    input::C,
    &[window(48, 1)],
    |p| p[0] + 1,
    jumps,
)
.source("Barndorff-Nielsen and Shephard 2004")];
