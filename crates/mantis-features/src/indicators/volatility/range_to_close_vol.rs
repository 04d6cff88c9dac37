//! Volatility from ranges against that from closes.

use super::FAMILY;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "range_to_close_vol"),
        "Parkinson's volatility of n rows / root mean square log return of n rows: below 1 when closes travel further than ranges say",
        input::HLC,
        &[window(24, 1)],
        |p| p[0],
        |b| {
            let n = b.p(0);
            let (range, close) = (b.parkinson(n), b.volatility(n));
            b.ratio(range, close)
        },
    )
    .source("ratio of volatilities after Parkinson 1980, this project"),
];
