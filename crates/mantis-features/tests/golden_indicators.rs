//! Every indicator column of the goldens against TA-Lib, pandas and NumPy.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails where it must, and is told its folder in the environment"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use mantis_data::Timestamp;
use mantis_features::indicators::Source;
use mantis_features::registry::ColumnSpec;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// The references' own accuracy (see the README of the goldens).
const RELATIVE: f64 = 1e-8;
const ABSOLUTE: f64 = 1e-9;

/// pandas updates the fourth moment from row to row; once an outlier has left the window its kurtosis keeps an error of about
/// the outlier's rounding, which is large against the small moments that remain.
const KURTOSIS_ABSOLUTE: f64 = 5e-9;

const BARS: [&str; 6] = ["unix", "open", "high", "low", "close", "volume"];

fn folder() -> PathBuf {
    match std::env::var_os("MANTIS_GOLDEN_DIR") {
        Some(root) => PathBuf::from(root).join("indicators"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/indicators"),
    }
}

fn read(path: &Path) -> BTreeMap<String, Vec<f64>> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut table: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for batch in reader {
        let batch = batch.unwrap();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let column = cast(column, &DataType::Float64).unwrap();
            let values = column.as_primitive::<Float64Type>();
            let values = values.iter().map(|v| v.unwrap_or(f64::NAN));
            table.entry(field.name().clone()).or_default().extend(values);
        }
    }
    table
}

fn names(json: &Value, key: &str) -> Vec<String> {
    let list = json[key].as_array().unwrap_or_else(|| panic!("no list {key:?} in the json"));
    list.iter().map(|name| name.as_str().expect("column names are strings").to_owned()).collect()
}

/// Largest error as a multiple of the tolerance, and its row; an error if one side has a value where the other has none.
fn compare(got: &[f64], expected: &[f64], absolute: f64) -> Result<(f64, usize), String> {
    if got.len() != expected.len() {
        return Err(format!("{} rows, expected {}", got.len(), expected.len()));
    }
    let mut worst = (0.0, 0);
    for (row, (&got, &expected)) in got.iter().zip(expected).enumerate() {
        if got.is_finite() != expected.is_finite() {
            return Err(format!("row {row}: {got}, expected {expected}"));
        }
        if expected.is_finite() {
            let error = (got - expected).abs() / (absolute + RELATIVE * expected.abs());
            if error > worst.0 {
                worst = (error, row);
            }
        }
    }
    Ok(worst)
}

/// Checks one slice and returns how many columns it holds.
fn check(parquet: &Path) -> usize {
    let stem = parquet.file_stem().unwrap().to_string_lossy().into_owned();
    let json = parquet.with_extension("json");
    let text = fs::read_to_string(&json).unwrap_or_else(|e| panic!("{}: {e}", json.display()));
    let json: Value = serde_json::from_str(&text).unwrap();
    let mut columns = names(&json, "talib");
    columns.extend(names(&json, "pandas_numpy"));
    let table = read(parquet);
    let listed: BTreeSet<&str> =
        BARS.into_iter().chain(columns.iter().map(String::as_str)).collect();
    for name in table.keys() {
        assert!(listed.contains(name.as_str()), "{stem}: column {name:?} is not in the json");
    }

    let column = |name: &str| {
        table.get(name).unwrap_or_else(|| panic!("{stem}: no column {name:?}")).as_slice()
    };
    let times: Vec<Timestamp> =
        column("unix").iter().map(|&s| Timestamp::from_secs(s as i64).unwrap()).collect();
    let ohlcv = ["open", "high", "low", "close", "volume"].map(column);
    let source = Source::new(&times, ohlcv).unwrap();
    let mut faults = Vec::new();
    for name in &columns {
        let spec = match ColumnSpec::parse(name) {
            Ok(spec) => spec,
            Err(error) => {
                faults.push(error.to_string());
                continue;
            }
        };
        let got = spec.compute(&source).unwrap();
        let kurtosis = spec.indicator().name == "rkurt";
        let absolute = if kurtosis { KURTOSIS_ABSOLUTE } else { ABSOLUTE };
        let first = json["first_valid"][name.as_str()].as_u64();
        if first.is_some_and(|first| first != spec.warmup() as u64) {
            faults.push(format!("{name}: declares warm-up {}, expected {first:?}", spec.warmup()));
        }
        match compare(&got, column(name), absolute) {
            Ok((error, row)) => {
                println!(
                    "{stem} {name}: largest error {error:.2e} x ({absolute:.0e} + {RELATIVE:.0e} relative), row {row}"
                );
                if error > 1.0 {
                    faults.push(format!(
                        "{name}: row {row} has {}, expected {}",
                        got[row],
                        column(name)[row]
                    ));
                }
            }
            Err(fault) => faults.push(format!("{name}: {fault}")),
        }
    }
    assert!(faults.is_empty(), "{stem}:\n{}", faults.join("\n"));
    columns.len()
}

#[test]
fn golden_indicators() {
    let folder = folder();
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut slices = BTreeSet::new();
    let mut described = BTreeSet::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let stem = path.with_extension("");
        match path.extension().and_then(|e| e.to_str()) {
            Some("parquet") if name.starts_with("ta_rows_") => _ = slices.insert(stem),
            Some("json") if name.starts_with("ta_rows_") => _ = described.insert(stem),
            _ if name == "README.md" => {}
            _ => panic!("indicators: unknown file {name:?} in {}", folder.display()),
        }
    }
    assert!(!slices.is_empty(), "indicators: no ta_rows_*.parquet in {}", folder.display());
    assert_eq!(slices, described, "indicators: every parquet needs its json and vice versa");
    let cases: usize = slices.iter().map(|stem| check(&stem.with_extension("parquet"))).sum();
    println!("indicators: {cases} cases");
}

#[test]
fn the_comparison_sees_errors_and_lets_rounding_pass() {
    let reference = [f64::NAN, 100.0, -1e-12];
    assert!(compare(&reference, &reference, ABSOLUTE).unwrap().0 == 0.0);
    assert!(compare(&[f64::NAN, 100.0 + 5e-7, 0.0], &reference, ABSOLUTE).unwrap().0 < 1.0);
    let (error, row) = compare(&[f64::NAN, 100.0 + 2e-6, 0.0], &reference, ABSOLUTE).unwrap();
    assert!(error > 1.0 && row == 1);
    assert!(compare(&[0.0, 100.0, 0.0], &reference, ABSOLUTE).is_err());
    assert!(compare(&[f64::NAN, 100.0], &reference, ABSOLUTE).is_err());
}
