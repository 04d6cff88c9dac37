//! Aroon (Chande 1995).

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::kernels::ExtremeAge;
use crate::registry::{Cost, Indicator, Unit, input, window};

/// Recency of the highest high and of the lowest low of the last n + 1 rows, in 0..100.
fn aroon(b: &mut Build<'_>) -> [Slot; 2] {
    let (high, low, n) = (b.high(), b.low(), b.p(0));
    let up = b.run1([high], ExtremeAge::largest(n + 1));
    let down = b.run1([low], ExtremeAge::smallest(n + 1));
    [up, down].map(|ago| b.map_with([ago], n as f64, |[ago], n| 100.0 * (n - ago) / n))
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "aroon_up"),
        "recency of the highest high of n + 1 rows, 0..100; of equal highs the newest counts",
        &[input::HIGH],
        &[window(25, 1)],
        |p| p[0],
        |b| aroon(b)[0],
    )
    .source("Chande 1995, TA-Lib AROON")
    .unit(Unit::Percent)
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "aroon_dn"),
        "recency of the lowest low of n + 1 rows, 0..100; of equal lows the newest counts",
        &[input::LOW],
        &[window(25, 1)],
        |p| p[0],
        |b| aroon(b)[1],
    )
    .source("Chande 1995, TA-Lib AROON")
    .unit(Unit::Percent)
    .cost(Cost::Logarithmic),
    Indicator::free(
        (FAMILY, "aroonosc"),
        "Aroon up - Aroon down, -100..100",
        input::HL,
        &[window(25, 1)],
        |p| p[0],
        |b| {
            let [up, down] = aroon(b);
            b.sub(up, down)
        },
    )
    .source("Chande 1995, TA-Lib AROONOSC")
    .unit(Unit::Percent)
    .cost(Cost::Logarithmic),
];
