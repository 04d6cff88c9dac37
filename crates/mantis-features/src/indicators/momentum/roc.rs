//! Rate of change of the close.

use super::FAMILY;
use crate::registry::{Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "roc"),
    "close / close n rows ago - 1, in percent",
    input::C,
    &[window(10, 1)],
    |p| p[0],
    |b| {
        let (close, n) = (b.close(), b.p(0));
        b.lagged(close, n, |now, old| if old == 0.0 { 0.0 } else { (now / old - 1.0) * 100.0 })
    },
)
.source("TA-Lib ROC")
.unit(Unit::Percent)];
