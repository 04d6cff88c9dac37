//! The replica of the validator's cleaning step against recorded answers of the original.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};

use mantis_data::challenge::{ChallengeTable, ValidatorView, validate_plaintext};
use serde_json::Value;

/// The largest accepted error; the arithmetic is the same, up to the order of a sum.
const TOLERANCE: f64 = 1e-15;

#[expect(
    clippy::disallowed_methods,
    reason = "the folder of the golden files may be given from outside"
)]
fn golden_file() -> PathBuf {
    let root = std::env::var("MANTIS_GOLDEN_DIR").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden"),
        PathBuf::from,
    );
    root.join("salience/units/ledger_validate.json")
}

fn numbers(value: &Value) -> Vec<f64> {
    let number = |value: &Value| match value.as_str() {
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap(),
    };
    value.as_array().unwrap().iter().map(number).collect()
}

fn error(got: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(got.len(), expected.len());
    let one = |(got, expected): (&f64, &f64)| match (got.is_nan(), expected.is_nan()) {
        (true, true) => 0.0,
        (false, false) => (got - expected).abs(),
        _ => f64::INFINITY,
    };
    got.iter().zip(expected).map(one).fold(0.0, f64::max)
}

/// The largest error of a case, or why it differs in kind.
fn compare(case: &Value, view: &ValidatorView) -> Result<f64, String> {
    if view.rejection.is_some() == case["error"].is_null() {
        return Err(format!("got {:?}, expected {}", view.rejection, case["error"]));
    }
    let tickers: Vec<&str> = view.stored.iter().map(|stored| stored.ticker.as_str()).collect();
    let expected: Vec<&str> =
        case["stored_tickers"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    if tickers.iter().any(|t| !expected.contains(t)) || tickers.len() != expected.len() {
        return Err(format!("stores {tickers:?}, expected {expected:?}"));
    }
    let mut largest = 0.0_f64;
    for stored in &view.stored {
        largest = largest.max(error(&stored.clean, &numbers(&case["clean"][&stored.ticker])));
        let halves = error(&stored.stored, &numbers(&case["stored_f16"][&stored.ticker]));
        if halves != 0.0 {
            return Err(format!("{}: 16-bit values differ by {halves}", stored.ticker));
        }
    }
    Ok(largest)
}

#[test]
fn golden_ledger_validate() {
    let path = golden_file();
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let golden: Value = serde_json::from_str(&text).unwrap();
    let table = ChallengeTable::profile("2026-07").unwrap();
    for challenge in table.challenges() {
        assert_eq!(
            golden["storage_dims"][&challenge.ticker], challenge.stored_dim,
            "{}",
            challenge.ticker
        );
    }
    let cases = golden["cases"].as_array().unwrap();
    assert!(!cases.is_empty(), "{}: no case", path.display());
    let mut failed = Vec::new();
    for case in cases {
        let name = case["desc"].as_str().unwrap();
        let view = validate_plaintext(&table, case["plaintext"].as_str().unwrap());
        match compare(case, &view) {
            Ok(largest) => {
                println!("{name}: largest error {largest:e}, tolerance {TOLERANCE:e}");
                if largest > TOLERANCE {
                    failed.push(format!("{name}: error {largest:e}"));
                }
            }
            Err(why) => failed.push(format!("{name}: {why}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    println!("ledger_validate: {} cases", cases.len());
}
