//! Instants and lengths of time on one UTC clock, in whole microseconds.
//!
//! Venues stamp their files in seconds, milliseconds or microseconds, and some
//! changed from one to another over the years. Every constructor here names its
//! unit, so that a number never changes meaning on the way in.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// An instant: microseconds since 1970-01-01T00:00:00 UTC, without leap seconds.
///
/// Serialises as the plain number of microseconds and prints as RFC 3339.
///
/// ```
/// use mantis_data::{Interval, Timestamp};
///
/// let t = Timestamp::parse("2025-06-30T23:15:00Z")?;
/// assert_eq!(t.floor_to(Interval::HOUR).to_string(), "2025-06-30T23:00:00Z");
/// assert_eq!((t.hour(), t.weekday_mon0(), t.month()), (23, 0, 6));
/// assert_eq!(t + Interval::HOUR - t, Interval::HOUR);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant that bars and series accept, 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-719_162 * MICROS_PER_DAY);
    /// The last instant that bars and series accept, 9999-12-31T00:00:00Z.
    pub const MAX: Self = Self(2_932_896 * MICROS_PER_DAY);

    /// From microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From milliseconds since the epoch; `None` if the instant does not fit.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Option<Self> {
        match millis.checked_mul(1_000) {
            Some(micros) => Some(Self(micros)),
            None => None,
        }
    }

    /// From seconds since the epoch; `None` if the instant does not fit.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Option<Self> {
        match secs.checked_mul(MICROS_PER_SECOND) {
            Some(micros) => Some(Self(micros)),
            None => None,
        }
    }

    /// From a date (`2025-01-01`, its midnight UTC) or an RFC 3339 date and time
    /// with an offset (`2025-01-01T00:00:00Z`, a space may stand for the `T`).
    ///
    /// # Errors
    /// [`Error::BadTime`] for anything else. A time without an offset is refused,
    /// because its zone would be a guess.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |reason: jiff::Error| Error::BadTime { text: text.to_owned(), reason };
        let instant = if text.len() == "2025-01-01".len() {
            let date: jiff::civil::Date = text.parse().map_err(bad)?;
            date.to_zoned(jiff::tz::TimeZone::UTC).map_err(bad)?.timestamp()
        } else {
            text.parse().map_err(bad)?
        };
        Ok(Self(instant.as_microsecond()))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the epoch, rounded towards the past.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Whole seconds since the epoch, rounded towards the past.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// The last multiple of `step` (counted from the epoch) that is not after `self`.
    ///
    /// # Panics
    /// If `step` is not positive.
    #[must_use]
    pub fn floor_to(self, step: Interval) -> Self {
        assert!(step.0 > 0, "floor_to: the step must be positive, got {step}");
        Self(self.0 - self.0.rem_euclid(step.0))
    }

    /// Hour of the day in UTC, 0 to 23.
    #[must_use]
    pub fn hour(self) -> u32 {
        (self.micros_of_day() / (3_600 * MICROS_PER_SECOND)) as u32
    }

    /// Day of the week in UTC, Monday = 0 to Sunday = 6.
    #[must_use]
    pub fn weekday_mon0(self) -> u32 {
        // 1970-01-01 was a Thursday.
        (self.days() + 3).rem_euclid(7) as u32
    }

    /// Calendar year in UTC.
    #[must_use]
    pub fn year(self) -> i32 {
        self.civil().0
    }

    /// Calendar month in UTC, 1 to 12.
    #[must_use]
    pub fn month(self) -> u32 {
        self.civil().1
    }

    /// Midnight of the first day of the month.
    #[must_use]
    #[cfg(feature = "http")]
    pub(crate) fn month_start(self) -> Self {
        let (_, _, day) = self.civil();
        self.floor_to(Interval::DAY) - Interval::days(i64::from(day) - 1)
    }

    /// Year, month and day as in the names of files: `2025-06-30`.
    #[must_use]
    #[cfg(feature = "http")]
    pub(crate) fn date(self) -> String {
        let (year, month, day) = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Midnight of a day of the calendar.
    pub(crate) fn from_date(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        let cycles = i64::from(year - i32::from(month <= 2));
        let from_march = i64::from((month + 9) % 12);
        let of_year = (153 * from_march + 2) / 5 + i64::from(day) - 1;
        let days = cycles * 365 + cycles.div_euclid(4) - cycles.div_euclid(100)
            + cycles.div_euclid(400)
            + of_year
            - 719_468;
        let date = Self(days * MICROS_PER_DAY);
        // A day that the month does not have ends up in the next one.
        (date.month() == month).then_some(date)
    }

    /// `self + interval`, or `None` if the sum does not fit.
    #[must_use]
    pub const fn checked_add(self, interval: Interval) -> Option<Self> {
        match self.0.checked_add(interval.0) {
            Some(micros) => Some(Self(micros)),
            None => None,
        }
    }

    fn days(self) -> i64 {
        self.0.div_euclid(MICROS_PER_DAY)
    }

    fn micros_of_day(self) -> i64 {
        self.0.rem_euclid(MICROS_PER_DAY)
    }

    /// Year, month and day of the proleptic Gregorian calendar.
    ///
    /// Years are counted from 1 March, which puts the leap day at the end of the
    /// year, in cycles of 400 years (146,097 days).
    fn civil(self) -> (i32, u32, u32) {
        let days = self.days() + 719_468;
        let cycle = days.div_euclid(146_097);
        let day_of_cycle = days.rem_euclid(146_097);
        let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524
            - day_of_cycle / 146_096)
            / 365;
        let day_of_year =
            day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
        (year as i32, month as u32, day as u32)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        let secs = self.micros_of_day() / MICROS_PER_SECOND;
        let (h, m, s) = (secs / 3_600, secs / 60 % 60, secs % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}")?;
        match self.0.rem_euclid(MICROS_PER_SECOND) {
            0 => {}
            micros if micros % 1_000 == 0 => write!(f, ".{:03}", micros / 1_000)?,
            micros => write!(f, ".{micros:06}")?,
        }
        f.write_str("Z")
    }
}

