//! Linearly weighted moving average.

use super::FAMILY;
use crate::engine::{Graph, Slot};
use crate::kernels::LinearMean;
use crate::registry::{Indicator, input, window};

pub(super) fn wma(g: &mut Graph, x: Slot, n: usize) -> Slot {
    g.run1([x], LinearMean::new(n))
}

pub(super) const TABLE: &[Indicator] = &[Indicator::raw(
    (FAMILY, "wma"),
    "linearly weighted mean of n closes, weights 1 oldest .. n newest",
    input::C,
    &[window(20, 1)],
    |p| p[0] - 1,
    |b| {
        let (close, n) = (b.close(), b.p(0));
        wma(b, close, n)
    },
)
.source("TA-Lib WMA")];
