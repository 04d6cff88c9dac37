//! Volume of late against that of longer ago.

use super::FAMILY;
use crate::registry::{Indicator, Input, param};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "volume_regime"),
    "mean volume of `fast` rows / of `slow` rows, 0 without volume",
    &[Input::Volume],
    &[param("fast", 24, 1), param("slow", 168, 1)],
    |p| p[0].max(p[1]) - 1,
    |b| {
        let (volume, fast, slow) = (b.volume(), b.p(0), b.p(1));
        let (fast, slow) = (b.mean(volume, fast), b.mean(volume, slow));
        b.ratio(fast, slow)
    },
)
.source("ratio form of this project")];
