//! Log return in units of its volatility.

use super::FAMILY;
use crate::registry::{Indicator, Unit, input, param, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "retz"),
    "log return over n rows / (sqrt n x root mean square of w one-row log returns), 0 when flat",
    input::C,
    &[window(1, 1), param("w", 168, 1)],
    |p| p[0].max(p[1]),
    |b| {
        let (n, w) = (b.p(0), b.p(1));
        b.scaled_return(n, w)
    },
)
.source("return over its volatility, this project")
.unit(Unit::Deviations)];
