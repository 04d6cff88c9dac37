//! Rank of the funding rate in the recent past.

use super::FAMILY;
use crate::registry::{Cost, Indicator, Input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "funding_rank"),
    "rank of the funding rate among n rows, -1 lowest .. 1 highest",
    &[Input::Funding],
    &[window(168, 2)],
    |p| p[0] - 1,
    |b| {
        let (rate, n) = (b.funding(), b.p(0));
        b.rank(rate, n)
    },
)
.source("rank statistic of this project")
.cost(Cost::Window)];
