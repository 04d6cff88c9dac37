//! What a miner does by itself for months: it keeps its bars current and puts better artifacts into place.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mantis_data::sync::Recheck;
use mantis_data::testing::{Exchange, Server};
use mantis_data::{Challenge, ChallengeTable, FolderStore, Interval, LossKind, Store, Timestamp};
use mantis_examples::fetch::{self, What};
use mantis_examples::mine::{RetrainSettings, Retrainer, Verdict, compare};
use mantis_examples::models::check::Outcome;
use mantis_examples::models::market;
use mantis_examples::models::source::{Candidate, candidates};
use mantis_examples::models::train::{Changes, Engine, Options, run_any};
use mantis_models::lstm::Device;

const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";

/// Small enough to be trained in seconds.
const CONFIG: &str = r#"
[plan]
columns = ["ret_1", "ret_2", "ret_3", "rsi_14", "close_location", "hl_spread", "sma_ratio_20", "bb_pctb_20"]

[selector]
n = 4

[lstm]
steps = 5
hidden = 6
layers = 1
dense = [6, 4]

[head]
rounds = 10
leaf_rows = 50
"#;

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data")
}

fn challenge(ticker: &str) -> Challenge {
    market::challenge(None, ticker).unwrap()
}

/// Trains into `home/TICKER` on data up to half a year before the end of the fixtures.
fn train(challenge: &Challenge, home: &Path, data_dir: &Path, seed: u64) -> PathBuf {
    std::fs::create_dir_all(home).unwrap();
    let config = home.join("recipe.toml");
    std::fs::write(&config, CONFIG).unwrap();
    let mut options = Options {
        data_dir: data_dir.to_owned(),
        model_dir: home.to_owned(),
        as_of: time("2025-06-01"),
        changes: Changes {
            config: Some(config),
            train_start: Some(time("2024-02-01")),
            train_end: Some(time("2024-10-01")),
            validation_end: Some(time("2025-04-01")),
            epochs: Some(1),
            seed: Some(seed),
            ..Changes::default()
        },
        engine: Engine::Native,
        device: Device::Cpu,
        threads: 1,
        resume: false,
        fetching: None,
        quiet: true,
    };
    // The recipe is of the LSTM, which only a direction has.
    if challenge.loss != LossKind::Binary {
        options = options.of_trees();
        options.changes.config = None;
    }
    let trained = run_any(challenge, &options).unwrap();
    assert!(matches!(trained, Outcome::Direction(_) | Outcome::Answers(_)));
    home.join(&challenge.ticker)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn artifacts_are_compared_on_what_neither_has_seen() {
    let home = tempfile::tempdir().unwrap();
    let cad = challenge("CADUSD");
    let a = train(&cad, &home.path().join("a"), &fixtures(), 1);
    let b = train(&cad, &home.path().join("b"), &fixtures(), 2);
    let now = time("2025-06-30T12:00:00Z");
    let pair = |new: &Path, in_use: &Path| Candidate {
        challenge: cad.clone(),
        new: new.to_owned(),
        in_use: in_use.to_owned(),
    };
    let judged = |new: &Path, in_use: &Path, now| compare(&pair(new, in_use), &fixtures(), now);
    let there = judged(&a, &b, now).unwrap();
    let back = judged(&b, &a, now).unwrap();
    let ((Verdict::Promoted(better), Verdict::Worse(worse))
    | (Verdict::Worse(worse), Verdict::Promoted(better))) = (&there, &back)
    else {
        panic!("{there}, {back}")
    };
    assert_eq!((better.new, better.old, better.hours), (worse.old, worse.new, worse.hours));
    assert!(better.new < better.old && better.hours > 1_000, "{better:?}");
    assert!(judged(&a, &a, now).unwrap().promotes(), "the same is not worse");

    let early = judged(&a, &b, time("2025-04-04")).unwrap();
    assert!(matches!(early, Verdict::TooLittle { hours: 1..168 }), "{early}");
    let first = judged(&a, &home.path().join("none"), now).unwrap();
    assert_eq!(first, Verdict::First);
    std::fs::write(b.join("scaler.json"), "{}").unwrap();
    let damaged = judged(&a, &b, now).unwrap();
    assert!(!damaged.promotes() && damaged.to_string().contains("cannot be loaded"), "{damaged}");
    assert!(judged(&b, &a, now).is_err(), "a new one that cannot be loaded");
    let mut other = pair(&a, &a);
    other.challenge.blocks_ahead = Some(600);
    let error = compare(&other, &fixtures(), now).unwrap_err().to_string();
    assert!(error.contains("CADUSD asks for"), "{error}");
}

#[test]
fn answers_of_several_assets_are_compared_too() {
    let home = tempfile::tempdir().unwrap();
    let mix = challenge("TRADEMIX");
    let new = train(&mix, home.path(), &fixtures(), 1);
    let candidate = Candidate { challenge: mix, new: new.clone(), in_use: new };
    let now = time("2025-06-30T12:00:00Z");
    let Verdict::Promoted(same) = compare(&candidate, &fixtures(), now).unwrap() else { panic!() };
    assert!(same.new == same.old && same.new < 1.0 && same.hours > 1_000, "{same:?}");
}

/// Steps until the work is done; all that was told.
fn finish(retrainer: &mut Retrainer, now: Timestamp) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..3_000 {
        told.extend(retrainer.step(now));
        if retrainer.last() == now {
            return told;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not done within a minute: {told:?}");
}

#[test]
fn trainings_run_on_schedule_and_each_artifact_is_judged() {
    let home = tempfile::tempdir().unwrap();
    let cad = challenge("CADUSD");
    let trained = train(&cad, &home.path().join("trained"), &fixtures(), 1);
    let models = home.path().join("models");
    copy(&trained, &models.join("CADUSD"));
    let settings = |command: &str| RetrainSettings {
        command: command.to_owned(),
        every: Interval::days(7),
        limit: Interval::hours(2),
        table: ChallengeTable::profile("2026-07").unwrap(),
        model_dir: models.clone(),
        data_dir: fixtures(),
    };
    let last = time("2025-06-20");
    let due = last + Interval::days(7);
    // One that replaces the artifact, a first one whose forecasts are of another asset, and no third one.
    let command = format!(
        "mkdir -p \"$MANTIS_CANDIDATE_DIR\" && for t in CADUSD NZDUSD; do cp -r '{}' \"$MANTIS_CANDIDATE_DIR/$t\"; done",
        trained.display()
    );
    let mut retrainer = Retrainer::new(settings(&command), last);
    assert!(retrainer.step(due + Interval::from_micros(-1)).is_empty());
    assert_eq!(retrainer.step(due), ["training new artifacts"]);
    let told = finish(&mut retrainer, due);
    let of = |ticker: &str| told.iter().find(|text| text.starts_with(ticker)).unwrap().as_str();
    assert!(of("CADUSD").contains("new artifact promoted: log loss"), "{told:?}");
    assert!(models.join("CADUSD.before/config.json").is_file());
    assert!(models.join("CADUSD/config.json").is_file());
    assert!(of("NZDUSD").contains("not used") && !models.join("NZDUSD").exists(), "{told:?}");
    assert!(retrainer.step(due + Interval::days(6)).is_empty(), "the schedule goes on");

    // A restart in the middle of a swap.
    std::fs::rename(models.join("CADUSD"), home.path().join("gone")).unwrap();
    let mut failing = Retrainer::new(settings("exit 3"), last);
    assert!(models.join("CADUSD/config.json").is_file());
    failing.step(due);
    let told = finish(&mut failing, due);
    assert!(told[0].contains("exit status: 3; what is in use stays"), "{told:?}");

    let mut empty = Retrainer::new(settings("true"), last);
    empty.step(due);
    let told = finish(&mut empty, due);
    assert!(told[1].contains("no artifact for a challenge of 2026-07"), "{told:?}");

    let alive = home.path().join("alive");
    let command = format!("sleep 1000 & echo $! > '{}'; wait", alive.display());
    let mut endless = Retrainer::new(settings(&command), last);
    endless.step(due);
    while !std::fs::read_to_string(&alive).is_ok_and(|text| text.ends_with('\n')) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(endless.step(due + Interval::hours(2)).is_empty());
    let told = endless.step(due + Interval::hours(3));
    assert!(told[0].contains("took longer than 2 h and was ended"), "{told:?}");
    let id = std::fs::read_to_string(&alive).unwrap();
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    let ended = |stat: &str| stat.is_empty() || stat.contains(") Z ");
    // The signal was sent; the process takes a moment to go.
    let waited = (0..500).find(|_| {
        std::thread::sleep(Duration::from_millis(10));
        ended(&stat())
    });
    assert!(waited.is_some(), "what it started is ended too: {}", stat());
}

#[test]
fn a_lone_artifact_is_of_the_challenge_of_its_symbol() {
    let home = tempfile::tempdir().unwrap();
    let lone = train(&challenge("CADUSD"), home.path(), &fixtures(), 1);
    let table = ChallengeTable::profile("2026-07").unwrap();
    let models = home.path().join("models");
    let found = candidates(&table, &models, &lone).unwrap();
    let names: Vec<&str> = found.iter().map(|c| c.challenge.ticker.as_str()).collect();
    assert_eq!((names, found[0].in_use.clone()), (vec!["CADUSD"], models.join("CADUSD")));
    assert!(candidates(&table, &models, &models).is_err());
}

#[test]
fn mine_keeps_the_bars_of_its_store_current() {
    let now = "2025-06-30T12:05:00Z";
    let bars = FolderStore::open(fixtures()).unwrap().bars("BTCUSDT", Interval::HOUR).unwrap();
    let exchange = Exchange::new(time(now)).bars("BTCUSDT", bars);
    let server = Server::start(move |request| exchange.answer(request)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let data_dir = home.path().join("data");
    let options = fetch::Options {
        tickers: vec!["BTC".to_owned()],
        profile: "guide".to_owned(),
        source: None,
        only: vec![What::Bars],
        since: time("2024-01-01"),
        until: Some(time("2025-06-28")),
        interval: Interval::HOUR,
        data_dir: data_dir.clone(),
        csv: false,
        offline: false,
        base_urls: vec![server.url()],
        proxy: None,
        threads: 2,
        recheck: Recheck::None,
        now: Some(time(now)),
        quiet: true,
    };
    // The perpetual is not listed there.
    fetch::run(&options).unwrap();
    train(&challenge("BTC"), &home.path().join("models"), &data_dir, 1);
    let mine = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mine"));
        command.args(["--hotkey", HOTKEY, "--profile", "guide", "--once", "--now", now]);
        command.args(["--max-artifact-age", "365", "--model-dir"]).arg(home.path().join("models"));
        command
            .arg("--data-dir")
            .arg(&data_dir)
            .arg("--bucket-dir")
            .arg(home.path().join("bucket"));
        command.arg("--state").arg(home.path().join("state.json")).args(flags);
        let output = command.env_remove("HTTPS_PROXY").output().unwrap();
        let text = [&output.stdout[..], &output.stderr[..]].concat();
        (String::from_utf8_lossy(&text).into_owned(), output.status.code())
    };
    let url = server.url();
    let (text, code) = mine(&["--base-url", &url, "--no-sync"]);
    assert!(code == Some(1) && text.contains("stale"), "{text}");
    let (text, code) = mine(&["--base-url", &url]);
    assert!(code == Some(0) && text.contains("✓ 1 embeddings"), "{text}");
    let held = Store::open(&data_dir).unwrap().bars("BTCUSDT", Interval::HOUR).unwrap();
    assert_eq!(held.open_time().last(), Some(&time("2025-06-30T11:00:00Z")));
    assert_eq!(held.open_time().first(), Some(&time("2024-01-01")));
    // Sources that are gone are told, and what is there is used.
    let (text, code) = mine(&["--base-url", "http://127.0.0.1:1", "--now", "2025-06-30T13:04:00Z"]);
    assert!(code == Some(0) && text.contains("sync: "), "{text}");
    let (text, code) = mine(&["--refresh-command", "exit 7", "--now", "2025-06-30T13:04:00Z"]);
    assert!(code == Some(0) && text.contains("refresh: ended with exit status: 7"), "{text}");
}
