//! Rank of the close in the recent past.

use super::FAMILY;
use crate::registry::{Cost, Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "close_rank"),
    "rank of the close among the last n closes, -1 lowest .. 1 highest",
    input::C,
    &[window(24, 2)],
    |p| p[0] - 1,
    |b| {
        let (close, n) = (b.close(), b.p(0));
        b.rank(close, n)
    },
)
.source("rank statistic of this project")
.cost(Cost::Window)];
