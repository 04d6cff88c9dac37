//! Day of the week.

use super::{DAY, FAMILY, MONDAY, WEEK};
use crate::registry::{Indicator, Input, Unit};

fn weekday(t: f64) -> f64 {
    ((t as i64 - MONDAY).rem_euclid(WEEK) / DAY) as f64
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "dow_mon0"),
        "weekday in UTC, Monday 0 .. Sunday 6",
        &[Input::Time],
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| weekday(t))
        },
    )
    .source("ISO 8601, UTC")
    .unit(Unit::Days),
    Indicator::free(
        (FAMILY, "weekend"),
        "1 on Saturday and Sunday in UTC, else 0",
        &[Input::Time],
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| f64::from(u8::from(weekday(t) >= 5.0)))
        },
    )
    .source("ISO 8601, UTC"),
];
