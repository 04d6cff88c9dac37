//! Autocorrelation of log returns.

use super::FAMILY;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "autocorr"),
    "correlation of n log returns with those one row before, -1..1, 0 when flat",
    input::C,
    &[window(48, 2)],
    |p| p[0] + 1,
    |b| {
        let (r, n) = (b.log_return(), b.p(0));
        let before = b.lag(r, 1);
        b.correlation(r, before, n)
    },
)
.source("Pearson correlation, as TA-Lib CORREL")];
