//! Time: where a bar's open lies in the UTC day and week.
//!
//! All values are of the bar's **open** time, which is known long before its close.

use std::f64::consts::TAU;

use mantis_data::Timestamp;

use crate::registry::{Family, Indicator, Input};

const FAMILY: Family = Family::Time;
const TIME: &[Input] = &[Input::Time];

/// UTC hour of each time, 0..23.
#[must_use]
pub fn hour(times: &[Timestamp]) -> Vec<f64> {
    times.iter().map(|t| f64::from(t.hour())).collect()
}

/// Weekday of each time in UTC, Monday 0 .. Sunday 6.
#[must_use]
pub fn weekday(times: &[Timestamp]) -> Vec<f64> {
    times.iter().map(|t| f64::from(t.weekday_mon0())).collect()
}

/// `wave(2 pi hours since Monday 00:00 UTC / 168)` with minutes and seconds counted.
fn of_week(times: &[Timestamp], wave: fn(f64) -> f64) -> Vec<f64> {
    // 1970-01-01 was a Thursday.
    const MONDAY: i64 = 4 * 86_400;
    const WEEK: i64 = 7 * 86_400;
    times
        .iter()
        .map(|t| (t.as_secs() - MONDAY).rem_euclid(WEEK) as f64 / WEEK as f64)
        .map(|share| wave(TAU * share))
        .collect()
}

fn of_day(times: &[Timestamp], wave: fn(f64) -> f64) -> Vec<f64> {
    times.iter().map(|t| wave(TAU * f64::from(t.hour()) / 24.0)).collect()
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free((FAMILY, "hour"), "UTC hour, 0..23", TIME, &[], |_| 0, |c| Ok(hour(c.time()))),
    Indicator::free(
        (FAMILY, "dow_mon0"),
        "weekday in UTC, Monday 0 .. Sunday 6",
        TIME,
        &[],
        |_| 0,
        |c| Ok(weekday(c.time())),
    ),
    Indicator::free(
        (FAMILY, "hour_sin"),
        "sin(2 pi hour / 24)",
        TIME,
        &[],
        |_| 0,
        |c| Ok(of_day(c.time(), f64::sin)),
    ),
    Indicator::free(
        (FAMILY, "hour_cos"),
        "cos(2 pi hour / 24)",
        TIME,
        &[],
        |_| 0,
        |c| Ok(of_day(c.time(), f64::cos)),
    ),
    Indicator::free(
        (FAMILY, "week_sin"),
        "sin(2 pi share of the week since Monday 00:00 UTC)",
        TIME,
        &[],
        |_| 0,
        |c| Ok(of_week(c.time(), f64::sin)),
    ),
    Indicator::free(
        (FAMILY, "week_cos"),
        "cos(2 pi share of the week since Monday 00:00 UTC)",
        TIME,
        &[],
        |_| 0,
        |c| Ok(of_week(c.time(), f64::cos)),
    ),
    Indicator::free(
        (FAMILY, "weekend"),
        "1 on Saturday and Sunday in UTC, else 0",
        TIME,
        &[],
        |_| 0,
        |c| Ok(c.time().iter().map(|t| f64::from(t.weekday_mon0() >= 5)).collect()),
    ),
];
