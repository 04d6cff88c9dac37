//! Rate of change of the triple exponential average.

use super::FAMILY;
use crate::registry::{Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "trix"),
    "one-row change of the triple EMA of the close, in percent",
    input::C,
    &[window(15, 1)],
    |p| 3 * (p[0] - 1) + 1,
    |b| {
        let (mut x, n) = (b.close(), b.p(0));
        for _ in 0..3 {
            x = b.ema(x, n);
        }
        b.lagged(x, 1, |now, old| if old == 0.0 { 0.0 } else { (now / old - 1.0) * 100.0 })
    },
)
.fading(|p| 24 * p[0])
.source("Hutson 1983, TA-Lib TRIX")
.unit(Unit::Percent)];
