//! A miner among those of the golden ledger, which MANTIS itself has written.

#![cfg(feature = "ledger")]
#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use mantis_data::challenge::{Challenge, ChallengeTable};
use mantis_eval::Result;
use mantis_eval::among::{AmongInput, AmongReport, Vectors, among};
use mantis_eval::ledger::{Dataset, Ledger, ReadFilter};
use mantis_eval::score::{CrossProfile, ScoringProfile};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const STRONG: &str = "5oxV_strong";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/salience/ledger")
}

fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join("salience.json")).unwrap()).unwrap()
}

/// The small windows with which the original scored this small store.
fn profile(golden: &Value) -> ScoringProfile {
    let overrides = &golden["overrides"];
    let mut lbfgs = overrides["bucket_forecast"].clone();
    for (name, value) in overrides["cluster"].as_object().unwrap() {
        lbfgs[name] = value.clone();
    }
    let known = |default: Value| {
        let config = overrides["config"].as_object().unwrap().iter();
        let kept = config.filter(|(name, _)| default.get(name.as_str()).is_some());
        Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let cross = known(serde_json::to_value(CrossProfile::default()).unwrap());
    let profile = json!({
        "binary": overrides["config"],
        "xsec": cross,
        "funding": cross,
        "lbfgs": lbfgs,
        "hitfirst": overrides["hitfirst"],
        "breakout": overrides["config.MULTI_BREAKOUT_CHALLENGE"],
        "trade_mix": overrides["challenge_spec"]["TRADEMIX"],
    });
    serde_json::from_value(profile).unwrap()
}

fn ledger(profile: &ScoringProfile) -> Ledger {
    let table = ChallengeTable::profile("2026-07").unwrap();
    Ledger::open(&folder().join("datalog.db"), table)
        .unwrap()
        .with_breakout(profile.breakout.clone())
}

fn datasets(ledger: &Ledger, golden: &Value) -> Vec<Dataset> {
    let specs = &golden["overrides"]["challenge_spec"];
    let shorter = |dataset: Result<Dataset>| {
        let mut dataset = dataset.unwrap();
        if let Some(blocks) = specs[&dataset.challenge.ticker]["blocks_ahead"].as_u64() {
            dataset.challenge.blocks_ahead = Some(blocks as u32);
        }
        dataset
    };
    ledger.datasets(&ReadFilter::default()).map(shorter).collect()
}

fn run(me: &str, vectors: Option<Vectors<'_>>, all: &[Dataset]) -> AmongReport {
    let golden = golden();
    let profile = profile(&golden);
    let ledger = ledger(&profile);
    let input = AmongInput {
        me,
        vectors,
        first_blocks: &ledger.first_blocks().unwrap(),
        block: ledger.newest_block().unwrap().unwrap(),
        profile: &profile,
        threads: 2,
    };
    among(all.iter().cloned().map(Ok), &input, &mut |_, _| ControlFlow::Continue(())).unwrap()
}

#[test]
fn a_miner_of_the_ledger_is_paid_what_the_original_pays() {
    let golden = golden();
    let all = datasets(&ledger(&profile(&golden)), &golden);
    let report = run(STRONG, None, &all);
    let expected = &golden["variants"]["all"];
    for challenge in &report.challenges {
        let got = challenge.standing.as_ref().map_or(0.0, |s| s.share);
        let share = expected["breakdown"][&challenge.ticker][STRONG].as_f64().unwrap_or(0.0);
        let tolerance = &expected["tolerance_abs"][&challenge.ticker]["same_solver_path"];
        let bound = tolerance.as_f64().unwrap_or(1e-9);
        assert!((got - share).abs() <= bound, "{}: {got} {share}", challenge.ticker);
    }
    let total = expected["salience"][STRONG].as_f64().unwrap();
    assert!((report.total.share - total).abs() < 5e-4, "{} {total}", report.total.share);
    assert_eq!(report.total.rank, 1);
    // The store jumps over more blocks than a hotkey is young for.
    assert!(!report.young && report.weight.is_some_and(|w| w > 0.05));
    assert!(report.without.iter().all(|w| w.share <= report.total.share));
}

#[test]
fn vectors_from_outside_take_the_place_of_stored_ones() {
    let golden = golden();
    let all = datasets(&ledger(&profile(&golden)), &golden);
    let mut stored: HashMap<(String, i64), Vec<f32>> = HashMap::new();
    for dataset in all.iter().filter(|d| d.hotkeys.iter().any(|h| h == STRONG)) {
        let matrix = dataset.matrix().unwrap();
        let column = dataset.hotkeys.iter().position(|h| h == STRONG).unwrap();
        let values = matrix.values_of(column);
        for (vector, sidx) in values.chunks(matrix.dim()).zip(&dataset.sidx) {
            stored.insert((dataset.challenge.ticker.clone(), *sidx), vector.to_vec());
        }
    }
    let find =
        |challenge: &Challenge, sidx: i64| stored.get(&(challenge.ticker.clone(), sidx)).cloned();
    let as_stored = run(STRONG, None, &all);
    assert_eq!(run(STRONG, Some(&find), &all).shares, as_stored.shares);

    // A second hotkey with the same vectors. Its name is the smaller one, so it takes the pay where copies are merged.
    let copy = run("0copy", Some(&find), &all);
    let place = |ticker: &str| copy.challenges.iter().find(|c| c.ticker == ticker).unwrap();
    let eth = place("ETH");
    let nearest = eth.nearest.as_ref().unwrap();
    assert_eq!((nearest.hotkey.as_str(), nearest.distance < 1e-9), (STRONG, true));
    assert!(eth.cohort.contains(&STRONG.to_owned()));
    assert!(eth.standing.as_ref().unwrap().share > 0.3);
    assert!(!place("MULTIBREAKOUT").inserted && place("ETH").inserted);
    let together = copy.shares["0copy"] + copy.shares.get(STRONG).unwrap_or(&0.0);
    assert!(together < as_stored.shares[STRONG] + 0.15, "{together}");
}

#[test]
fn a_challenge_of_which_the_vectors_say_nothing_keeps_what_is_stored() {
    let golden = golden();
    let all = datasets(&ledger(&profile(&golden)), &golden);
    let eth = all.iter().find(|d| d.challenge.ticker == "ETH").unwrap();
    let column = eth.hotkeys.iter().position(|h| h == STRONG).unwrap();
    let values = eth.matrix().unwrap().values_of(column);
    let stored: HashMap<i64, &[f32]> = eth.sidx.iter().copied().zip(values.chunks(2)).collect();
    let one = |challenge: &Challenge, sidx: i64| {
        let vector = stored.get(&sidx).filter(|_| challenge.ticker == "ETH")?;
        Some(vector.to_vec())
    };
    let as_stored = run(STRONG, None, &all);
    let inserted = run(STRONG, Some(&one), &all);
    assert_eq!(inserted.shares, as_stored.shares);
    assert_eq!((inserted.young, inserted.weight), (as_stored.young, as_stored.weight));
    // A stranger becomes a miner of that challenge alone.
    let stranger = run("0new", Some(&one), &all);
    let miners = |report: &AmongReport, ticker: &str| {
        report.challenges.iter().find(|c| c.ticker == ticker).unwrap().miners
    };
    assert_eq!(miners(&stranger, "ETH"), miners(&as_stored, "ETH") + 1);
    assert_eq!(miners(&stranger, "CADUSD"), miners(&as_stored, "CADUSD"));
}

#[test]
fn groups_are_those_of_the_validator() {
    let golden = golden();
    let report = run(STRONG, None, &datasets(&ledger(&profile(&golden)), &golden));
    for challenge in report.challenges {
        let grouped =
            ["ETH", "ETHHITFIRST", "ETHLBFGS", "BTCLBFGS", "CADUSD", "NZDUSD", "CHFUSD", "XAGUSD"];
        if !grouped.contains(&challenge.ticker.as_str()) {
            assert!(challenge.cohort.is_empty(), "{}: {:?}", challenge.ticker, challenge.cohort);
        }
    }
}

#[test]
fn a_change_left_half_done_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("datalog.db");
    std::fs::write(&copy, std::fs::read(self::folder().join("odd.db")).unwrap()).unwrap();
    let table = || ChallengeTable::profile("2026-07").unwrap();
    let newest = Ledger::open(&copy, table()).unwrap().newest_block().unwrap();
    assert!(newest.is_some());
    // A writer that has begun: its journal beside the file, and the file locked.
    let writer = rusqlite::Connection::open(&copy).unwrap();
    writer
        .execute_batch("PRAGMA cache_size = 1; BEGIN EXCLUSIVE; DELETE FROM challenge_data")
        .unwrap();
    let opened = Ledger::open(&copy, table()).and_then(|ledger| ledger.newest_block());
    assert!(opened.is_err(), "{opened:?}");
    writer.execute_batch("ROLLBACK").unwrap();
    assert_eq!(Ledger::open(&copy, table()).unwrap().newest_block().unwrap(), newest);
}

#[test]
fn registered_hotkeys_are_those_of_the_newest_step() {
    let golden = golden();
    let registered = ledger(&profile(&golden)).registered().unwrap().unwrap();
    assert!(registered.contains(STRONG) && registered.contains("5JbW_idle"), "{registered:?}");
    assert!(!registered.contains("5Zdd_leaver"), "{registered:?}");
}

#[test]
fn a_vector_that_would_not_be_stored_is_refused() {
    let golden = golden();
    let all = datasets(&ledger(&profile(&golden)), &golden);
    let profile = profile(&golden);
    let ledger = ledger(&profile);
    let first_blocks = ledger.first_blocks().unwrap();
    for bad in [vec![0.5_f32], vec![f32::NAN, 0.0], vec![70_000.0, 0.0]] {
        let find = |_: &Challenge, _: i64| Some(bad.clone());
        let input = AmongInput {
            me: "me",
            vectors: Some(&find),
            first_blocks: &first_blocks,
            block: 0,
            profile: &profile,
            threads: 1,
        };
        let eth = all.iter().filter(|d| d.challenge.ticker == "ETH").cloned().map(Ok);
        assert!(among(eth, &input, &mut |_, _| ControlFlow::Continue(())).is_err());
    }
}
