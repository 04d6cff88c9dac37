//! Time: where a bar's open lies in the UTC day and week.
//!
//! All values are of the bar's **open** time, which is known long before its close.

mod funding_phase;
mod halfday;
mod hour;
mod week;
mod weekday;

use crate::registry::{Family, Indicator};

const FAMILY: Family = Family::Time;

const HOUR: i64 = 3_600;

const DAY: i64 = 86_400;

const WEEK: i64 = 604_800;

/// 1970-01-01 was a Thursday.
const MONDAY: i64 = 4 * DAY;

fn hour(t: f64) -> f64 {
    ((t as i64).rem_euclid(DAY) / HOUR) as f64
}

/// Share of a period, counted from `start`, that has passed.
fn share(t: f64, start: i64, period: i64) -> f64 {
    (t as i64 - start).rem_euclid(period) as f64 / period as f64
}

pub(crate) const TABLES: &[&[Indicator]] =
    &[hour::TABLE, halfday::TABLE, weekday::TABLE, week::TABLE, funding_phase::TABLE];
