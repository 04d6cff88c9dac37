//! What the Parquet store keeps, and what it refuses.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float32Array, Float64Array, Int64Array, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow::record_batch::RecordBatch;
use mantis_data::Timestamp;
use mantis_data::source::synthetic::RandomWalk;
use mantis_data::store::StoreError;
use mantis_data::store::parquet::{read_bars, read_columns, read_series, write_bars, write_series};
use mantis_data::{Bars, Check, Error, FolderStore, Interval, QualityReport, Series, SeriesKind};
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

/// 2025-01-01T00:00:00Z in seconds.
const START: i64 = 1_735_689_600;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn walk(symbol: &str, n: usize) -> Bars {
    RandomWalk::default().bars(symbol, at("2025-01-01"), Interval::HOUR, n, 1).unwrap()
}

/// The columns of four good hourly bars as Arrow arrays.
fn columns() -> Vec<(&'static str, ArrayRef)> {
    let floats = |values: [f64; 4]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    let stamps: Vec<i64> = (0..4).map(|hour| (START + hour * 3_600) * 1_000).collect();
    vec![
        ("timestamp", Arc::new(TimestampMillisecondArray::from(stamps).with_timezone("UTC"))),
        ("open", floats([10.0, 11.0, 12.0, 13.0])),
        ("high", floats([12.0, 13.0, 14.0, 15.0])),
        ("low", floats([9.0, 10.0, 11.0, 12.0])),
        ("close", floats([11.0, 12.0, 13.0, 14.0])),
        ("volume", floats([1.0, 0.0, 2.0, 3.0])),
    ]
}

fn write_arrow(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// A file of four good bars with one column replaced.
fn with_column(folder: &TempDir, name: &str, array: ArrayRef) -> PathBuf {
    let path = folder.path().join("ohlcv.parquet");
    let mut columns = columns();
    columns.iter_mut().find(|(column, _)| *column == name).unwrap().1 = array;
    write_arrow(&path, columns);
    path
}

fn with_floats(folder: &TempDir, name: &str, values: [f64; 4]) -> PathBuf {
    with_column(folder, name, Arc::new(Float64Array::from(values.to_vec())))
}

fn with_hours(folder: &TempDir, hours: [f64; 4]) -> PathBuf {
    let millis = hours.map(|hour| START * 1_000 + (hour * 3_600_000.0) as i64);
    let array = TimestampMillisecondArray::from(millis.to_vec()).with_timezone("UTC");
    with_column(folder, "timestamp", Arc::new(array))
}

/// Reading must fail with a message that has the path and all parts.
fn refused(path: &Path, parts: &[&str]) {
    let message = read_bars(path, "BTC", Interval::HOUR).unwrap_err().to_string();
    assert!(message.starts_with(&path.display().to_string()), "{message}");
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
    assert!(!message.contains('\n'), "{message:?}");
}

#[test]
fn bars_come_back_bit_by_bit() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new/BTCUSDT/ohlcv.parquet");
    let bars = walk("BTCUSDT", 500);
    write_bars(&path, &bars).unwrap();
    assert_eq!(read_bars(&path, "BTCUSDT", Interval::HOUR).unwrap(), bars);
    assert_eq!(read_columns(&path).unwrap(), bars.to_columns());
}

#[test]
fn few_bars_with_gaps_come_back_too() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ohlcv.parquet");
    let all = walk("BTC", 40).to_columns();
    for n in [0, 1, 2] {
        let keep = |values: &[f64]| values.iter().copied().step_by(17).take(n).collect();
        let columns = mantis_data::BarColumns {
            open_time: all.open_time.iter().copied().step_by(17).take(n).collect(),
            open: keep(&all.open),
            high: keep(&all.high),
            low: keep(&all.low),
            close: keep(&all.close),
            volume: keep(&all.volume),
        };
        let bars = Bars::new("BTC", Interval::HOUR, columns).unwrap();
        write_bars(&path, &bars).unwrap();
        assert_eq!(read_bars(&path, "BTC", Interval::HOUR).unwrap(), bars);
    }
}

#[test]
fn series_keep_their_jitter() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("funding_rates.parquet");
    for stamps in [
        ["2025-01-01T00:00:00.013Z", "2025-01-01T08:00:00Z"],
        ["2025-01-01T00:00:00.000007Z", "2025-01-01T08:00:00Z"],
    ] {
        let series = Series::new("BTC", stamps.map(at).to_vec(), vec![1e-4, -0.0]).unwrap();
        write_series(&path, SeriesKind::FundingRate, &series).unwrap();
        assert_eq!(read_series(&path, "BTC", SeriesKind::FundingRate).unwrap(), series);
        let other = read_series(&path, "BTC", SeriesKind::OpenInterest).unwrap_err().to_string();
        assert!(other.contains("column open_interest is missing"), "{other}");
    }
}

