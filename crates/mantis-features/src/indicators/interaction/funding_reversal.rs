//! Funding against the price.

use super::FAMILY;
use crate::registry::{Indicator, Input, Unit, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "funding_reversal"),
    "- z-score of the funding rate among n rows x z-score of the close among n rows",
    &[Input::Close, Input::Funding],
    &[window(168, 2)],
    |p| p[0] - 1,
    |b| {
        let (rate, close, n) = (b.funding(), b.close(), b.p(0));
        let pair = [b.z_score(rate, n), b.z_score(close, n)];
        b.map(pair, |[rate, close]| -rate * close)
    },
)
.source("crowded positions against the trend, this project")
.unit(Unit::Deviations)];
