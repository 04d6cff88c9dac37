//! Price against volume flow.

use super::FAMILY;
use crate::indicators::volume::on_balance;
use crate::registry::{Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "pv_divergence"),
        "z-score of the close - z-score of OBV among n rows: positive when the price rose further than volume confirms",
        input::CV,
        &[window(24, 2)],
        |p| p[0] - 1,
        |b| {
            let (close, obv, n) = (b.close(), on_balance(b), b.p(0));
            let (price, flow) = (b.z_score(close, n), b.z_score(obv, n));
            b.sub(price, flow)
        },
    )
    .source("the mining guide's price-volume divergence")
    .unit(Unit::Deviations),
];
