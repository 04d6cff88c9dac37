use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn three() -> BarColumns {
    BarColumns {
        open_time: ["00", "01", "04"].map(|h| at(&format!("2025-01-01T{h}:00:00Z"))).to_vec(),
        open: vec![10.0, 11.0, 12.0],
        high: vec![12.0, 12.0, 13.0],
        low: vec![9.0, 10.0, 11.0],
        close: vec![11.0, 12.0, 11.5],
        volume: vec![1.0, 0.0, 2.0],
    }
}

/// The message of the error that a change to three good bars gives.
fn refused(change: impl FnOnce(&mut BarColumns)) -> String {
    let mut columns = three();
    change(&mut columns);
    Bars::new("BTC", Interval::HOUR, columns).unwrap_err().to_string()
}

fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

#[test]
fn keeps_rows_and_gaps_as_they_are() {
    let bars = Bars::new("BTC", Interval::HOUR, three()).unwrap();
    assert_eq!((bars.name(), bars.interval(), bars.len()), ("BTC", Interval::HOUR, 3));
    assert_eq!(bars.to_columns(), three());
    assert_eq!(bars.known_at(2), at("2025-01-01T05:00:00Z"));
    assert_eq!(bars.position(at("2025-01-01T04:00:00Z")), Some(2));
    assert_eq!(bars.position(at("2025-01-01T02:00:00Z")), None);
}

#[test]
fn no_bars_are_fine() {
    let bars = Bars::new("BTC", Interval::HOUR, BarColumns::default()).unwrap();
    assert!(bars.is_empty());
    assert!(bars.as_of(Timestamp::MAX).is_empty());
}

#[test]
fn each_broken_rule_has_its_message() {
    says(
        &refused(|c| c.open_time.swap(0, 1)),
        &["BTC", "row 1", "2025-01-01T00:00:00Z", "out of order", "2025-01-01T01:00:00Z", "sort"],
    );
    says(&refused(|c| c.open_time[1] = c.open_time[0]), &["row 1", "duplicate", "keep one"]);
    says(
        &refused(|c| c.open_time[1] = c.open_time[1] + Interval::MINUTE),
        &["row 1", "2025-01-01T01:01:00Z", "misaligned", "multiple of 1h"],
    );
    says(&refused(|c| c.open[2] = f64::NAN), &["row 2", "T04:00", "open is NaN", "finite"]);
    says(&refused(|c| c.volume[0] = f64::INFINITY), &["row 0", "volume is inf"]);
    says(&refused(|c| c.high[1] = 9.5), &["row 1", "low <= high", "10 > 9.5"]);
    says(&refused(|c| c.low[0] = 10.5), &["low <= open", "10.5 > 10"]);
    says(&refused(|c| c.low[2] = 11.75), &["low <= close", "11.75 > 11.5"]);
    says(&refused(|c| c.open[1] = 12.5), &["open <= high", "12.5 > 12"]);
    says(&refused(|c| c.close[1] = 12.5), &["close <= high", "12.5 > 12"]);
    says(&refused(|c| c.volume[1] = -1.0), &["row 1", "volume is -1", "at least 0"]);
    says(&refused(|c| c.close.truncate(2)), &["column close has 2 values", "expected 3"]);
    says(
        &refused(|c| c.open_time[2] = Timestamp::from_micros(i64::MAX)),
        &["row 2", "years 1 to 9999", "unit"],
    );
}

#[test]
fn interval_must_be_positive() {
    let error = Bars::new("BTC", Interval::hours(0), three()).unwrap_err();
    assert!(matches!(error, Error::BadInterval { .. }), "{error}");
}

#[test]
fn as_of_waits_for_the_close() {
    let bars = Bars::new("BTC", Interval::HOUR, three()).unwrap();
    for (time, known) in [
        ("2024-12-31", 0),
        ("2025-01-01T00:59:59.999999Z", 0),
        ("2025-01-01T01:00:00Z", 1),
        ("2025-01-01T04:59:59Z", 2),
        ("2025-01-01T05:00:00Z", 3),
    ] {
        assert_eq!(bars.as_of(at(time)).len(), known, "{time}");
    }
}

#[test]
fn cuts_of_cuts_are_cuts() {
    let bars = Bars::new("BTC", Interval::HOUR, three()).unwrap();
    let tail = bars.between(at("2025-01-01T00:30:00Z"), at("2025-01-02"));
    assert_eq!(tail.open(), &[11.0, 12.0]);
    let middle = tail.as_of(at("2025-01-01T04:00:00Z"));
    assert_eq!(middle.close(), &[12.0]);
    assert_eq!(middle.position(at("2025-01-01T01:00:00Z")), Some(0));
    assert!(bars.between(at("2025-01-02"), at("2025-01-01")).is_empty());
    assert_eq!(Bars::new("BTC", Interval::HOUR, middle.to_columns()).unwrap(), middle);
}