/// Panics when the sum leaves the range of an `i64` of microseconds, like the
/// addition of two numbers would; see [`Timestamp::checked_add`].
impl Add<Interval> for Timestamp {
    type Output = Self;
    fn add(self, interval: Interval) -> Self {
        Self(self.0 + interval.0)
    }
}

impl Sub<Interval> for Timestamp {
    type Output = Self;
    fn sub(self, interval: Interval) -> Self {
        Self(self.0 - interval.0)
    }
}

impl Sub for Timestamp {
    type Output = Interval;
    fn sub(self, earlier: Self) -> Interval {
        Interval(self.0 - earlier.0)
    }
}

/// A length of time in microseconds; a difference may be negative.
///
/// ```
/// use mantis_data::Interval;
///
/// assert_eq!(Interval::hours(24), Interval::DAY);
/// assert_eq!(Interval::minutes(90).as_hours_f64(), 1.5);
/// assert_eq!(Interval::HOUR.to_string(), "1h");
/// ```
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Interval(i64);

impl Interval {
    /// One minute.
    pub const MINUTE: Self = Self(60 * MICROS_PER_SECOND);
    /// One hour.
    pub const HOUR: Self = Self(3_600 * MICROS_PER_SECOND);
    /// One day of 24 hours.
    pub const DAY: Self = Self(MICROS_PER_DAY);

    /// From microseconds.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From minutes. Panics if the length does not fit (292,000 years).
    #[must_use]
    pub const fn minutes(n: i64) -> Self {
        Self(n * Self::MINUTE.0)
    }

    /// From hours. Panics if the length does not fit (292,000 years).
    #[must_use]
    pub const fn hours(n: i64) -> Self {
        Self(n * Self::HOUR.0)
    }

    /// From days of 24 hours. Panics if the length does not fit (292,000 years).
    #[must_use]
    pub const fn days(n: i64) -> Self {
        Self(n * Self::DAY.0)
    }

    /// The length in microseconds.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The length in hours, with fractions.
    #[must_use]
    pub fn as_hours_f64(self) -> f64 {
        self.0 as f64 / Self::HOUR.0 as f64
    }
}

/// The largest unit that divides the length: `2d`, `6h`, `5m`, `30s`, `13ms` or `7us`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            (Self::DAY.0, "d"),
            (Self::HOUR.0, "h"),
            (Self::MINUTE.0, "m"),
            (MICROS_PER_SECOND, "s"),
            (1_000, "ms"),
        ];
        for (size, unit) in units {
            if self.0 % size == 0 && self.0 != 0 {
                return write!(f, "{}{unit}", self.0 / size);
            }
        }
        write!(f, "{}us", self.0)
    }
}

/// `1m`, `5m`, `1h`, `8h`, `1d`: a whole number and a unit (`s`, `m`, `h` or `d`).
impl std::str::FromStr for Interval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let units = [
            ("d", Self::DAY),
            ("h", Self::HOUR),
            ("m", Self::MINUTE),
            ("s", Self(MICROS_PER_SECOND)),
        ];
        let parsed = units.into_iter().find_map(|(name, unit)| {
            let number = text.strip_suffix(name)?;
            let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            let number: i64 = digits.then(|| number.parse().ok())??;
            unit.0.checked_mul(number).filter(|&length| length > 0).map(Self)
        });
        parsed.ok_or_else(|| Error::IntervalText { text: text.to_owned() })
    }
}

/// Instants as RFC 3339 text, for files that people read.
pub(crate) mod text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::Timestamp;

    pub(crate) fn serialize<S: Serializer>(t: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(t)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        Timestamp::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
