//! Standard deviation of log returns.

use super::FAMILY;
use crate::registry::{Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "retstd_sample"),
    "sample standard deviation of n log returns",
    input::C,
    &[window(20, 2)],
    |p| p[0],
    |b| {
        let (r, n) = (b.log_return(), b.p(0));
        b.deviation(r, n, 1)
    },
)
.source("pandas rolling std, ddof 1")
.unit(Unit::LogReturn)];
