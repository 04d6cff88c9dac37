//! Overshoot with volume.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Unit, input, param};

/// Rows of the volatility that scales the return in `reversal_volume`, and of its mean volume.
const VOLATILITY: usize = 24;

fn reversal_volume(b: &mut Build<'_>) -> Slot {
    let (volume, n) = (b.volume(), b.p(0));
    let moved = b.scaled_return(n, VOLATILITY);
    let mean = b.mean(volume, VOLATILITY);
    b.map(
        [moved, volume, mean],
        |[moved, v, mean]| {
            if mean > 0.0 { -moved * (v / mean).ln_1p() } else { f64::NAN }
        },
    )
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "reversal_volume"),
        "- log return over n rows / its 24-row volatility x ln(1 + volume / mean volume of 24 rows); NaN without volume",
        input::CV,
        &[param("rows", 2, 1)],
        |p| p[0].max(VOLATILITY),
        reversal_volume,
    )
    .source("Llorente et al. 2002, volume-conditioned reversal")
    .unit(Unit::Deviations),
];
