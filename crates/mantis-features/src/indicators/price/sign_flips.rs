//! Persistence of signs.

use super::FAMILY;
use crate::indicators::sign;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "sign_flips"),
        "mean product of neighbouring signs of n log returns: -1 when they alternate, 1 when they persist",
        input::C,
        &[window(12, 1)],
        |p| p[0] + 1,
        |b| {
            let (r, n) = (b.log_return(), b.p(0));
            let product = b.lagged(r, 1, |now, before| sign(now) * sign(before));
            b.mean(product, n)
        },
    )
    .source("sign-run statistics, this project"),
];
