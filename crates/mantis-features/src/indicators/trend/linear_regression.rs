//! Least-squares line through a window of closes.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::kernels::Line;
use crate::registry::{Indicator, Unit, input, window};

/// Slope per row and centre of the line through n closes.
fn line(b: &mut Build<'_>) -> [Slot; 2] {
    let (close, n) = (b.close(), b.p(0));
    b.run([close], Line::new(n))
}

/// The line `rows` after the newest close.
fn after(b: &mut Build<'_>, rows: f64) -> Slot {
    let (line, ahead) = (line(b), (b.p(0) as f64 - 1.0) / 2.0 + rows);
    b.map_with(line, ahead, |[slope, centre], ahead| centre + slope * ahead)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "linreg_slope"),
        "slope per row of the least-squares line through n closes",
        input::C,
        &[window(14, 2)],
        |p| p[0] - 1,
        |b| line(b)[0],
    )
    .source("TA-Lib LINEARREG_SLOPE")
    .unit(Unit::PricePerRow),
    Indicator::raw(
        (FAMILY, "linreg"),
        "least-squares line through n closes, at the newest",
        input::C,
        &[window(14, 2)],
        |p| p[0] - 1,
        |b| after(b, 0.0),
    )
    .source("TA-Lib LINEARREG"),
    Indicator::raw(
        (FAMILY, "tsf"),
        "least-squares line through n closes, one row ahead",
        input::C,
        &[window(14, 2)],
        |p| p[0] - 1,
        |b| after(b, 1.0),
    )
    .source("TA-Lib TSF"),
    Indicator::free(
        (FAMILY, "linreg_slope_ratio"),
        "slope per row of the least-squares line through n closes / close",
        input::C,
        &[window(14, 2)],
        |p| p[0] - 1,
        |b| {
            let ([slope, _], close) = (line(b), b.close());
            b.div(slope, close)
        },
    )
    .source("ratio form of TA-Lib LINEARREG_SLOPE")
    .unit(Unit::PerRow),
    Indicator::free(
        (FAMILY, "linreg_dev"),
        "(close - least-squares line through n closes) / their standard deviation, 0 when flat",
        input::C,
        &[window(14, 2)],
        |p| p[0] - 1,
        |b| {
            let (close, n) = (b.close(), b.p(0));
            let end = after(b, 0.0);
            let deviation = b.deviation(close, n, 0);
            b.map([close, end, deviation], |[x, end, s]| ratio_or_zero(x - end, s))
        },
    )
    .source("residual of TA-Lib LINEARREG, standardised")
    .unit(Unit::Deviations),
];
