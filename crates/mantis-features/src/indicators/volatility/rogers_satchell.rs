//! Volatility from the whole bar, whatever its drift.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Unit, input, window};

/// Rogers and Satchell's variance of one bar: ln(h/c) ln(h/o) + ln(l/c) ln(l/o).
pub(super) fn rogers_satchell_bar(b: &mut Build<'_>) -> Slot {
    let bar = b.log_bar();
    b.map(bar, |[o, h, l, c]| (h - c) * (h - o) + (l - c) * (l - o))
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "rogers_satchell"),
    "sqrt(mean(ln(h/c) ln(h/o) + ln(l/c) ln(l/o), n))",
    input::OHLC,
    &[window(20, 2)],
    |p| p[0] - 1,
    |b| {
        let (bar, n) = (rogers_satchell_bar(b), b.p(0));
        b.root_mean(bar, n)
    },
)
.source("Rogers and Satchell 1991")
.unit(Unit::LogReturn)];
