//! A miner among those of the golden ledger, which MANTIS itself has written.

#![cfg(feature = "ledger")]
#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use mantis_data::challenge::{Challenge, ChallengeTable};
use mantis_eval::Result;
use mantis_eval::among::{AmongInput, AmongReport, Vectors, among, among_cached};
use mantis_eval::ledger::{Dataset, Ledger, LedgerCache, Observed, ReadFilter};
use mantis_eval::score::{CrossProfile, ScoringProfile};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
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
        let values = matrix.values_of(column).unwrap();
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
    assert!(place("ETH").inserted);
    let together = copy.shares["0copy"] + copy.shares.get(STRONG).unwrap_or(&0.0);
    assert!(together < as_stored.shares[STRONG] + 0.15, "{together}");
}

#[test]
fn a_challenge_of_which_the_vectors_say_nothing_keeps_what_is_stored() {
    let golden = golden();
    let all = datasets(&ledger(&profile(&golden)), &golden);
    let eth = all.iter().find(|d| d.challenge.ticker == "ETH").unwrap();
    let column = eth.hotkeys.iter().position(|h| h == STRONG).unwrap();
    let values = eth.matrix().unwrap().values_of(column).unwrap();
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

/// A copy of the golden store that may get a cache beside it.
fn copied(folder: &Path) -> PathBuf {
    let path = folder.join("datalog.db");
    std::fs::copy(self::folder().join("datalog.db"), &path).unwrap();
    path
}

/// What is asked of a copied store.
struct Asked<'a> {
    me: &'a str,
    vectors: Option<Vectors<'a>>,
    profile: ScoringProfile,
}

impl Asked<'_> {
    fn input<'a>(
        &'a self,
        first: &'a BTreeMap<String, i64>,
        newest: Option<i64>,
    ) -> AmongInput<'a> {
        AmongInput {
            me: self.me,
            vectors: self.vectors,
            first_blocks: first,
            block: newest.unwrap(),
            profile: &self.profile,
            threads: 2,
        }
    }

    fn ledger(&self, path: &Path) -> Ledger {
        let table = ChallengeTable::profile("2026-07").unwrap();
        Ledger::open(path, table).unwrap().with_breakout(self.profile.breakout.clone())
    }

    /// The answer from the cache, which must be the one without it.
    fn answer(&self, path: &Path) -> AmongReport {
        let filter = ReadFilter::default();
        let go_on = &mut |_: usize, _: usize| ControlFlow::Continue(());
        let ledger = self.ledger(path);
        let first = ledger.first_blocks().unwrap();
        let input = self.input(&first, ledger.newest_block().unwrap());
        let plain = among(ledger.datasets(&filter), &input, go_on).unwrap();
        let cache = LedgerCache::beside(self.ledger(path)).unwrap();
        let input = self.input(cache.first_blocks(), cache.newest_block());
        assert_eq!(among_cached(&cache, &filter, &input, go_on).unwrap(), plain, "{}", self.me);
        plain
    }
}

#[test]
fn a_cache_changes_no_digit_whatever_was_asked_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = copied(folder.path());
    let wave = |challenge: &Challenge, sidx: i64| {
        let (low, high) = challenge.loss.value_range();
        let step = (high - low) as f32 / 2.0;
        let value = |d: usize| low as f32 + step * (1.0 + ((sidx as f32 + d as f32) / 40.0).sin());
        Some((0..challenge.stored_dim).map(value).collect())
    };
    let flipped = |challenge: &Challenge, sidx: i64| {
        let vector: Option<Vec<f32>> = wave(challenge, sidx + 20);
        vector.filter(|_| challenge.ticker == "ETH")
    };
    let others = |challenge: &Challenge, sidx: i64| {
        let vector: Option<Vec<f32>> = wave(challenge, sidx + 7);
        vector.filter(|_| challenge.ticker != "ETH")
    };
    // The same name says another thing each time, and it is one of the store at that.
    let questions: [(&str, Option<Vectors<'_>>); 7] = [
        (STRONG, None),
        (STRONG, Some(&wave)),
        ("0new", Some(&flipped)),
        ("0new", Some(&others)),
        (STRONG, Some(&flipped)),
        (STRONG, Some(&others)),
        ("5zz", Some(&wave)),
    ];
    let profile = profile(&golden());
    let ask = |me, vectors, profile: &ScoringProfile| {
        Asked { me, vectors, profile: profile.clone() }.answer(&path)
    };
    for _ in 0..2 {
        for (me, vectors) in questions {
            ask(me, vectors, &profile);
        }
    }
    // With other constants it is another question.
    let mut few = profile.clone();
    few.binary.top_k = 1;
    few.binary.sel_band_max_extra = 0;
    let before = ask(STRONG, None, &profile);
    assert_ne!(ask(STRONG, None, &few).shares, before.shares);
    // A file that is cut off is made again.
    for entry in std::fs::read_dir(folder.path().join("datalog.db.mantis")).unwrap() {
        let file = entry.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() - 3]).unwrap();
    }
    ask(STRONG, Some(&wave), &profile);
    // So is everything when the store goes on.
    let store = rusqlite::Connection::open(&path).unwrap();
    store
        .execute_batch("DELETE FROM challenge_data WHERE ticker = 'ETH' AND sidx % 10 = 3")
        .unwrap();
    drop(store);
    assert_ne!(ask(STRONG, None, &profile).shares, before.shares);
}

