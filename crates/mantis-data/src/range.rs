//! Stretches of time, and sets of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::{Interval, Timestamp};

/// The instants from `from` up to, but without, `until`; empty if `until <= from`.
///
/// ```
/// use mantis_data::{TimeRange, Timestamp};
///
/// let year = TimeRange::new(Timestamp::parse("2025-01-01")?, Timestamp::parse("2026-01-01")?);
/// assert!(year.contains(Timestamp::parse("2025-12-31T23:59:59Z")?));
/// assert!(!year.contains(year.until));
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct TimeRange {
    /// First instant.
    #[serde(with = "crate::time::text")]
    pub from: Timestamp,
    /// First instant that no longer belongs to it.
    #[serde(with = "crate::time::text")]
    pub until: Timestamp,
}

impl TimeRange {
    /// Everything that bars and series accept.
    pub const ALL: Self = Self { from: Timestamp::MIN, until: Timestamp::MAX };

    /// The range `[from, until)`.
    #[must_use]
    pub const fn new(from: Timestamp, until: Timestamp) -> Self {
        Self { from, until }
    }

    /// Whether no instant is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.until <= self.from
    }

    /// Whether `t` is in it.
    #[must_use]
    pub fn contains(self, t: Timestamp) -> bool {
        self.from <= t && t < self.until
    }

    /// What both have in common.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }

    /// Its length; 0 if it is empty.
    #[must_use]
    pub fn length(self) -> Interval {
        if self.is_empty() { Interval::default() } else { self.until - self.from }
    }

    /// The calendar days (UTC) that it touches, in order.
    #[cfg(feature = "http")]
    pub(crate) fn days(self) -> impl Iterator<Item = Self> {
        let first = self.from.floor_to(Interval::DAY);
        let days = std::iter::successors(Some(first), |&day| day.checked_add(Interval::DAY));
        days.take_while(move |&day| day < self.until).map(|day| Self::new(day, day + Interval::DAY))
    }

    /// The calendar months (UTC) that it touches, in order.
    #[cfg(feature = "http")]
    pub(crate) fn months(self) -> impl Iterator<Item = Self> {
        let month = |start: Timestamp| {
            let next = (start + Interval::days(31)).month_start();
            Self::new(start, next)
        };
        let first = (!self.is_empty()).then(|| month(self.from.month_start()));
        std::iter::successors(first, move |last| {
            (last.until < self.until).then(|| month(last.until))
        })
    }
}

impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.until)
    }
}

/// A set of instants as ranges in order, none empty, none touching the next.
///
/// ```
/// use mantis_data::{RangeSet, TimeRange, Timestamp};
///
/// let day = |d: i64| Timestamp::from_secs(d * 86_400).unwrap();
/// let mut covered = RangeSet::default();
/// covered.add(TimeRange::new(day(0), day(2)));
/// covered.add(TimeRange::new(day(3), day(4)));
/// let missing = covered.missing_in(TimeRange::new(day(0), day(5)));
/// let expected = [TimeRange::new(day(2), day(3)), TimeRange::new(day(4), day(5))];
/// assert_eq!(missing.ranges(), expected);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RangeSet(Vec<TimeRange>);

impl RangeSet {
    /// The ranges in order.
    #[must_use]
    pub fn ranges(&self) -> &[TimeRange] {
        &self.0
    }

    /// Whether it holds no instant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it holds the instant.
    #[must_use]
    pub fn contains(&self, t: Timestamp) -> bool {
        self.0.iter().any(|range| range.contains(t))
    }

    /// Adds the instants of a range.
    pub fn add(&mut self, range: TimeRange) {
        if range.is_empty() {
            return;
        }
        let first = self.0.partition_point(|have| have.until < range.from);
        let last = self.0.partition_point(|have| have.from <= range.until);
        let touched = &self.0[first..last];
        let from = touched.first().map_or(range.from, |have| have.from.min(range.from));
        let until = touched.last().map_or(range.until, |have| have.until.max(range.until));
        self.0.splice(first..last, [TimeRange::new(from, until)]);
    }

    /// The instants of `range` that are not in the set.
    #[must_use]
    pub fn missing_in(&self, range: TimeRange) -> Self {
        let mut missing = Vec::new();
        let mut from = range.from;
        for have in self.0.iter().filter(|have| have.until > range.from) {
            if have.from >= range.until {
                break;
            }
            if have.from > from {
                missing.push(TimeRange::new(from, have.from));
            }
            from = from.max(have.until);
        }
        if from < range.until {
            missing.push(TimeRange::new(from, range.until));
        }
        Self(missing)
    }
}

impl FromIterator<TimeRange> for RangeSet {
    fn from_iter<I: IntoIterator<Item = TimeRange>>(ranges: I) -> Self {
        let mut set = Self::default();
        ranges.into_iter().for_each(|range| set.add(range));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(from: i64, until: i64) -> TimeRange {
        TimeRange::new(Timestamp::from_micros(from), Timestamp::from_micros(until))
    }

    #[test]
    fn months_and_days_cover_the_range() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let range = TimeRange::new(at("2023-11-30T12:00:00Z"), at("2024-03-01"));
        let months: Vec<TimeRange> = range.months().collect();
        assert_eq!(months[0], TimeRange::new(at("2023-11-01"), at("2023-12-01")));
        assert_eq!(months[3], TimeRange::new(at("2024-02-01"), at("2024-03-01")));
        assert_eq!(months.len(), 4);
        let days: Vec<TimeRange> = months[3].days().collect();
        assert_eq!(days.len(), 29);
        assert_eq!(days[28].until, at("2024-03-01"));
        assert_eq!(TimeRange::new(at("2024-01-01"), at("2024-01-01")).months().count(), 0);
        assert_eq!(TimeRange::new(at("2024-01-01"), at("2024-01-01")).days().count(), 0);
    }

    proptest! {
        /// Against the plain definition: a set of small numbers.
        #[test]
        fn a_set_is_the_union_of_its_ranges(
            parts in prop::collection::vec((0_i64..40, 0_i64..12), 0..12),
            window in (0_i64..40, 0_i64..40),
        ) {
            let set: RangeSet = parts.iter().map(|&(from, n)| range(from, from + n)).collect();
            let naive = |t: i64| parts.iter().any(|&(from, n)| from <= t && t < from + n);
            let missing = set.missing_in(range(window.0, window.1));
            for t in 0..60 {
                let time = Timestamp::from_micros(t);
                prop_assert_eq!(set.contains(time), naive(t));
                let inside = window.0 <= t && t < window.1;
                prop_assert_eq!(missing.contains(time), inside && !naive(t));
            }
            for set in [&set, &missing] {
                prop_assert!(set.ranges().iter().all(|r| !r.is_empty()));
                prop_assert!(set.ranges().windows(2).all(|pair| pair[0].until < pair[1].from));
            }
        }
    }
}
