//! Simple moving average, and the close against it.

use super::{FAMILY, ratio};
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

fn sma(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    b.mean(close, n)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "sma"),
        "mean of n closes",
        input::C,
        &[window(20, 1)],
        |p| p[0] - 1,
        sma,
    )
    .source("TA-Lib SMA"),
    Indicator::free(
        (FAMILY, "sma_ratio"),
        "close / SMA(n) - 1",
        input::C,
        &[window(20, 1)],
        |p| p[0] - 1,
        |b| ratio(b, sma),
    )
    .source("ratio form of TA-Lib SMA"),
];
