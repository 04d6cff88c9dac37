//! Slope of low on high.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, input, window};

/// Relative change, 0 where the old value is 0.
fn change(b: &mut Build<'_>, x: Slot) -> Slot {
    b.lagged(x, 1, |now, before| ratio_or_zero(now - before, before))
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "beta_hl"),
    "slope of the low's relative changes on the high's over n rows, 0 when flat",
    input::HL,
    &[window(5, 1)],
    |p| p[0],
    |b| {
        let (high, low, n) = (b.high(), b.low(), b.p(0));
        let (high, low) = (change(b, high), change(b, low));
        b.beta(high, low, n)
    },
)
.source("TA-Lib BETA")];
