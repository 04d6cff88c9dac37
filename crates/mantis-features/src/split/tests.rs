use mantis_data::{Interval, Timestamp};
use proptest::prelude::*;

use super::{Split, SplitDates};
use crate::Error;

fn hour(h: i64) -> Timestamp {
    Timestamp::from_micros(h * Interval::HOUR.as_micros())
}

fn dates(train_end: i64, validation_end: i64, test_end: i64) -> SplitDates {
    SplitDates {
        train_end: hour(train_end),
        validation_end: hour(validation_end),
        test_end: hour(test_end),
    }
}

proptest! {
    #[test]
    fn no_label_resolves_after_the_next_part_starts(
        steps in prop::collection::vec(1i64..4, 60..200),
        horizon in 1i64..6,
        extra in 0i64..8,
        a in 40i64..55,
        b in 0i64..30,
    ) {
        let known: Vec<i64> = steps.iter().scan(0, |t, s| { *t += s; Some(*t) }).collect();
        let known_at: Vec<_> = known.iter().map(|&h| hour(h)).collect();
        let resolves_at: Vec<_> = known.iter().map(|&h| hour(h + horizon)).collect();
        let end = known[known.len() - 1] + 1;
        let dates = dates(a, a + b, end.max(a + b));
        let embargo = Interval::hours(horizon + extra);
        let Ok(split) = Split::by_dates(&known_at, &resolves_at, dates, embargo) else {
            return Ok(());
        };
        for row in split.train.clone() {
            prop_assert!(resolves_at[row] <= dates.train_end);
            prop_assert!(known_at[row] + embargo <= dates.train_end);
        }
        for row in split.validation.clone() {
            prop_assert!(known_at[row] >= dates.train_end);
            prop_assert!(resolves_at[row] <= dates.validation_end);
        }
        for row in split.test.clone() {
            prop_assert!(known_at[row] >= dates.validation_end && known_at[row] < dates.test_end);
        }
        let dropped = |d: super::Dropped| d.purged + d.embargoed;
        let counted = split.train.len() + dropped(split.train_dropped) + split.validation.len()
            + dropped(split.validation_dropped) + split.test.len();
        prop_assert_eq!(counted, known_at.partition_point(|&k| k < dates.test_end));
        prop_assert!(split.train.end <= split.validation.start);
        prop_assert!(split.validation.end <= split.test.start);
    }
}

#[test]
fn purged_and_embargoed_rows_are_counted_apart() {
    let known_at: Vec<_> = (0..50).map(hour).collect();
    let resolves_at: Vec<_> = (3..53).map(hour).collect();
    let split =
        Split::by_dates(&known_at, &resolves_at, dates(20, 30, 50), Interval::hours(5)).unwrap();
    assert_eq!(split.train, 0..16);
    assert_eq!((split.train_dropped.purged, split.train_dropped.embargoed), (2, 2));
    assert_eq!(split.clone().train_from(10).unwrap().train, 10..16);
    assert!(matches!(split.train_from(16), Err(Error::EmptyPart { part: "training", .. })));
}

#[test]
fn bad_input_is_refused() {
    let known_at: Vec<_> = (0..50).map(hour).collect();
    let resolves_at: Vec<_> = (3..53).map(hour).collect();
    let by = |known: &[Timestamp], d: SplitDates, e: i64| {
        Split::by_dates(known, &resolves_at, d, Interval::hours(e)).unwrap_err()
    };
    let good = dates(20, 30, 50);
    assert!(matches!(by(&known_at, good, 2), Error::Embargo { .. }));
    assert!(matches!(by(&known_at[1..], good, 3), Error::Length { .. }));
    assert!(matches!(by(&known_at, dates(30, 20, 50), 3), Error::SplitOrder { .. }));
    assert!(matches!(by(&known_at, dates(20, 30, 25), 3), Error::SplitOrder { .. }));
    assert!(matches!(by(&known_at, dates(60, 70, 80), 3), Error::EmptyPart { .. }));
    let mut disordered = known_at.clone();
    disordered.swap(4, 5);
    assert!(matches!(by(&disordered, good, 3), Error::NotRising { row: 5, .. }));
}