#[test]
fn breakouts_take_embeddings_from_outside() {
    let golden = golden();
    let all = datasets(&ledger(&profile(&golden)), &golden);
    let Observed::Breakouts(samples) = &breakouts(&all).observed else { panic!("no breakouts") };
    // Foresight: continuation exactly where it came.
    let found: HashMap<(i64, usize), u8> =
        samples.iter().map(|s| ((s.event.trigger_sidx, s.asset), s.event.label)).collect();
    let knows = |challenge: &Challenge, sidx: i64| {
        let said = |asset: usize| match found.get(&(sidx, asset)) {
            Some(1) => [0.9, 0.1],
            Some(_) => [0.1, 0.9],
            None => [0.5, 0.5],
        };
        let of_breakouts = challenge.ticker == "MULTIBREAKOUT";
        of_breakouts.then(|| (0..challenge.assets.len()).flat_map(said).collect())
    };
    let report = run("0seer", Some(&knows), &all);
    let place = report.challenges.iter().find(|c| c.ticker == "MULTIBREAKOUT").unwrap();
    assert!(place.inserted, "{place:?}");
    let standing = place.standing.as_ref().unwrap();
    assert!(standing.rank == 1 && standing.share > 0.3, "{standing:?}");
    assert!(report.challenges.iter().filter(|c| c.inserted).count() == 1);
    // Its vectors are stored in half precision, and only at the minutes of breakouts.
    let mut breakouts = breakouts(&all).clone();
    breakouts.insert("0seer", |sidx| knows(&breakouts_challenge(), sidx));
    let Observed::Breakouts(samples) = &breakouts.observed else { panic!("no breakouts") };
    let half = samples[0].embeddings["0seer"][0];
    assert!(half == 0.899_902_34 || half == 0.099_975_586, "{half}");
    breakouts.insert("0seer", |_| None);
    let Observed::Breakouts(samples) = &breakouts.observed else { panic!("no breakouts") };
    assert!(samples.iter().all(|s| !s.embeddings.contains_key("0seer")));
}

fn breakouts(all: &[Dataset]) -> &Dataset {
    all.iter().find(|d| d.challenge.ticker == "MULTIBREAKOUT").unwrap()
}

fn breakouts_challenge() -> Challenge {
    ChallengeTable::profile("2026-07").unwrap().get("MULTIBREAKOUT").unwrap().clone()
}

#[test]
fn a_value_that_cannot_be_fitted_is_named_with_its_challenge_and_minute() {
    let golden = golden();
    let all = datasets(&ledger(&profile(&golden)), &golden);
    let profile = profile(&golden);
    let ledger = ledger(&profile);
    let first_blocks = ledger.first_blocks().unwrap();
    let input = AmongInput {
        me: STRONG,
        vectors: None,
        first_blocks: &first_blocks,
        block: 0,
        profile: &profile,
        threads: 1,
    };
    for dataset in &all {
        let ticker = dataset.challenge.ticker.clone();
        let mut poisoned = dataset.clone();
        let asked = dataset.asked();
        let minute = asked[asked.len() / 3];
        let dim = dataset.challenge.stored_dim;
        // What a validator's own store may hold, though a checked submission of ours does not.
        poisoned.insert("5poison", |sidx| {
            Some(vec![if sidx == minute { f32::NAN } else { 0.4 + 0.2 * (sidx as f32).sin() }; dim])
        });
        let found =
            among([Ok(poisoned)].into_iter(), &input, &mut |_, _| ControlFlow::Continue(()));
        // Ranks and breakouts end the validator's own calculation; elsewhere NaN counts as nothing said.
        let ends = ["MULTIXSEC", "FUNDINGXSEC", "MULTIBREAKOUT"].contains(&ticker.as_str());
        match found {
            Ok(_) => assert!(!ends, "{ticker} takes NaN"),
            Err(error) => {
                assert!(ends, "{ticker}: {error}");
                let text = error.to_string();
                for part in [&ticker, "5poison", &format!("sidx {minute}")] {
                    assert!(text.contains(part), "{text}");
                }
            }
        }
    }
}
