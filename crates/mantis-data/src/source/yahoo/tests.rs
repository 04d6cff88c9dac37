use super::*;

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../../../fixtures/samples/", $name))
    };
}

#[test]
fn a_recorded_chart_is_read() {
    let body = sample!("yahoo_chart_btcusd_1h.json");
    let (rows, notes) = parse_chart("x", body, Interval::HOUR, false).unwrap();
    assert!(notes.is_empty());
    // 31 stamps, the last one of the running hour.
    let value: Value = serde_json::from_slice(body).unwrap();
    let stamps = value.pointer("/chart/result/0/timestamp").unwrap().as_array().unwrap();
    let on_grid = stamps.iter().filter(|t| t.as_i64().unwrap() % 3_600 == 0).count();
    assert!(rows.len() >= on_grid - 1 && rows.len() <= on_grid, "{} of {on_grid}", rows.len());
    assert!(rows.times().iter().all(|t| t.floor_to(Interval::HOUR) == *t));
}

#[test]
fn holes_are_no_bars_and_an_empty_window_is_no_error() {
    let nulls = sample!("yahoo_chart_nulls_trimmed.json");
    let (rows, _) = parse_chart("x", nulls, Interval::minutes(5), false).unwrap();
    // Ten stamps, four of them without prices.
    assert_eq!(rows.len(), 6);
    assert_eq!(rows.column("close").unwrap()[5], 2_893.5);
    let empty = sample!("yahoo_chart_empty_period_200.json");
    assert!(parse_chart("x", empty, Interval::HOUR, false).unwrap().0.is_empty());
}

#[test]
fn digits_of_narrow_floats_are_restored() {
    assert_eq!(short(1.072_961_449_623_108), 1.072_961_4);
    assert_eq!(short(0.1), 0.1);
    assert_eq!(short(2_893.5), 2_893.5);
}

#[test]
fn a_reciprocal_swaps_high_and_low() {
    let body = br#"{"chart":{"result":[{"timestamp":[1735689600],"indicators":{"quote":[{"open":[1.25],"high":[2.0],"low":[1.0],"close":[1.6],"volume":[0]}]}}],"error":null}}"#;
    let (rows, _) = parse_chart("x", body, Interval::HOUR, true).unwrap();
    let value = |name| rows.column(name).unwrap()[0];
    assert_eq!(
        [value("open"), value("high"), value("low"), value("close")],
        [0.8, 1.0, 0.5, 0.625]
    );
}

#[test]
fn contradicting_rows_are_left_out_and_named() {
    let body = br#"{"chart":{"result":[{"timestamp":[1735689600,1735693200],"indicators":{"quote":[{"open":[1.5,1.5],"high":[1.0,2.0],"low":[1.0,1.0],"close":[1.5,1.5],"volume":[0,0]}]}}],"error":null}}"#;
    let (rows, notes) = parse_chart("x", body, Interval::HOUR, false).unwrap();
    assert_eq!(rows.len(), 1);
    assert!(notes[0].contains("left out 1 rows") && notes[0].contains("2025-01-01"), "{notes:?}");
}
