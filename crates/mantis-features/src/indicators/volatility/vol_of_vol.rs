//! Volatility of volatility.

use super::FAMILY;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "vol_of_vol"),
    "standard deviation / mean of the absolute log returns of n rows, 0 when flat",
    input::C,
    &[window(48, 2)],
    |p| p[0],
    |b| {
        let (r, n) = (b.log_return(), b.p(0));
        let size = b.abs(r);
        let (spread, [mean, _]) = (b.deviation(size, n, 0), b.variance(size, n));
        b.ratio(spread, mean)
    },
)
.source("coefficient of variation, this project")];