#[test]
fn every_stamp_unit_gives_the_same_time() {
    let folder = TempDir::new().unwrap();
    let stamps = |scale: i64| (0..4).map(|h| (START + h * 3_600) * scale).collect::<Vec<_>>();
    let arrays: [ArrayRef; 5] = [
        Arc::new(TimestampSecondArray::from(stamps(1)).with_timezone("UTC")),
        Arc::new(TimestampMillisecondArray::from(stamps(1_000))),
        Arc::new(TimestampMillisecondArray::from(stamps(1_000)).with_timezone("+02:00")),
        Arc::new(TimestampMicrosecondArray::from(stamps(1_000_000)).with_timezone("UTC")),
        Arc::new(TimestampNanosecondArray::from(stamps(1_000_000_000)).with_timezone("UTC")),
    ];
    for array in arrays {
        let path = with_column(&folder, "timestamp", array);
        let bars = read_bars(&path, "BTC", Interval::HOUR).unwrap();
        assert_eq!(bars.open_time()[3], at("2025-01-01T03:00:00Z"));
    }
}

#[test]
fn nanoseconds_are_rounded_up() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("funding_rates.parquet");
    let stamps = TimestampNanosecondArray::from(vec![START * 1_000_000_000 + 1]);
    let rate: ArrayRef = Arc::new(Float64Array::from(vec![1e-4]));
    write_arrow(&path, vec![("timestamp", Arc::new(stamps)), ("funding_rate", rate)]);
    let series = read_series(&path, "BTC", SeriesKind::FundingRate).unwrap();
    assert_eq!(series.known_at(), &[at("2025-01-01T00:00:00.000001Z")]);
}

#[test]
fn a_missing_file_or_folder_is_named() {
    let folder = TempDir::new().unwrap();
    refused(&folder.path().join("none.parquet"), &["no such file", "check the root", "fetch"]);
    let error = FolderStore::open(folder.path().join("none")).unwrap_err().to_string();
    assert!(error.contains("none: no such folder"), "{error}");
}

#[test]
fn truncated_and_damaged_files_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ohlcv.parquet");
    write_bars(&path, &walk("BTC", 300)).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in [0, 3, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        refused(&path, &["not a readable Parquet file", "fetch it again"]);
    }
    fs::write(&path, b"time,open\n1,2\n").unwrap();
    refused(&path, &["not a readable Parquet file"]);
    let mut damaged = whole.clone();
    damaged[60..400].fill(0x5a);
    fs::write(&path, damaged).unwrap();
    refused(&path, &["not a readable Parquet file"]);
}

#[test]
fn missing_columns_and_wrong_types_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ohlcv.parquet");
    let without = columns().into_iter().filter(|(name, _)| *name != "close").collect();
    write_arrow(&path, without);
    refused(&path, &["column close is missing", "found timestamp, open, high, low, volume"]);
    let path = with_column(&folder, "low", Arc::new(Float32Array::from(vec![1.0; 4])));
    refused(&path, &["column low has type Float32", "expected Float64"]);
    let path = with_column(&folder, "timestamp", Arc::new(Int64Array::from(vec![1; 4])));
    refused(&path, &["column timestamp has type Int64", "expected a timestamp"]);
}

#[test]
fn nulls_are_refused() {
    let folder = TempDir::new().unwrap();
    let floats = Float64Array::from(vec![Some(1.0), None, Some(1.0), Some(1.0)]);
    let path = with_column(&folder, "volume", Arc::new(floats));
    refused(&path, &["row 1 (2025-01-01T01:00:00Z): volume is null", "leave a missing row out"]);
    let stamps = TimestampMillisecondArray::from(vec![Some(START * 1_000), None, None, None]);
    let path = with_column(&folder, "timestamp", Arc::new(stamps));
    refused(&path, &["row 1 (time unknown): timestamp is null"]);
}

#[test]
fn broken_rows_are_refused_with_row_and_time() {
    let folder = TempDir::new().unwrap();
    let when = "row 2 (2025-01-01T";
    let path = with_hours(&folder, [0.0, 2.0, 1.0, 3.0]);
    refused(&path, &[when, "out of order", "after 2025-01-01T02:00:00Z", "sort"]);
    refused(&with_hours(&folder, [0.0, 1.0, 1.0, 2.0]), &[when, "duplicate", "keep one"]);
    refused(&with_hours(&folder, [0.0, 1.0, 1.5, 2.0]), &[when, "misaligned", "multiple of 1h"]);
    let path = with_floats(&folder, "open", [10.0, 11.0, f64::NAN, 13.0]);
    refused(&path, &[when, "open is NaN", "finite number"]);
    let path = with_floats(&folder, "high", [12.0, 13.0, 10.5, 15.0]);
    refused(&path, &[when, "expected low <= high, got 11 > 10.5", "drop or repair"]);
}

