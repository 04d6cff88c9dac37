//! One-sided Haar wavelet of the log close.

use super::{FAMILY, VOLATILITY};
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Unit, input, window};

/// Mean of the newest n log closes less that of the n before, in units of the volatility of n rows.
fn haar(b: &mut Build<'_>) -> Slot {
    let (x, n) = (b.log_close(), b.p(0));
    let mean = b.mean(x, n);
    let step = b.change(mean, n);
    let volatility = b.volatility(VOLATILITY);
    b.map_with([step, volatility], (n as f64).sqrt(), |[step, v], root| {
        ratio_or_zero(step, v * root)
    })
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "haar"),
    "(mean of n log closes - mean of the n before) / (sqrt n x volatility of 168 rows)",
    input::C,
    &[window(8, 1)],
    |p| (2 * p[0] - 1).max(VOLATILITY),
    haar,
)
.source("Haar 1910, one-sided")
.unit(Unit::Deviations)];
