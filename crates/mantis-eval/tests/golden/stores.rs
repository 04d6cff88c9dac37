//! Cases of whole stores: what the validator's readers make of a file, also of a damaged one, and what it then pays.

use crate::challenges::trade_mix_profile;
use crate::multi::{compare, configured, score};
use crate::profiles::{assert_known, knows, with_known};
use crate::rules::numbers;
use crate::{Shown, files};
use mantis_data::challenge::{Challenge, ChallengeTable, LossKind};
use mantis_eval::ledger::{Dataset, Ledger, Observed, ReadFilter};
use mantis_eval::score::{BreakoutProfile, BreakoutSample, HitfirstProfile, LbfgsProfile};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(crate) fn replay(folder: &Path) -> Vec<Shown> {
    let mut known: BTreeSet<PathBuf> = ["README.md", "SHA256SUMS"].map(|n| folder.join(n)).into();
    let mut shown = Vec::new();
    let json = |path: &PathBuf| files::has_extension(path, "json");
    for path in files::entries(folder).into_iter().filter(json) {
        let side = files::json(&path);
        known.insert(path.clone());
        known.insert(folder.join(side["db"].as_str().unwrap()));
        shown.extend(if side["function"] == "DataLog.iter_challenge_training_data" {
            known.extend(object(&side["variants"]).keys().map(|variant| folder.join(variant)));
            readers(folder, &side)
        } else if side["mutations"].is_array() {
            damaged(folder, &side)
        } else {
            payments(folder, &side)
        });
    }
    for entry in files::entries(folder) {
        assert!(known.contains(&entry), "{}: this suite knows no such file", entry.display());
    }
    shown
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn open(path: &Path, breakout: &Value) -> Ledger {
    let table = ChallengeTable::profile("2026-07").unwrap();
    let breakout: BreakoutProfile = match breakout {
        Value::Null => BreakoutProfile::default(),
        overrides => serde_json::from_value(overrides.clone()).unwrap(),
    };
    Ledger::open(path, table).unwrap().with_breakout(breakout)
}

fn filter(side: &Value) -> ReadFilter {
    ReadFilter {
        max_block: side["max_block_number"].as_i64(),
        registered: serde_json::from_value(side["active_hotkeys"].clone()).unwrap(),
        ..ReadFilter::default()
    }
}

fn sha256(path: &Path) -> String {
    hex::encode(Sha256::digest(std::fs::read(path).unwrap()))
}

fn parts(challenge: &Challenge) -> Vec<String> {
    if challenge.is_multi_asset() {
        challenge.assets.clone()
    } else {
        files::numbers(challenge.stored_dim)
    }
}

/// Equal to the bit, all kinds of NaN being one.
fn same(got: f64, expected: f64) -> bool {
    got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan()
}

#[track_caller]
fn assert_same(what: &str, got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len(), "{what}: length");
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!(same(*g, *e), "{what}: value {i} is {g}, expected {e}");
    }
}

/// Every reader of a store, without limits and with them.
fn readers(folder: &Path, side: &Value) -> Vec<Shown> {
    let database = folder.join(side["db"].as_str().unwrap());
    assert_eq!(sha256(&database), side["db_sha256"], "{}", database.display());
    let ledger = open(&database, &side["reader_overrides"]["config.MULTI_BREAKOUT_CHALLENGE"]);
    let first: BTreeMap<String, i64> =
        serde_json::from_value(side["hotkey_first_blocks"].clone()).unwrap();
    assert_eq!(ledger.first_blocks().unwrap(), first, "first blocks");
    let mut shown = Vec::new();
    for (variant, expected) in object(&side["variants"]) {
        let mut order = Vec::new();
        for dataset in ledger.datasets(&filter(expected)) {
            let dataset = dataset.unwrap();
            let ticker = dataset.challenge.ticker.clone();
            let text = format!("ledger/{variant}/{ticker}");
            let entry = &expected["challenges"][&ticker];
            exported(&text, &folder.join(entry["file"].as_str().unwrap()), entry, &dataset);
            shown.push(Shown { text, error: 0.0, tolerance: 0.0 });
            order.push(ticker);
        }
        assert_eq!(order, files::strings(&expected["order"]), "{variant}: order");
        let exports = files::entries(&folder.join(variant)).len();
        assert_eq!(exports, order.len(), "{variant}: a file belongs to no challenge");
    }
    shown
}

