//! Overshoot against volatility from ranges.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Unit, input, window};

/// Rows of Parkinson's volatility in the reversal columns.
const PARKINSON: usize = 20;

/// Minus the log return over n rows, in units of Parkinson's volatility of those rows: positive after an overshoot
/// downwards.
pub(crate) fn reversal(b: &mut Build<'_>, n: usize) -> Slot {
    let close = b.close();
    let (moved, expected) = (b.log_change(close, n), b.parkinson(PARKINSON));
    b.map_with([moved, expected], (n as f64).sqrt(), |[moved, expected], root| {
        ratio_or_zero(-moved, expected * root)
    })
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "reversal"),
    "- log return over n rows / (sqrt n x Parkinson volatility of 20 rows), 0 when flat",
    input::HLC,
    &[window(2, 1)],
    |p| p[0].max(PARKINSON - 1),
    |b| {
        let n = b.p(0);
        reversal(b, n)
    },
)
.source("overshoot against Parkinson 1980")
.unit(Unit::Deviations)];
