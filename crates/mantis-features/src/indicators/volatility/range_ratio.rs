//! Range of the bar against its usual size.

use super::FAMILY;
use crate::indicators::ratio_or_zero;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "range_ratio"),
    "(high - low) / its mean over n rows - 1",
    input::HL,
    &[window(20, 2)],
    |p| p[0] - 1,
    |b| {
        let (bar, n) = ([b.high(), b.low()], b.p(0));
        let range = b.sub(bar[0], bar[1]);
        let mean = b.mean(range, n);
        b.map([range, mean], |[range, mean]| ratio_or_zero(range - mean, mean))
    },
)
.source("ratio form of this project")];
