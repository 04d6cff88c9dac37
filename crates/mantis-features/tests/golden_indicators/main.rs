//! Every indicator column of the goldens against TA-Lib, pandas and NumPy.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails where it must, and is told its folder in the environment"
)]

mod definitions;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mantis_data::Timestamp;
use mantis_features::indicators::Source;
use mantis_features::registry::ColumnSpec;
use serde_json::Value;
use table::{Tolerance, compare, read};

/// The references' own accuracy (see the README of the goldens).
const TOLERANCE: Tolerance = Tolerance { relative: 1e-8, absolute: 1e-9 };

/// pandas updates the fourth moment from row to row; once an outlier has left the window its kurtosis keeps an error of about
/// the outlier's rounding, which is large against the small moments that remain.
const KURTOSIS_ABSOLUTE: f64 = 5e-9;

const BARS: [&str; 6] = ["unix", "open", "high", "low", "close", "volume"];

fn folder() -> PathBuf {
    match std::env::var_os("MANTIS_GOLDEN_DIR") {
        Some(root) => PathBuf::from(root).join("indicators"),
        None => bundled(),
    }
}

/// The cases that come with the project.
fn bundled() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/indicators")
}

/// What the json beside a table says of it.
fn described(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The indicator columns of a table.
fn columns(json: &Value) -> Vec<String> {
    [names(json, "talib"), names(json, "pandas_numpy")].concat()
}

fn names(json: &Value, key: &str) -> Vec<String> {
    let list = json[key].as_array().unwrap_or_else(|| panic!("no list {key:?} in the json"));
    list.iter().map(|name| name.as_str().expect("column names are strings").to_owned()).collect()
}

/// Checks one slice and returns how many columns it holds.
fn check(parquet: &Path) -> usize {
    let stem = parquet.file_stem().unwrap().to_string_lossy().into_owned();
    let json = described(&parquet.with_extension("json"));
    let columns = columns(&json);
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
        let absolute = if kurtosis { KURTOSIS_ABSOLUTE } else { TOLERANCE.absolute };
        let first = json["first_valid"][name.as_str()].as_u64();
        if first.is_some_and(|first| first != spec.warmup() as u64) {
            faults.push(format!("{name}: declares warm-up {}, expected {first:?}", spec.warmup()));
        }
        match compare(&got, column(name), Tolerance { absolute, ..TOLERANCE }) {
            Ok((error, row)) => {
                println!(
                    "{stem} {name}: largest error {error:.2e} x ({absolute:.0e} + {:.0e} relative), row {row}",
                    TOLERANCE.relative
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
