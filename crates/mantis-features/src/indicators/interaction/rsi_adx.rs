//! RSI with the strength of the trend.

use super::{FAMILY, adx};
use crate::indicators::momentum::rsi;
use crate::registry::{Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "rsi_adx"),
    "(RSI(n) - 50) / 50 x ADX(n) / 100, -1..1",
    input::HLC,
    &[window(14, 2)],
    |p| 2 * p[0] - 1,
    |b| {
        let n = b.p(0);
        let pair = [rsi(b, n), adx(b, n)];
        b.map(pair, |[rsi, adx]| (rsi - 50.0) / 50.0 * adx / 100.0)
    },
)
.fading(|p| 40 * p[0])
.source("state interaction, this project")];
