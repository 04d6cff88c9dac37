use super::*;
use proptest::prelude::*;

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../../../../fixtures/samples/", $name))
    };
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn microseconds_without_a_header() {
    let rows =
        parse_klines("x", sample!("binance_spot_kline_us_noheader.csv"), Interval::HOUR).unwrap();
    assert_eq!(rows.times(), [at("2025-01-01")]);
    let value = |name| rows.column(name).unwrap()[0];
    assert_eq!((value("open"), value("high"), value("volume")), (4.1507, 4.1587, 539.23));
    assert_eq!((value("quote_volume"), value("trades")), (2_240.398_609, 13.0));
    assert_eq!(
        (value("taker_buy_volume"), value("taker_buy_quote_volume")),
        (401.82, 1_669.981_213)
    );
    assert_eq!(value("close_time"), 1_735_693_199_999_000.0);
}

#[test]
fn milliseconds_with_and_without_a_header_are_equal() {
    let with = parse_klines("x", sample!("binance_um_kline_header_ms.csv"), Interval::DAY).unwrap();
    let without =
        parse_klines("x", sample!("binance_um_kline_noheader_ms.csv"), Interval::DAY).unwrap();
    assert_eq!(with.times(), [at("2020-07-10")]);
    assert_eq!(with.times(), without.times());
    assert_eq!(with.column("trades"), without.column("trades"));
    assert_eq!(with.column("trades"), Some(&[168_920.0][..]));
}

#[test]
fn funding_and_metrics() {
    let rows = parse_funding("x", sample!("binance_um_fundingRate.csv")).unwrap();
    assert_eq!(rows.times(), [at("2024-01-01"), at("2024-01-01T08:00:00Z")]);
    assert_eq!(rows.column("funding_rate"), Some(&[0.000_374_09, 0.000_272_13][..]));
    let rows = parse_metrics("x", sample!("binance_um_metrics_trimmed.csv")).unwrap();
    assert_eq!(rows.times()[2], at("2024-04-06T00:00:02Z"));
    assert_eq!(rows.column("open_interest").unwrap()[0], 78_432.716);
    assert_eq!(rows.column("taker_volume_ratio").unwrap()[2], 0.306_517);
    let rows = parse_metrics("x", sample!("binance_um_metrics_blank_cells_shape.csv")).unwrap();
    assert!(rows.column("account_ratio").unwrap()[0].is_nan());
    assert_eq!(rows.column("open_interest").unwrap(), [100.0]);
}

#[test]
fn metrics_come_in_any_order_and_are_sorted() {
    let text = "2024-04-05 00:10:00,X,2,2,,,,\n2024-04-05 00:05:00,X,1,1,,,,\n2024-04-05 00:05:00,X,1,1,,,,\n";
    let rows = parse_metrics("x", text.as_bytes()).unwrap();
    assert_eq!(rows.column("open_interest").unwrap(), [1.0, 2.0]);
    let differing = text
        .replace("X,1,1,,,,\n2024-04-05 00:05:00,X,1,1", "X,1,1,,,,\n2024-04-05 00:05:00,X,1,7");
    assert!(parse_metrics("x", differing.as_bytes()).is_err());
}

#[test]
fn a_broken_line_is_named() {
    let good = "1735689600000,1,2,0.5,1.5,10,1735693199999,15,3,5,7,0\n";
    let read = |text: String| {
        parse_klines("a.zip", text.as_bytes(), Interval::HOUR).unwrap_err().to_string()
    };
    for (text, part) in [
        (format!("{good}1735693200000,1,2\n"), "line 2: expected 12 columns"),
        (format!("{good}x,1,2,0.5,1.5,10,1735693199999,15,3,5,7,0\n"), "line 2: open_time"),
        (good.replace("0.5", "abc"), "line 1: column 4"),
        (format!("{good}{good}"), "duplicate"),
        (good.replace(",2,", ",0.1,"), "low <= high"),
        (good.replace(",10,", ",-1,"), "volume"),
        // A header has no numbers: this is a broken row, not one to pass over.
        (good.replace("1735689600000", "173568960000x"), "line 1: open_time"),
    ] {
        let message = read(text);
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

proptest! {
    #[test]
    fn almost_rows_do_not_panic(text in "([0-9eE.,+-]{0,60}\n){0,6}") {
        let _ = parse_klines("x", text.as_bytes(), Interval::HOUR);
        let _ = parse_funding("x", text.as_bytes());
        let _ = parse_metrics("x", text.as_bytes());
    }
}
