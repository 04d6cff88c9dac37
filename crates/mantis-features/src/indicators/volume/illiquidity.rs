//! Price moved per volume, of late against longer ago.

use super::FAMILY;
use crate::indicators::ratio_or_zero;
use crate::registry::{Indicator, input, param};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "illiquidity"),
    "absolute log return per volume of `fast` rows / of `slow` rows, 0 when flat",
    input::CV,
    &[param("fast", 24, 1), param("slow", 168, 1)],
    |p| p[0].max(p[1]),
    |b| {
        let (r, volume, fast, slow) = (b.log_return(), b.volume(), b.p(0), b.p(1));
        let size = b.abs(r);
        let (fast, slow) = (b.share(size, volume, fast), b.share(size, volume, slow));
        b.map([fast, slow], |[fast, slow]| ratio_or_zero(fast, slow))
    },
)
.source("after Amihud 2002")];
