//! Overshoot with the strength of the trend.

use super::{FAMILY, adx};
use crate::indicators::price::reversal;
use crate::registry::{Indicator, Unit, input, param};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "reversal_trend"),
    "reversal over n rows x ADX(14) / 100",
    input::HLC,
    &[param("rows", 2, 1)],
    |p| p[0].max(27),
    |b| {
        let n = b.p(0);
        let parts = [reversal(b, n), adx(b, 14)];
        b.map(parts, |[reversal, adx]| reversal * adx / 100.0)
    },
)
.fading(|_| 560)
.source("state interaction, this project")
.unit(Unit::Deviations)];
