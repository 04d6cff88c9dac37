//! Hull moving average, and the close against it.

use super::wma::wma;
use super::{FAMILY, ratio};
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

fn hma(b: &mut Build<'_>) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    let (fast, slow) = (wma(b, close, n / 2), wma(b, close, n));
    let raw = b.map([fast, slow], |[fast, slow]| 2.0 * fast - slow);
    wma(b, raw, n.isqrt())
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "hma"),
        "Hull mean: WMA(floor(sqrt n)) of 2 WMA(n / 2) - WMA(n)",
        input::C,
        &[window(20, 2)],
        |p| p[0] + p[0].isqrt() - 2,
        hma,
    )
    .source("Hull 2005"),
    Indicator::free(
        (FAMILY, "hma_ratio"),
        "close / HMA(n) - 1",
        input::C,
        &[window(20, 2)],
        |p| p[0] + p[0].isqrt() - 2,
        |b| ratio(b, hma),
    )
    .source("ratio form of Hull 2005"),
];
