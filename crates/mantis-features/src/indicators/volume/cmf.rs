//! Chaikin money flow.

use super::FAMILY;
use super::accumulation::located;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "cmf"),
    "Chaikin money flow: sum of volume (2c - h - l) / (h - l) / sum of volume of n rows, -1..1",
    input::HLCV,
    &[window(20, 1)],
    |p| p[0] - 1,
    |b| {
        let (flow, volume, n) = (located(b), b.volume(), b.p(0));
        b.share(flow, volume, n)
    },
)
.source("Chaikin")];