/// One challenge against what the original exported.
fn exported(what: &str, file: &Path, entry: &Value, dataset: &Dataset) {
    if let Observed::Breakouts(samples) = &dataset.observed {
        assert_breakouts(what, samples, files::json(file));
        return;
    }
    let table = files::Table::read(file);
    assert_eq!(dataset.hotkeys, files::strings(&entry["hotkeys"]), "{what}: hotkeys");
    let parts = parts(&dataset.challenge);
    let expected = table.matrix(&dataset.hotkeys, &parts);
    assert_eq!(files::hash(&expected), entry["x_sha256_f32le"], "{what}: x_sha256_f32le");
    let matrix = dataset.matrix().unwrap();
    assert_eq!(matrix.rows(), entry["rows"].as_u64().unwrap() as usize, "{what}: rows");
    for (j, hotkey) in dataset.hotkeys.iter().enumerate() {
        let got: Vec<f64> = matrix.values_of(j).unwrap().into_iter().map(f64::from).collect();
        let columns = ndarray::s![.., j * parts.len()..(j + 1) * parts.len()];
        let expected: Vec<f64> = expected.slice(columns).iter().map(|v| f64::from(*v)).collect();
        assert_same(&format!("{what}: {hotkey}"), &got, &expected);
    }
    match &dataset.observed {
        Observed::Returns(returns) => {
            let got: Vec<f64> = returns.iter().map(|y| f64::from(*y)).collect();
            assert_same(&format!("{what}: y"), &got, &table.f64("y"));
        }
        Observed::Price(price) => {
            assert_same(&format!("{what}: price"), price, &table.f64("price"));
        }
        Observed::Assets(observed) => {
            let funding = dataset.challenge.loss == LossKind::FundingXsec;
            let expected = table.by_asset(if funding { "funding" } else { "price" }, &parts);
            let got: Vec<f64> = observed.iter().copied().collect();
            let expected: Vec<f64> = expected.iter().copied().collect();
            assert_same(&format!("{what}: prices"), &got, &expected);
        }
        Observed::Breakouts(_) => unreachable!(),
    }
    if table.has("sidx") {
        assert_eq!(dataset.sidx, table.i64("sidx"), "{what}: sidx");
    }
}

/// A small store of unusual rows under several limits, and single damages of it.
fn damaged(folder: &Path, side: &Value) -> Vec<Shown> {
    let database = folder.join(side["db"].as_str().unwrap());
    assert_eq!(sha256(&database), side["db_sha256"], "{}", database.display());
    let ledger = open(&database, &Value::Null);
    let first = object(&side["hotkey_first_blocks"]);
    assert_first_blocks("odd", &ledger, first);
    let mut shown = Vec::new();
    let mut show = |text: String| shown.push(Shown { text, error: 0.0, tolerance: 0.0 });
    let runs = side["runs"].as_array().unwrap();
    for run in runs {
        let text = format!("ledger/odd {}", run["name"].as_str().unwrap());
        let found: Vec<Dataset> = ledger.datasets(&filter(run)).map(Result::unwrap).collect();
        assert_datasets(&text, &found, object(&run["expected"]));
        show(text);
    }
    let base = object(&runs.iter().find(|run| run["name"] == "all").unwrap()["expected"]);
    let scratch = tempfile::tempdir().unwrap();
    for mutation in side["mutations"].as_array().unwrap() {
        let name = mutation["name"].as_str().unwrap();
        let copy = scratch.path().join(format!("{name}.db"));
        std::fs::write(&copy, std::fs::read(&database).unwrap()).unwrap();
        rusqlite::Connection::open(&copy)
            .unwrap()
            .execute_batch(mutation["sql"].as_str().unwrap())
            .unwrap();
        let before = sha256(&copy);
        mutated(&format!("ledger/odd {name}"), &copy, mutation, base, first);
        assert_eq!(sha256(&copy), before, "{name}: the file has changed");
        show(format!("ledger/odd {name}"));
    }
    shown
}

