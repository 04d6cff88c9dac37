//! Mean funding rate, and the rate against it.

use super::FAMILY;
use crate::registry::{Indicator, Input, Unit, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "funding_mean"),
        "mean of the known funding rate over n rows",
        &[Input::Funding],
        &[window(24, 1)],
        |p| p[0] - 1,
        |b| {
            let (rate, n) = (b.funding(), b.p(0));
            b.mean(rate, n)
        },
    )
    .source("the mining guide's funding mean")
    .unit(Unit::FundingRate),
    Indicator::free(
        (FAMILY, "funding_dev"),
        "funding rate - its mean over n rows",
        &[Input::Funding],
        &[window(24, 1)],
        |p| p[0] - 1,
        |b| {
            let (rate, n) = (b.funding(), b.p(0));
            b.less_mean(rate, n)
        },
    )
    .source("the mining guide's funding deviation")
    .unit(Unit::FundingRate),
];
