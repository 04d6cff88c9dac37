//! Correlation of volume with price and its changes.

use super::FAMILY;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "correl_cv"),
        "correlation of close and volume over n rows, 0 when one is flat",
        input::CV,
        &[window(20, 1)],
        |p| p[0] - 1,
        |b| {
            let (close, volume, n) = (b.close(), b.volume(), b.p(0));
            b.correlation(close, volume, n)
        },
    )
    .source("TA-Lib CORREL"),
    Indicator::free(
        (FAMILY, "correl_rv"),
        "correlation of log return and volume over n rows, 0 when one is flat",
        input::CV,
        &[window(20, 1)],
        |p| p[0],
        |b| {
            let (r, volume, n) = (b.log_return(), b.volume(), b.p(0));
            b.correlation(r, volume, n)
        },
    )
    .source("Pearson correlation, as TA-Lib CORREL"),
    Indicator::free(
        (FAMILY, "correl_av"),
        "correlation of absolute log return and volume over n rows, 0 when one is flat",
        input::CV,
        &[window(20, 1)],
        |p| p[0],
        |b| {
            let (r, volume, n) = (b.log_return(), b.volume(), b.p(0));
            let size = b.abs(r);
            b.correlation(size, volume, n)
        },
    )
    .source("Pearson correlation, as TA-Lib CORREL"),
];
