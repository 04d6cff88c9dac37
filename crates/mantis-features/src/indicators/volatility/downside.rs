//! Share of variance that came with a fall.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

/// Share of the squared log returns of n rows that came with a fall.
fn downside(b: &mut Build<'_>) -> Slot {
    let (r, n) = (b.log_return(), b.p(0));
    let square = b.map([r], |[r]| r * r);
    let falling = b.map([r], |[r]| if r < 0.0 { r * r } else { 0.0 });
    let share = b.share(falling, square, n);
    b.map([share], |[share]| 2.0 * share - 1.0)
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "downside"),
    "2 x share of the squared log returns of n rows that came with a fall - 1, -1..1",
    input::C,
    &[window(48, 1)],
    |p| p[0],
    downside,
)
.source("Barndorff-Nielsen, Kinnebrock and Shephard 2010, realised semivariance")];
