//! Slope on the other symbol, and what it does not explain.

use super::{FAMILY, other_return};
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Input, Unit, param, window};

/// Own log return less beta times the other's, beta the least-squares slope over n rows.
fn residual(b: &mut Build<'_>) -> Slot {
    let (other, own, n) = (other_return(b), b.log_return(), b.p(0));
    let beta = b.beta(other, own, n);
    b.map([own, beta, other], |[own, beta, other]| own - beta * other)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "other_beta"),
        "least-squares slope of own on the other's log returns over n rows",
        &[Input::Close, Input::Other],
        &[window(168, 2)],
        |p| p[0],
        |b| {
            let (own, other, n) = (b.log_return(), other_return(b), b.p(0));
            b.beta(other, own, n)
        },
    )
    .source("market model, Sharpe 1963"),
    Indicator::free(
        (FAMILY, "other_residual"),
        "own log return - beta x the other's, beta over n rows",
        &[Input::Close, Input::Other],
        &[window(168, 2)],
        |p| p[0],
        residual,
    )
    .source("market model, Sharpe 1963, residual")
    .unit(Unit::LogReturn),
    Indicator::free(
        (FAMILY, "residual_z"),
        "sum of m residuals (own log return - beta x the other's, beta over n rows) / (sqrt m x their root mean square over n rows)",
        &[Input::Close, Input::Other],
        &[window(168, 2), param("m", 4, 1)],
        |p| 2 * p[0] - 1,
        |b| {
            let (residual, n, m) = (residual(b), b.p(0), b.p(1));
            let square = b.mul(residual, residual);
            let (sum, spread) = (b.sum(residual, m), b.root_mean(square, n));
            b.map_with([sum, spread], (m as f64).sqrt(), |[sum, spread], root| {
                ratio_or_zero(sum, spread * root)
            })
        },
    )
    .source("after Avellaneda and Lee 2010, residual reversal")
    .unit(Unit::Deviations),
];
