//! Z-score of the volume.

use super::FAMILY;
use crate::registry::{Indicator, Input, Unit, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "volume_z"),
    "z-score of the volume among n rows",
    &[Input::Volume],
    &[window(20, 2)],
    |p| p[0] - 1,
    |b| {
        let (volume, n) = (b.volume(), b.p(0));
        b.z_score(volume, n)
    },
)
.source("z-score, this project")
.unit(Unit::Deviations)];
