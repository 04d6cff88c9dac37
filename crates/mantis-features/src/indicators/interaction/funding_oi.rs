//! Funding against the growth of open interest.

use super::FAMILY;
use crate::registry::{Indicator, Input, Unit, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "funding_oi"),
    "(funding rate - its mean over n rows) x (open interest / that of n rows ago - 1)",
    &[Input::Funding, Input::OpenInterest],
    &[window(24, 2)],
    |p| p[0],
    |b| {
        let (rate, interest, n) = (b.funding(), b.open_interest(), b.p(0));
        let (rate, change) = (b.less_mean(rate, n), b.relative_change(interest, n));
        b.mul(rate, change)
    },
)
.source("the mining guide's OI/funding interaction")
.unit(Unit::FundingRate)];
