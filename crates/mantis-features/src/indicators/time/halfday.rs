//! Half of the day, as a turn.

use std::f64::consts::TAU;

use super::{FAMILY, hour};
use crate::registry::{Indicator, Input};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "halfday_sin"),
        "sin(2 pi hour / 12)",
        &[Input::Time],
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * hour(t) / 12.0).sin())
        },
    )
    .source("calendar as a turn of the circle"),
    Indicator::free(
        (FAMILY, "halfday_cos"),
        "cos(2 pi hour / 12)",
        &[Input::Time],
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * hour(t) / 12.0).cos())
        },
    )
    .source("calendar as a turn of the circle"),
];
