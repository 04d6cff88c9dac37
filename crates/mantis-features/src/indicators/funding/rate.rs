//! Funding rate.

use super::FAMILY;
use crate::registry::{Indicator, Input, Unit};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "funding_rate"),
    "latest funding rate known at the close, fraction per period",
    &[Input::Funding],
    &[],
    |_| 0,
    |b| {
        let rate = b.funding();
        b.map([rate], |[rate]| rate)
    },
)
.source("the exchange's funding history")
.unit(Unit::FundingRate)];
