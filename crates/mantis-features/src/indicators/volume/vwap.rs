//! Rolling volume-weighted average price, and the close against it.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

fn rolling(b: &mut Build<'_>) -> Slot {
    let (tp, volume, n) = (b.typical_price(), b.volume(), b.p(0));
    b.weighted_mean(tp, volume, n)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "vwap_roll"),
        "volume-weighted typical price of n rows; NaN without volume",
        input::HLCV,
        &[window(24, 1)],
        |p| p[0] - 1,
        rolling,
    )
    .source("Berkowitz, Logue and Noser 1988, over a window"),
    Indicator::free(
        (FAMILY, "vwap_ratio"),
        "close / rolling VWAP(n) - 1; NaN without volume",
        input::HLCV,
        &[window(24, 1)],
        |p| p[0] - 1,
        |b| {
            let (close, vwap) = (b.close(), rolling(b));
            b.against(close, vwap)
        },
    )
    .source("ratio form of Berkowitz, Logue and Noser 1988"),
];
