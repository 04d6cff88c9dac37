//! Rank of the volume in the recent past.

use super::FAMILY;
use crate::registry::{Cost, Indicator, Input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "volume_rank"),
    "rank of the volume among n rows, -1 lowest .. 1 highest",
    &[Input::Volume],
    &[window(168, 2)],
    |p| p[0] - 1,
    |b| {
        let (volume, n) = (b.volume(), b.p(0));
        b.rank(volume, n)
    },
)
.source("rank statistic of this project")
.cost(Cost::Window)];
