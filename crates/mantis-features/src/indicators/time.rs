//! Time: where a bar's open lies in the UTC day and week.
//!
//! All values are of the bar's **open** time, which is known long before its close.

use std::f64::consts::TAU;

use crate::registry::{Family, Indicator, Input};

const FAMILY: Family = Family::Time;
const TIME: &[Input] = &[Input::Time];

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
const WEEK: i64 = 604_800;
/// 1970-01-01 was a Thursday.
const MONDAY: i64 = 4 * DAY;

fn hour(t: f64) -> f64 {
    ((t as i64).rem_euclid(DAY) / HOUR) as f64
}

fn weekday(t: f64) -> f64 {
    ((t as i64 - MONDAY).rem_euclid(WEEK) / DAY) as f64
}

/// Share of a period, counted from `start`, that has passed.
fn share(t: f64, start: i64, period: i64) -> f64 {
    (t as i64 - start).rem_euclid(period) as f64 / period as f64
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "hour"),
        "UTC hour, 0..23",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| hour(t))
        },
    ),
    Indicator::free(
        (FAMILY, "dow_mon0"),
        "weekday in UTC, Monday 0 .. Sunday 6",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| weekday(t))
        },
    ),
    Indicator::free(
        (FAMILY, "hour_sin"),
        "sin(2 pi hour / 24)",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * hour(t) / 24.0).sin())
        },
    ),
    Indicator::free(
        (FAMILY, "hour_cos"),
        "cos(2 pi hour / 24)",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * hour(t) / 24.0).cos())
        },
    ),
    Indicator::free(
        (FAMILY, "halfday_sin"),
        "sin(2 pi hour / 12)",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * hour(t) / 12.0).sin())
        },
    ),
    Indicator::free(
        (FAMILY, "halfday_cos"),
        "cos(2 pi hour / 12)",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * hour(t) / 12.0).cos())
        },
    ),
    Indicator::free(
        (FAMILY, "week_sin"),
        "sin(2 pi share of the week since Monday 00:00 UTC)",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * share(t, MONDAY, WEEK)).sin())
        },
    ),
    Indicator::free(
        (FAMILY, "week_cos"),
        "cos(2 pi share of the week since Monday 00:00 UTC)",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| (TAU * share(t, MONDAY, WEEK)).cos())
        },
    ),
    Indicator::free(
        (FAMILY, "weekend"),
        "1 on Saturday and Sunday in UTC, else 0",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| f64::from(u8::from(weekday(t) >= 5.0)))
        },
    ),
    Indicator::free(
        (FAMILY, "funding_phase"),
        "share of the 8 h funding period (00, 08, 16 h UTC) that has passed at the bar's open, 0..1",
        TIME,
        &[],
        |_| 0,
        |b| {
            let t = b.time();
            b.map([t], |[t]| share(t, 0, 8 * HOUR))
        },
    ),
];
