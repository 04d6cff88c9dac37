//! Volatility from the whole bar and the step between bars.

use super::FAMILY;
use super::rogers_satchell::rogers_satchell_bar;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Unit, input, window};

fn yang_zhang(b: &mut Build<'_>) -> Slot {
    let ([open, _, _, close], n) = (b.log_bar(), b.p(0));
    let before = b.lag(close, 1);
    let (overnight, body) = (b.sub(open, before), b.sub(close, open));
    let bar = rogers_satchell_bar(b);
    let parts = [b.variance(overnight, n)[1], b.variance(body, n)[1], b.mean(bar, n)];
    b.map_with(parts, n as f64, |[night, day, bar], n| {
        let k = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
        let variance = (night + k * day) / (n - 1.0) + (1.0 - k) * bar;
        if variance < 0.0 { 0.0 } else { variance.sqrt() }
    })
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "yang_zhang"),
        "sqrt(var(overnight) + k var(body) + (1 - k) mean(Rogers-Satchell)) over n rows, k = 0.34 / (1.34 + (n + 1) / (n - 1))",
        input::OHLC,
        &[window(20, 2)],
        |p| p[0],
        yang_zhang,
    )
    .source("Yang and Zhang 2000")
    .unit(Unit::LogReturn),
];
