//! Z-score of the funding rate.

use super::FAMILY;
use crate::registry::{Indicator, Input, Unit, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "funding_z"),
    "z-score of the funding rate among n rows, 0 while it does not change",
    &[Input::Funding],
    &[window(168, 2)],
    |p| p[0] - 1,
    |b| {
        let (rate, n) = (b.funding(), b.p(0));
        b.z_score(rate, n)
    },
)
.source("z-score, this project")
.unit(Unit::Deviations)];
