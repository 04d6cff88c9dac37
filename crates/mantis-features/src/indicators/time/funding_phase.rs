//! Time within the funding period.

use super::{FAMILY, HOUR, share};
use crate::registry::{Indicator, Input};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "funding_phase"),
    "share of the 8 h funding period (00, 08, 16 h UTC) that has passed at the bar's open, 0..1",
    &[Input::Time],
    &[],
    |_| 0,
    |b| {
        let t = b.time();
        b.map([t], |[t]| share(t, 0, 8 * HOUR))
    },
)
.source("the 8-hour schedule of perpetuals")];
