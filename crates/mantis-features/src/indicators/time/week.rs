//! Time of the week, as a turn.

use std::f64::consts::TAU;

use super::{FAMILY, MONDAY, WEEK, share};
use crate::registry::{Indicator, Input};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "week_sin"),
        "sin(2 pi share of the week since Monday 00:00 UTC)",
        &[Input::Time],
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * share(t, MONDAY, WEEK)).sin())
        },
    )
    .source("calendar as a turn of the circle"),
    Indicator::free(
        (FAMILY, "week_cos"),
        "cos(2 pi share of the week since Monday 00:00 UTC)",
        &[Input::Time],
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * share(t, MONDAY, WEEK)).cos())
        },
    )
    .source("calendar as a turn of the circle"),
];
