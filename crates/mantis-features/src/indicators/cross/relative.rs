//! The own price against the other.

use super::FAMILY;
use crate::engine::BarField;
use crate::registry::{Indicator, Input, Unit, param, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "relative_ret"),
        "own log return - the other's log return over n rows",
        &[Input::Close, Input::Other],
        &[param("rows", 1, 1)],
        |p| p[0],
        |b| {
            let (own, other, n) = (b.close(), b.other(BarField::Close), b.p(0));
            let (own, other) = (b.log_change(own, n), b.log_change(other, n));
            b.sub(own, other)
        },
    )
    .source("difference of returns, this project")
    .unit(Unit::LogReturn),
    Indicator::free(
        (FAMILY, "relative_z"),
        "z-score among n rows of ln(own close / the other's close)",
        &[Input::Close, Input::Other],
        &[window(168, 2)],
        |p| p[0] - 1,
        |b| {
            let (own, other, n) = (b.close(), b.other(BarField::Close), b.p(0));
            let spread = b.map([own, other], |[own, other]| (own / other).ln());
            b.z_score(spread, n)
        },
    )
    .source("after Gatev, Goetzmann and Rouwenhorst 2006, spread of a pair")
    .unit(Unit::Deviations),
];
