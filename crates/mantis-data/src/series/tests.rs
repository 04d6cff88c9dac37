use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn stamps(texts: &[&str]) -> Vec<Timestamp> {
    texts.iter().map(|text| at(text)).collect()
}

fn jittered() -> Series {
    let known_at = stamps(&["2025-01-01", "2025-01-01T08:00:00.013Z", "2025-01-01T15:59:59.998Z"]);
    Series::new("BTC", known_at, vec![0.1, 0.2, 0.3]).unwrap()
}

#[test]
fn a_value_is_not_known_before_its_stamp() {
    let series = jittered();
    assert_eq!(series.latest_at(at("2024-12-31")), None);
    assert_eq!(series.latest_at(at("2025-01-01T08:00:00Z")), Some((at("2025-01-01"), 0.1)));
    assert_eq!(series.as_of(at("2025-01-01T08:00:00.012Z")).values(), &[0.1]);
    assert_eq!(series.as_of(at("2025-01-01T08:00:00.013Z")).values(), &[0.1, 0.2]);
}

#[test]
fn broken_rows_are_refused() {
    let two = || stamps(&["2025-01-01", "2025-01-02"]);
    let message = |times, values| Series::new("BTC", times, values).unwrap_err().to_string();
    assert!(message(two(), vec![1.0]).contains("1 values, expected 2"));
    assert!(
        message(two(), vec![1.0, f64::NAN]).contains("row 1 (2025-01-02T00:00:00Z): value is NaN")
    );
    let mut back = two();
    back.reverse();
    assert!(message(back, vec![1.0, 2.0]).contains("out of order"));
    assert!(message(stamps(&["2025-01-01"; 2]), vec![1.0, 2.0]).contains("duplicate"));
}

#[test]
fn settlement_keys_undo_the_jitter_both_ways() {
    let keys = jittered().settlement_keys(Interval::HOUR, Interval::MINUTE).unwrap();
    let hours = ["2025-01-01", "2025-01-01T08:00:00Z", "2025-01-01T16:00:00Z"];
    assert_eq!(keys, stamps(&hours));
}

#[test]
fn settlement_keys_refuse_a_wrong_grid() {
    let tight = Interval::from_micros(5_000);
    let error = jittered().settlement_keys(Interval::HOUR, tight).unwrap_err().to_string();
    assert!(error.contains("13ms off the grid of 1h, expected at most 5ms"), "{error}");
    let error = jittered().settlement_keys(Interval::DAY, Interval::DAY).unwrap_err();
    assert!(matches!(error, Error::Duplicate { row: 1, .. }), "{error}");
    let error = jittered().settlement_keys(Interval::hours(-1), tight).unwrap_err();
    assert!(matches!(error, Error::BadInterval { .. }), "{error}");
}

#[test]
fn kinds_print_as_words() {
    assert_eq!(SeriesKind::FundingRate.to_string(), "funding rate");
    assert_eq!(SeriesKind::OpenInterest.to_string(), "open interest");
}
