//! Variance ratio.

use super::FAMILY;
use crate::registry::{Indicator, input, param, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "variance_ratio"),
        "variance of k-row log returns / (k x variance of one-row log returns) over n rows - 1, 0 when flat",
        input::C,
        &[param("k", 4, 2), window(168, 2)],
        |p| p[0] + p[1] - 1,
        |b| {
            let (close, r, k, n) = (b.close(), b.log_return(), b.p(0), b.p(1));
            let long = b.log_change(close, k);
            let ([_, one], [_, many]) = (b.variance(r, n), b.variance(long, n));
            b.map_with([one, many], k as f64, |[one, many], k| {
                if one > 0.0 { many / (k * one) - 1.0 } else { 0.0 }
            })
        },
    )
    .source("Lo and MacKinlay 1988"),
];
