//! Share of rising rows.

use super::FAMILY;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "up_share"),
    "(rising - falling rows) / n of n log returns, -1..1",
    input::C,
    &[window(12, 1)],
    |p| p[0],
    |b| {
        let (r, n) = (b.log_return(), b.p(0));
        let sign = b.sign(r);
        b.mean(sign, n)
    },
)
.source("sign-run statistics, this project")];
