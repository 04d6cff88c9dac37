//! The other's share of the volume.

use super::FAMILY;
use crate::engine::BarField;
use crate::registry::{Indicator, Input, Unit, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "volume_share_z"),
    "z-score among n rows of the other's share of both volumes",
    &[Input::Volume, Input::Other],
    &[window(24, 2)],
    |p| p[0] - 1,
    |b| {
        let (other, own, n) = (b.other(BarField::Volume), b.volume(), b.p(0));
        let share = b.map([other, own], |[other, own]| other / (other + own));
        b.z_score(share, n)
    },
)
.source("z-score, this project")
.unit(Unit::Deviations)];
