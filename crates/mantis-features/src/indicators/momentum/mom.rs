//! Change of the close.

use super::FAMILY;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::raw(
    (FAMILY, "mom"),
    "close - close n rows ago",
    input::C,
    &[window(10, 1)],
    |p| p[0],
    |b| {
        let (close, n) = (b.close(), b.p(0));
        b.change(close, n)
    },
)
.source("TA-Lib MOM")];
