//! Volatility from range and body.

use std::f64::consts::LN_2;

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Unit, input, window};

fn garman_klass(b: &mut Build<'_>) -> Slot {
    let bar = b.log_bar();
    let square = b.map(bar, |[o, h, l, c]| {
        let (range, body) = (h - l, c - o);
        0.5 * range * range - (2.0 * LN_2 - 1.0) * body * body
    });
    let n = b.p(0);
    b.root_mean(square, n)
}

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "garman_klass"),
    "sqrt(mean(ln(h / l)^2 / 2 - (2 ln 2 - 1) ln(c / o)^2, n))",
    input::OHLC,
    &[window(20, 2)],
    |p| p[0] - 1,
    garman_klass,
)
.source("Garman and Klass 1980")
.unit(Unit::LogReturn)];
