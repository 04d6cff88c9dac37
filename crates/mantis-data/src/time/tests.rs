use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn parses_dates_and_offsets() {
    assert_eq!(at("1970-01-01").as_micros(), 0);
    assert_eq!(at("2025-01-01"), at("2025-01-01T00:00:00Z"));
    assert_eq!(at("2025-01-01 02:00:00+02:00"), at("2025-01-01"));
    assert_eq!(at("2025-01-01T00:00:00.013Z").as_millis(), at("2025-01-01").as_millis() + 13);
}

#[test]
fn refuses_what_it_would_have_to_guess() {
    for text in ["", "today", "2025-13-01", "2025-01-01T00:00:00", "1735689600"] {
        let message = Timestamp::parse(text).unwrap_err().to_string();
        assert!(message.contains(&format!("{text:?}")), "{message}");
        assert!(message.contains("2025-01-01T00:00:00Z"), "{message}");
    }
}

#[test]
fn prints_what_it_parses() {
    for text in ["2025-06-30T23:00:00Z", "2024-02-29T12:34:56.789Z", "1969-12-31T23:59:59.999999Z"]
    {
        assert_eq!(at(text).to_string(), text);
    }
    assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00Z");
    assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T00:00:00Z");
}

#[test]
fn calendar_agrees_with_jiff_on_every_13th_hour_of_four_centuries() {
    let mut t = at("1800-01-01");
    while t < at("2200-01-01") {
        let civil = jiff::Timestamp::from_microsecond(t.as_micros())
            .unwrap()
            .to_zoned(jiff::tz::TimeZone::UTC);
        assert_eq!(t.year(), i32::from(civil.year()), "{t}");
        assert_eq!(t.month(), civil.month() as u32, "{t}");
        assert_eq!(t.hour(), civil.hour() as u32, "{t}");
        assert_eq!(t.weekday_mon0(), civil.weekday().to_monday_zero_offset() as u32, "{t}");
        t = t + Interval::hours(13);
    }
}

#[test]
fn floors_towards_the_past_on_both_sides_of_the_epoch() {
    assert_eq!(Timestamp::from_micros(-1).as_millis(), -1);
    assert_eq!(Timestamp::from_micros(-1).as_secs(), -1);
    assert_eq!(Timestamp::from_micros(-1).floor_to(Interval::HOUR), at("1969-12-31T23:00:00Z"));
    assert_eq!(at("2025-01-01T05:59:59Z").floor_to(Interval::DAY), at("2025-01-01"));
}

#[test]
fn units_that_do_not_fit_give_none() {
    assert_eq!(Timestamp::from_secs(1), Some(Timestamp::from_micros(1_000_000)));
    assert_eq!(Timestamp::from_millis(i64::MAX), None);
    assert_eq!(Timestamp::from_secs(i64::MIN), None);
    assert_eq!(Timestamp::from_micros(i64::MAX).checked_add(Interval::HOUR), None);
}

#[test]
fn extreme_instants_print_without_a_panic() {
    for micros in [i64::MIN, i64::MAX] {
        assert!(!Timestamp::from_micros(micros).to_string().is_empty());
    }
}

#[test]
fn intervals_print_in_their_largest_unit() {
    for (interval, text) in [
        (Interval::hours(48), "2d"),
        (Interval::hours(-6), "-6h"),
        (Interval::minutes(5), "5m"),
        (Interval::from_micros(13_000), "13ms"),
        (Interval::from_micros(0), "0us"),
    ] {
        assert_eq!(interval.to_string(), text);
    }
}

#[test]
fn serialises_as_a_number() {
    let t = at("2025-01-01");
    assert_eq!(serde_json::to_string(&t).unwrap(), "1735689600000000");
    assert_eq!(serde_json::from_str::<Timestamp>("1735689600000000").unwrap(), t);
}
