//! Change of the funding rate.

use super::FAMILY;
use crate::registry::{Indicator, Input, Unit, param};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "funding_mom"),
    "funding rate - that of n rows ago",
    &[Input::Funding],
    &[param("rows", 8, 1)],
    |p| p[0],
    |b| {
        let (rate, n) = (b.funding(), b.p(0));
        b.change(rate, n)
    },
)
.source("the mining guide's funding momentum")
.unit(Unit::FundingRate)];
