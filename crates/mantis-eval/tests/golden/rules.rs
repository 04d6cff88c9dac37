//! Cases of the validator's rules: which commitments, payloads, submissions and minutes it takes.

use crate::files;
use mantis_data::challenge::{ChallengeTable, ValidatorView, validate_plaintext};
use mantis_eval::ledger::{BinaryRules, PriceRow, accepts_commitment, is_v2_payload, pack};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The arithmetic of cleaning is the same, up to the order of a sum.
const CLEANING_TOLERANCE: f64 = 1e-15;

pub(crate) fn commitments(content: &Value) -> (f64, f64) {
    let hotkey = content["hotkey"].as_str().unwrap();
    for case in content["urls"].as_array().unwrap() {
        let url = case["url"].as_str().unwrap();
        assert_eq!(accepts_commitment(url, hotkey), case["accepted"], "{url}");
    }
    for case in content["payload_shape"].as_array().unwrap() {
        assert_eq!(is_v2_payload(&case["payload"]), case["is_v2"], "{}", case["desc"]);
    }
    assert_eq!(content["max_payload_bytes"], mantis_eval::ledger::MAX_PAYLOAD_BYTES);
    (0.0, 0.0)
}

/// Minute, price, and vectors by hotkey.
type StoredRow = (i64, Option<f64>, BTreeMap<String, Vec<f32>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BinaryCase {
    max_unchanged: usize,
    active_hotkeys: Option<Vec<String>>,
    max_block_number: Option<i64>,
    blocks_ahead: u32,
    rows_sidx_price_embeddings: Vec<StoredRow>,
    hk2idx: BTreeMap<String, usize>,
    #[serde(rename = "X")]
    matrix: Vec<Vec<f32>>,
    y_f32: Vec<f32>,
}

/// Rows of a binary challenge: which minutes count, and their returns.
pub(crate) fn binary_rows(content: &Value) -> (f64, f64) {
    let cases: Vec<BinaryCase> = serde_json::from_value(content.clone()).unwrap();
    let mut challenge = ChallengeTable::profile("2026-07").unwrap().get("ETH").unwrap().clone();
    for case in cases {
        challenge.blocks_ahead = Some(case.blocks_ahead);
        let stored = &case.rows_sidx_price_embeddings;
        let prices: Vec<PriceRow> =
            stored.iter().map(|(sidx, price, _)| PriceRow { sidx: *sidx, price: *price }).collect();
        let mut rules = BinaryRules::new(&prices, &challenge, case.max_unchanged);
        let (mut matrix, mut returns) = (Vec::new(), Vec::new());
        for (sidx, _, vectors) in stored {
            if case.max_block_number.is_some_and(|limit| sidx * 5 > limit) {
                continue;
            }
            let Some(y) = rules.outcome(*sidx) else { continue };
            let mut row = vec![0.0; 2 * case.hk2idx.len()];
            for (hotkey, vector) in vectors {
                let active = case.active_hotkeys.as_ref();
                assert_eq!(
                    case.hk2idx.contains_key(hotkey),
                    active.is_none_or(|a| a.contains(hotkey))
                );
                if let Some(column) = case.hk2idx.get(hotkey) {
                    row[2 * column..2 * column + 2].copy_from_slice(vector);
                }
            }
            if vectors.values().flatten().any(|v| *v != 0.0) {
                matrix.push(row);
                returns.push(y);
            }
        }
        assert_eq!(returns, case.y_f32, "ledger_binary_builder: returns");
        assert_eq!(matrix, case.matrix, "ledger_binary_builder: matrix");
    }
    (0.0, 0.0)
}

/// Numbers with the spellings that JSON lacks.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    let number = |value: &Value| match value.as_str() {
        Some("NaN") => f64::NAN,
        Some("Infinity" | "inf") => f64::INFINITY,
        Some("-Infinity" | "-inf") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap(),
    };
    value.as_array().unwrap().iter().map(number).collect()
}

fn largest_error(got: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(got.len(), expected.len());
    let one = |(got, expected): (&f64, &f64)| match (got.is_nan(), expected.is_nan()) {
        (true, true) => 0.0,
        (false, false) => (got - expected).abs(),
        _ => f64::INFINITY,
    };
    got.iter().zip(expected).map(one).fold(0.0, f64::max)
}

/// What is stored of a submission.
pub(crate) fn submissions(content: &Value) -> (f64, f64) {
    let table = ChallengeTable::profile("2026-07").unwrap();
    for challenge in table.challenges() {
        let ticker = &challenge.ticker;
        assert_eq!(content["storage_dims"][ticker], challenge.stored_dim, "{ticker}");
    }
    let mut worst: f64 = 0.0;
    for case in content["cases"].as_array().unwrap() {
        let view = validate_plaintext(&table, case["plaintext"].as_str().unwrap());
        worst = worst.max(submission(case, &view));
    }
    let vectors: BTreeMap<String, Vec<f32>> =
        serde_json::from_value(content["pack"]["input"].clone()).unwrap();
    assert_eq!(hex::encode(pack(&vectors)), content["pack"]["hex"], "ledger_validate: pack");
    (worst, CLEANING_TOLERANCE)
}

fn submission(case: &Value, view: &ValidatorView) -> f64 {
    let name = case["desc"].as_str().unwrap();
    assert_eq!(view.rejection.is_none(), case["error"].is_null(), "{name}: {:?}", view.rejection);
    let mut tickers: Vec<String> = view.stored.iter().map(|stored| stored.ticker.clone()).collect();
    let mut expected = files::strings(&case["stored_tickers"]);
    tickers.sort();
    expected.sort();
    assert_eq!(tickers, expected, "{name}: stored challenges");
    let mut worst: f64 = 0.0;
    for stored in &view.stored {
        let clean = &case["clean"][&stored.ticker];
        worst = worst.max(largest_error(&stored.clean, &numbers(clean)));
        let halves = largest_error(&stored.stored, &numbers(&case["stored_f16"][&stored.ticker]));
        assert!(halves == 0.0, "{name}: {}: 16-bit values differ by {halves}", stored.ticker);
    }
    worst
}
