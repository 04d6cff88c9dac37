//! Volume-weighted log return.

use super::FAMILY;
use crate::indicators::ratio_or_zero;
use crate::registry::{Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "vw_ret"),
        "mean log return of n rows weighted by volume / root mean square log return of n rows; NaN without volume",
        input::CV,
        &[window(24, 1)],
        |p| p[0],
        |b| {
            let (r, volume, n) = (b.log_return(), b.volume(), b.p(0));
            let mean = b.weighted_mean(r, volume, n);
            let volatility = b.volatility(n);
            b.map([mean, volatility], |[mean, v]| ratio_or_zero(mean, v))
        },
    )
    .source("volume-weighted return, this project")
    .unit(Unit::Deviations),
];
