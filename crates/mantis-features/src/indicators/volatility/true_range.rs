//! True range.

use super::FAMILY;
use crate::registry::{Indicator, input};

pub(super) const TABLE: &[Indicator] = &[Indicator::raw(
    (FAMILY, "trange"),
    "max(high, previous close) - min(low, previous close)",
    input::HLC,
    &[],
    |_| 1,
    |b| b.true_range(),
)
.source("Wilder 1978, TA-Lib TRANGE")];
