//! Overshoot with the volatility regime.

use super::FAMILY;
use crate::indicators::price::reversal;
use crate::indicators::ratio_or_zero;
use crate::registry::{Indicator, Unit, input, param};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "reversal_regime"),
    "reversal over n rows x (root mean square log return of 24 rows / of 168 rows - 1)",
    input::HLC,
    &[param("rows", 2, 1)],
    |p| p[0].max(168),
    |b| {
        let n = b.p(0);
        let parts = [reversal(b, n), b.volatility(24), b.volatility(168)];
        b.map(parts, |[reversal, fast, slow]| reversal * (ratio_or_zero(fast, slow) - 1.0))
    },
)
.source("state interaction, this project")
.unit(Unit::Deviations)];
