//! Triangular moving average.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

fn trima(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    let inner = n.div_ceil(2);
    let once = b.mean(close, inner);
    b.mean(once, n + 1 - inner)
}

pub(super) const TABLE: &[Indicator] = &[Indicator::raw(
    (FAMILY, "trima"),
    "triangular mean: SMA of an SMA whose lengths add to n + 1",
    input::C,
    &[window(20, 1)],
    |p| p[0] - 1,
    trima,
)
.source("TA-Lib TRIMA")];
