//! Hour of the day.

use std::f64::consts::TAU;

use super::{FAMILY, hour};
use crate::registry::{Indicator, Input, Unit};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "hour"),
        "UTC hour, 0..23",
        &[Input::Time],
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| hour(t))
        },
    )
    .source("ISO 8601, UTC")
    .unit(Unit::Hours),
    Indicator::free(
        (FAMILY, "hour_sin"),
        "sin(2 pi hour / 24)",
        &[Input::Time],
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * hour(t) / 24.0).sin())
        },
    )
    .source("calendar as a turn of the circle"),
    Indicator::free(
        (FAMILY, "hour_cos"),
        "cos(2 pi hour / 24)",
        &[Input::Time],
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * hour(t) / 24.0).cos())
        },
    )
    .source("calendar as a turn of the circle"),
];
