//! Typical price.

use super::FAMILY;
use crate::registry::{Indicator, input};

pub(super) const TABLE: &[Indicator] = &[Indicator::raw(
    (FAMILY, "typprice"),
    "(high + low + close) / 3",
    input::HLC,
    &[],
    |_| 0,
    |b| b.typical_price(),
)
.source("TA-Lib TYPPRICE")];
