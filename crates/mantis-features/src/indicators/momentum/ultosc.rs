//! Ultimate oscillator.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Unit, input};

/// Buying pressure over true range in three windows, weights 4, 2, 1; a window without range adds 0.
fn ultimate(b: &mut Build<'_>) -> Slot {
    let (close, low) = (b.close(), b.low());
    let before = b.lag(close, 1);
    let bought = b.map([close, low, before], |[c, l, before]| c - l.min(before));
    let range = b.true_range();
    let shares = [7, 14, 28].map(|n| b.share(bought, range, n));
    b.map(shares, |[a, b, c]| 100.0 * (4.0 * a + 2.0 * b + c) / 7.0)
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "ultosc"),
    "ultimate oscillator (7, 14, 28), 0..100",
    input::HLC,
    &[],
    |_| 28,
    ultimate,
)
.source("Williams 1976, TA-Lib ULTOSC")
.unit(Unit::Percent)];
