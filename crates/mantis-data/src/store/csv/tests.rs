use super::*;
use crate::source::synthetic::RandomWalk;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ohlcv.csv");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn bars_of(text: &str) -> Result<Bars> {
    let (_folder, path) = file(text);
    read_bars(&path, "BTC", Interval::HOUR)
}

const ROWS: &str = "2025-01-01 00:00:00,1,3,0.5,2,10\n2025-01-01 01:00:00,2,4,1,3,11\n";

#[test]
fn bars_come_back_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("BTC/ohlcv.csv");
    let bars = RandomWalk::default().bars("BTC", at("2025-01-01"), Interval::HOUR, 500, 1).unwrap();
    write_bars(&path, &bars).unwrap();
    assert_eq!(read_bars(&path, "BTC", Interval::HOUR).unwrap(), bars);
    assert_eq!(read_columns(&path).unwrap(), bars.to_columns());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("timestamp,open,high,low,close,volume\n2025-01-01T00:00:00Z,100,"));
}

#[test]
fn series_come_back_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("funding_rates.csv");
    let stamps = vec![at("2025-01-01T00:00:00.013Z"), at("2025-01-01T08:00:00.000007Z")];
    let series = Series::new("BTC", stamps, vec![1e-5, -0.000_123_456_789]).unwrap();
    for kind in [SeriesKind::FundingRate, SeriesKind::OpenInterest] {
        write_series(&path, kind, &series).unwrap();
        assert_eq!(read_series(&path, "BTC", kind).unwrap(), series);
    }
    assert!(write_series(&path, SeriesKind::TradeCount, &series).is_err());
}

#[test]
fn headers_of_others_are_understood() {
    let expected = bars_of(&format!("timestamp,open,high,low,close,volume\n{ROWS}")).unwrap();
    assert_eq!(expected.open(), [1.0, 2.0]);
    for header in [
        "Open_Time,Open,High,Low,Close,Volume\n",
        ",open,high,low,close,volume\n",
        "\u{feff}datetime, open ,HIGH,low,close,vol\r\n",
        "",
    ] {
        assert_eq!(bars_of(&format!("{header}{ROWS}")).unwrap(), expected, "{header:?}");
    }
    let other = "volume,close,low,high,open,close_time,date\n10,2,0.5,3,1,x,2025-01-01\n\
                 11,3,1,4,2,x,2025-01-01T01:00:00.000Z";
    assert_eq!(bars_of(other).unwrap(), expected);
    let epoch = "1735689600,1,3,0.5,2,10\n1735693200000,2,4,1,3,11\n";
    assert_eq!(bars_of(epoch).unwrap(), expected);
}

#[test]
fn binance_rows_with_and_without_a_header_are_equal() {
    let row = "1594339200000,0.003989,0.003989,0.003340,0.003535,7578204800,1594425599999,27852027.9,168920,3846820083,14160877.3,0";
    let header = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n";
    let (_a, with) = file(&format!("{header}{row}"));
    let (_b, without) = file(row);
    let read = |path: &Path| read_bars(path, "X", Interval::DAY).unwrap();
    assert_eq!(read(&with), read(&without));
    assert_eq!(read(&with).open_time(), [at("2020-07-10")]);
}

#[test]
fn a_bad_row_is_named_by_its_line() {
    let header = "timestamp,open,high,low,close,volume\n";
    for (text, parts) in [
        (
            format!("{header}{ROWS}2025-01-01 02:00:00,x,1,1,1,1\n"),
            &["line 4", "open is \"x\""][..],
        ),
        (format!("{header}\n\n{ROWS}yesterday,1,1,1,1,1\n"), &["line 6", "\"yesterday\""]),
        (format!("{header}{ROWS}2025-01-01 02:00:00,1,1\n"), &["line 4", "3 fields"]),
        (format!("{header}{ROWS}2025-01-01 02:00:00,1,1,1,1,\n"), &["line 4", "volume is \"\""]),
        (format!("{header}{ROWS}2025-01-01 02:00:00,1,1,1,1,nan\n"), &["line 4", "NaN", "volume"]),
        (format!("{header}{ROWS}2025-01-01 01:00:00,1,1,1,1,1\n"), &["line 4", "duplicate"]),
        (format!("{header}{ROWS}2025-01-01 02:00:01,1,1,1,1,1\n"), &["line 4", "misaligned"]),
        (format!("{header}{ROWS}2025-01-01 02:00:00,1,1,2,1,1\n"), &["line 4", "low"]),
        ("time,open,high,close,volume\n".to_owned(), &["line 1", "low is missing"]),
        ("time,open,open,high,low,close,volume\n".to_owned(), &["open is given twice"]),
    ] {
        let message = bars_of(&text).unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
        assert!(message.contains("ohlcv.csv"), "{message}");
    }
}

#[test]
fn times_are_read_in_every_form() {
    let noon = at("2025-06-30T12:00:00Z");
    for text in [
        "2025-06-30 12:00:00",
        "2025-06-30T12:00:00",
        "2025-06-30 12:00:00+00:00",
        "2025-06-30T12:00:00.000000Z",
        "2025-06-30T14:00:00+02:00",
        "1751284800",
        "1751284800000",
        "1751284800000000",
        "1751284800000000000",
    ] {
        assert_eq!(parse_time(text.as_bytes()), Some(noon), "{text}");
    }
    // Never earlier than it was.
    assert_eq!(parse_time(b"2025-06-30 11:59:59.999999001"), Some(noon));
    assert_eq!(parse_time(b"1751284799999999001"), Some(noon));
    for wrong in ["", "2025-02-30", "2025-06-30 24:00:00", "2025-13-01", "20250630T", "-", "12:00"]
    {
        assert_eq!(parse_time(wrong.as_bytes()), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn almost_times_do_not_panic(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]?[0-9:.Z+]{0,16}") {
        if let Some(time) = parse_time(text.as_bytes()) {
            prop_assert!(time >= Timestamp::MIN && time <= Timestamp::MAX);
        }
    }

    #[test]
    fn every_float_survives(values in prop::collection::vec(prop::num::f64::NORMAL, 1..50)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        let stamps = (0..values.len() as i64).map(Timestamp::from_micros).collect();
        let series = Series::new("X", stamps, values).unwrap();
        write_series(&path, SeriesKind::FundingRate, &series).unwrap();
        let back = read_series(&path, "X", SeriesKind::FundingRate).unwrap();
        prop_assert_eq!(back, series);
    }
}
