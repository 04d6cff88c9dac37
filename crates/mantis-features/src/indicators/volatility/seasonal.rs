//! Volatility at the same hour of the day.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::kernels::ByHour;
use crate::registry::{Cost, Indicator, Input, Unit, window};

/// Root mean square of the log returns of the same UTC hour within n rows.
fn seasonal(b: &mut Build<'_>, n: usize) -> Slot {
    let (time, r) = (b.time(), b.log_return());
    let square = b.map([r], |[r]| r * r);
    let mean = b.run1([time, square], ByHour::new(n));
    b.map([mean], |[mean]| mean.sqrt())
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "seasonal_vol"),
        "root mean square log return at the same UTC hour within n rows / that of all n rows, 0 when flat",
        &[Input::Time, Input::Close],
        &[window(480, 1)],
        |p| p[0],
        |b| {
            let n = b.p(0);
            let (hour, all) = (seasonal(b, n), b.volatility(n));
            b.ratio(hour, all)
        },
    )
    .source("seasonal volatility, after Andersen and Bollerslev 1997")
    .cost(Cost::Window),
    Indicator::free(
        (FAMILY, "overshoot_seasonal"),
        "- log return / root mean square log return at the same UTC hour within n rows, 0 when flat",
        &[Input::Time, Input::Close],
        &[window(480, 1)],
        |p| p[0],
        |b| {
            let (r, n) = (b.log_return(), b.p(0));
            let usual = seasonal(b, n);
            b.map([r, usual], |[r, usual]| ratio_or_zero(-r, usual))
        },
    )
    .source("overshoot against seasonal volatility, after Andersen and Bollerslev 1997")
    .unit(Unit::Deviations)
    .cost(Cost::Window),
];
