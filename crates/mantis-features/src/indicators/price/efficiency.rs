//! Efficiency ratio.

use super::FAMILY;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "efficiency"),
    "log return over n rows / sum of n absolute log returns, -1..1, 0 when flat",
    input::C,
    &[window(24, 2)],
    |p| p[0],
    |b| {
        let (r, close, n) = (b.log_return(), b.close(), b.p(0));
        let size = b.abs(r);
        let (moved, path) = (b.log_change(close, n), b.sum(size, n));
        b.ratio(moved, path)
    },
)
.source("Kaufman 1995, signed")];