#[test]
fn the_unchecked_rows_of_a_refused_file_can_be_reported() {
    let folder = TempDir::new().unwrap();
    let path = with_hours(&folder, [0.0, 1.0, 1.0, 5.0]);
    let report = QualityReport::of_columns(&read_columns(&path).unwrap(), Interval::HOUR).unwrap();
    assert_eq!((report.count(Check::Duplicate), report.missing_bars()), (1, 3));
}

#[test]
fn stamps_in_the_wrong_unit_are_refused() {
    let folder = TempDir::new().unwrap();
    let micros: Vec<i64> = (0..4).map(|h| (START + h * 3_600) * 1_000_000).collect();
    let path = with_column(&folder, "timestamp", Arc::new(TimestampMillisecondArray::from(micros)));
    refused(&path, &["row 0", "outside the years 1 to 9999", "unit"]);
    let path = with_column(
        &folder,
        "timestamp",
        Arc::new(TimestampMillisecondArray::from(vec![i64::MAX - 3, 1, 2, 3])),
    );
    refused(&path, &["row 0", "9223372036854775804 ms is out of range"]);
}

#[test]
fn another_interval_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ohlcv.parquet");
    write_arrow(&path, columns());
    for (asked, got) in
        [(Interval::MINUTE, "holds bars of 1h, expected 1m"), (Interval::DAY, "misaligned")]
    {
        let error = read_bars(&path, "BTC", asked).unwrap_err().to_string();
        assert!(error.contains(got), "{error}");
    }
    write_bars(&path, &walk("BTC", 1)).unwrap();
    let error = read_bars(&path, "BTC", Interval::MINUTE).unwrap_err();
    assert!(
        matches!(error, Error::Store(StoreError::FileInterval { got: Interval::HOUR, .. })),
        "{error}"
    );
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_litter() {
    let folder = TempDir::new().unwrap();
    let blocker = folder.path().join("blocker");
    fs::write(&blocker, "a file").unwrap();
    let error = write_bars(&blocker.join("ohlcv.parquet"), &walk("BTC", 2)).unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::Io { .. })), "{error}");
    let occupied = folder.path().join("occupied");
    fs::create_dir_all(occupied.join("inner")).unwrap();
    let error = write_bars(&occupied, &walk("BTC", 2)).unwrap_err().to_string();
    assert!(error.contains("cannot replace the file"), "{error}");
    let mut left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["blocker", "occupied"]);
}

#[test]
fn a_store_lists_and_joins_symbols() {
    let folder = TempDir::new().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    store.write_bars(&walk("BTCUSDT", 10)).unwrap();
    store.write_bars(&walk("ETHUSDT", 12)).unwrap();
    let funding = Series::new("BTCUSDT", vec![at("2025-01-01")], vec![1e-4]).unwrap();
    store.write_series(SeriesKind::FundingRate, &funding).unwrap();
    let only = Series::new("SUIUSDT", vec![at("2025-01-01")], vec![5.0]).unwrap();
    store.write_series(SeriesKind::OpenInterest, &only).unwrap();
    fs::create_dir(folder.path().join("EMPTY")).unwrap();
    fs::write(folder.path().join("MANIFEST.csv"), "").unwrap();

    assert_eq!(store.symbols().unwrap(), ["BTCUSDT", "ETHUSDT", "SUIUSDT"]);
    assert!(store.has_bars("BTCUSDT") && !store.has_bars("SUIUSDT"));
    assert!(store.has_series("SUIUSDT", SeriesKind::OpenInterest));
    assert!(!store.has_series("SUIUSDT", SeriesKind::FundingRate));

    let panel = store.panel(Interval::HOUR, &["ETHUSDT", "BTCUSDT"]).unwrap();
    assert_eq!(panel.clock().len(), 12);
    assert_eq!(panel.series("BTCUSDT", SeriesKind::FundingRate), Some(&funding));
    let error = store.panel(Interval::HOUR, &["SUIUSDT"]).unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::Missing { .. })), "{error}");
}

#[test]
fn a_symbol_cannot_leave_the_root() {
    let folder = TempDir::new().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    for symbol in ["", "..", "../x", "a/b", "a\\b", "/etc", ".hidden", "BTC USDT"] {
        let error = store.bars(symbol, Interval::HOUR).unwrap_err().to_string();
        assert!(error.contains(&format!("symbol {symbol:?}")), "{error}");
        assert!(!store.has_bars(symbol));
    }
}