fn mutated(
    what: &str,
    path: &Path,
    mutation: &Value,
    base: &Map<String, Value>,
    first: &Map<String, Value>,
) {
    let ledger = open(path, &Value::Null);
    let (mut found, mut failure) = (Vec::new(), None);
    for dataset in ledger.datasets(&ReadFilter::default()) {
        match dataset {
            Ok(dataset) => found.push(dataset),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    let expected_failure = &mutation["error"];
    assert_eq!(failure.is_none(), expected_failure.is_null(), "{what}: {failure:?}");
    let yielded = files::strings(&mutation["yielded_before_error_or_end"]);
    let mut expected: Map<String, Value> = base
        .iter()
        .filter(|(t, _)| yielded.contains(t))
        .map(|(t, v)| (t.clone(), v.clone()))
        .collect();
    for (ticker, changed) in object(&mutation["changed"]) {
        expected.insert(ticker.clone(), changed.clone());
    }
    for removed in mutation["removed"].as_array().into_iter().flatten() {
        assert!(!yielded.iter().any(|t| removed == t), "{what}: {removed}");
    }
    assert_datasets(what, &found, &expected);
    match &mutation["hotkey_first_blocks"] {
        Value::Object(blocks) if blocks.contains_key("error") => {
            assert!(ledger.first_blocks().is_err(), "{what}: first blocks");
        }
        Value::Object(blocks) => assert_first_blocks(what, &ledger, blocks),
        _ => assert_first_blocks(what, &ledger, first),
    }
}

/// An entry that is no name is listed as "None" by the original; here it is nobody.
fn assert_first_blocks(what: &str, ledger: &Ledger, expected: &Map<String, Value>) {
    let expected: BTreeMap<String, i64> = expected
        .iter()
        .filter(|(hotkey, _)| *hotkey != "None")
        .map(|(hotkey, block)| (hotkey.clone(), block.as_i64().unwrap()))
        .collect();
    assert_eq!(ledger.first_blocks().unwrap(), expected, "{what}: first blocks");
}

fn assert_datasets(what: &str, found: &[Dataset], expected: &Map<String, Value>) {
    let tickers: BTreeSet<&str> = found.iter().map(|d| d.challenge.ticker.as_str()).collect();
    let known: BTreeSet<&str> = expected.keys().map(String::as_str).collect();
    assert_eq!(tickers, known, "{what}: challenges");
    for dataset in found {
        let ticker = &dataset.challenge.ticker;
        listed(&format!("{what} {ticker}"), dataset, object(&expected[ticker]));
    }
}

/// The original lists breakouts asset by asset, without naming the asset.
fn assert_breakouts(what: &str, found: &[BreakoutSample], expected: Value) {
    let expected: Vec<BreakoutSample> = serde_json::from_value(expected).unwrap();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (row, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.event, expected.event, "{what}: {row}");
        assert_eq!(found.embeddings, expected.embeddings, "{what}: {row}");
    }
    // Saved ones come before replayed ones, each part asset by asset.
    let falls = found.windows(2).filter(|pair| pair[1].asset < pair[0].asset).count();
    assert!(falls <= 1, "{what}: assets are out of order");
}

/// One challenge against a listing in JSON.
fn listed(what: &str, dataset: &Dataset, expected: &Map<String, Value>) {
    let table = |value: &Value| -> Vec<Vec<f64>> {
        value.as_array().unwrap().iter().map(numbers).collect()
    };
    for (field, value) in expected {
        match (field.as_str(), &dataset.observed) {
            ("completed_samples", Observed::Breakouts(samples)) => {
                assert_breakouts(what, samples, value.clone());
            }
            ("hotkeys", _) => assert_eq!(dataset.hotkeys, files::strings(value), "{what}: hotkeys"),
            ("blocks_ahead", _) => {
                assert_eq!(*value, dataset.challenge.blocks_ahead.unwrap(), "{what}: blocks_ahead");
            }
            ("X", _) => {
                let (matrix, rows) = (dataset.matrix().unwrap(), table(value));
                assert_eq!(matrix.rows(), rows.len(), "{what}: rows");
                let dim = matrix.dim();
                for (j, hotkey) in dataset.hotkeys.iter().enumerate() {
                    let got: Vec<f64> =
                        matrix.values_of(j).unwrap().into_iter().map(f64::from).collect();
                    let expected: Vec<f64> =
                        rows.iter().flat_map(|r| r[j * dim..(j + 1) * dim].to_vec()).collect();
                    assert_same(&format!("{what}: {hotkey}"), &got, &expected);
                }
            }
            ("y", Observed::Returns(returns)) => {
                let got: Vec<f64> = returns.iter().map(|y| f64::from(*y)).collect();
                assert_same(&format!("{what}: y"), &got, &numbers(value));
            }
            ("price", Observed::Price(price)) => assert_same(what, price, &numbers(value)),
            ("sidx" | "sidx_arr", _) => {
                let expected: Vec<i64> = serde_json::from_value(value.clone()).unwrap();
                assert_eq!(dataset.sidx, expected, "{what}: sidx");
            }
            ("prices_multi" | "funding_rates", Observed::Assets(observed)) => {
                let got: Vec<f64> = observed.iter().copied().collect();
                assert_same(what, &got, &table(value).concat());
            }
            _ => panic!("{what}: this suite knows no field {field}"),
        }
    }
}

/// What every challenge of a store pays, and the total.
fn payments(folder: &Path, side: &Value) -> Vec<Shown> {
    let name = side["case"].as_str().unwrap();
    let overrides = &side["overrides"];
    let breakout = &overrides["config.MULTI_BREAKOUT_CHALLENGE"];
    let ledger = open(&folder.join(side["db"].as_str().unwrap()), breakout);
    let mut profile = configured(name, &overrides["config"]);
    if !breakout.is_null() {
        profile.breakout = serde_json::from_value(breakout.clone()).unwrap();
    }
    let mut buckets = object(&overrides["bucket_forecast"]).clone();
    buckets.extend(object(&overrides["cluster"]).clone());
    let buckets = Value::Object(buckets);
    assert_known(name, &buckets, &[knows::<LbfgsProfile>]);
    profile.lbfgs = with_known(&buckets);
    assert_known(name, &overrides["hitfirst"], &[knows::<HitfirstProfile>]);
    profile.hitfirst = with_known(&overrides["hitfirst"]);
    let specs = object(&overrides["challenge_spec"]);
    profile.trade_mix = trade_mix_profile(specs.get("TRADEMIX").unwrap_or(&Value::Null));

    let mut shown = Vec::new();
    for (variant, expected) in object(&side["variants"]) {
        let mut all = Vec::new();
        for dataset in ledger.datasets(&filter(expected)) {
            let mut dataset = dataset.unwrap();
            let ticker = &dataset.challenge.ticker;
            assert_eq!(side["weights"][ticker], dataset.challenge.weight, "{name}: {ticker}");
            let spec = specs.get(ticker).and_then(|spec| spec["blocks_ahead"].as_u64());
            if let Some(blocks) = spec {
                dataset.challenge.blocks_ahead = Some(blocks as u32);
            }
            all.push(score(&dataset.challenge, dataset.evidence().unwrap(), &profile));
        }
        let empty: Vec<String> =
            all.iter().filter(|c| c.shares.is_empty()).map(|c| c.ticker.clone()).collect();
        assert_eq!(empty, files::strings(&expected["empty_challenges"]), "{name}: empty");
        // Buckets are fitted to the optimum here, which this bound allows for as well.
        let tolerance =
            |ticker: &str| expected["tolerance_abs"][ticker]["same_solver_path"].as_f64().unwrap();
        let paying = || all.iter().filter(|c| !c.shares.is_empty());
        let weight: f64 = paying().map(|c| c.weight).sum();
        let total = paying().map(|c| c.weight * tolerance(&c.ticker)).sum::<f64>() / weight;
        shown.extend(compare(
            &format!("ledger/{name} {variant}"),
            expected,
            &all,
            &tolerance,
            total,
        ));
    }
    shown
}
