//! Volume against its mean.

use super::FAMILY;
use crate::registry::{Indicator, Input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "vol_ratio"),
    "volume / mean volume of n rows; NaN without volume",
    &[Input::Volume],
    &[window(20, 1)],
    |p| p[0] - 1,
    |b| {
        let (volume, n) = (b.volume(), b.p(0));
        let mean = b.mean(volume, n);
        b.map([volume, mean], |[v, mean]| if mean > 0.0 { v / mean } else { f64::NAN })
    },
)
.source("ratio form of this project")];
