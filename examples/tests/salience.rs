//! The program `salience`, run as users run it: on the golden ledger, which MANTIS itself has written, and on forecasts of their own.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mantis_data::{ChallengeTable, FolderStore, Interval, Timestamp};
use mantis_eval::ledger::{Ledger, Observed, ReadFilter};
use mantis_eval::runs::{RunLog, RunSpan};
use serde_json::{Value, json};
use tempfile::TempDir;

const STRONG: &str = "5oxV_strong";

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name)
}

fn ledger() -> PathBuf {
    fixtures("golden/salience/ledger/datalog.db")
}

fn golden() -> Value {
    let path = fixtures("golden/salience/ledger/salience.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn salience() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_salience"));
    command.arg("--data-dir").arg(fixtures("data")).args(["--threads", "2"]);
    command
}

/// On the golden ledger up to its newest block, with the small windows of its README for yes-or-no challenges.
fn on_ledger(folder: &TempDir, me: &str) -> Command {
    let constants = json!({"binary": golden()["overrides"]["config"]});
    let scoring = written(folder, "scoring.json", &constants.to_string());
    let mut command = salience();
    command.arg("--ledger").arg(ledger());
    command.arg("--scoring").arg(scoring).args(["--me", me]);
    command.arg("--cache").arg(folder.path().join("cache"));
    command
}

fn written(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn output(command: &mut Command, code: i32) -> Output {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{error}");
    output
}

fn json_of(command: &mut Command) -> Value {
    serde_json::from_slice(&output(command.arg("--json"), 0).stdout).unwrap()
}

/// What is said about flags that do not go together (2) or do not fit the data (1).
fn refusal(command: &mut Command, code: i32) -> String {
    let output = output(command, code);
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn challenge<'a>(report: &'a Value, ticker: &str) -> &'a Value {
    let all = report["report"]["challenges"].as_array().unwrap();
    all.iter().find(|challenge| challenge["ticker"] == ticker).unwrap()
}

#[test]
fn a_hotkey_of_the_ledger_is_paid_what_the_original_pays() {
    let folder = tempfile::tempdir().unwrap();
    let newest = json_of(&mut on_ledger(&folder, STRONG))["block"].as_i64().unwrap();
    // The original scored all blocks of this store; the program leaves out the last 500, as the validator does.
    let block = (newest + 500).to_string();
    // It scored those who have left as well.
    let table = ChallengeTable::profile("2026-07").unwrap();
    let all = Ledger::open(&ledger(), table).unwrap().first_blocks().unwrap();
    let all: Vec<String> = all.into_keys().collect();
    let registered = written(&folder, "registered.txt", &all.join("\n"));
    let page = folder.path().join("ledger.html");
    let mut command = on_ledger(&folder, STRONG);
    command.args(["--block", &block]).arg("--registered").arg(registered).arg("--out").arg(&page);
    let report = json_of(&mut command);
    assert_eq!(report["data_until"].as_i64(), Some(newest));
    let expected = &golden()["variants"]["all"];
    for ticker in ["ETH", "CADUSD", "NZDUSD", "CHFUSD", "XAGUSD"] {
        let share = challenge(&report, ticker)["standing"]["share"].as_f64().unwrap();
        let right = expected["breakdown"][ticker][STRONG].as_f64().unwrap();
        let tolerance =
            expected["tolerance_abs"][ticker]["same_solver_path"].as_f64().unwrap_or(1e-9);
        assert!((share - right).abs() <= tolerance, "{ticker}: {share}, original {right}");
    }
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(STRONG) && !page.contains("src=\"http"));
}

#[test]
fn submissions_of_a_file_join_the_miners() {
    let folder = tempfile::tempdir().unwrap();
    let newest = json_of(&mut on_ledger(&folder, STRONG))["data_until"].as_i64().unwrap();
    // Of the second line nothing is stored: it is out of range.
    let lines = format!(
        "{{\"block\": 0, \"ETH\": [0.25, -0.25]}}\n{{\"block\": {newest}, \"ETH\": [7.0, -0.5]}}\n",
    );
    let file = written(&folder, "me.jsonl", &lines);
    let report = json_of(on_ledger(&folder, file.to_str().unwrap()).args(["--hotkey", "newcomer"]));
    assert_eq!(report["report"]["me"], "newcomer");
    let notes = report["notes"].to_string();
    assert!(notes.contains("line 2") && notes.contains("ETH"), "{notes}");
    let before = json_of(&mut on_ledger(&folder, STRONG));
    let miners = |report: &Value| challenge(report, "ETH")["miners"].as_i64().unwrap();
    assert_eq!(miners(&report), miners(&before) + 1);

    let broken = written(&folder, "broken.jsonl", "{\"ETH\": [0.1, -0.1]}\n");
    let text = refusal(&mut on_ledger(&folder, broken.to_str().unwrap()), 1);
    assert!(text.contains("line 1") && text.contains("block"), "{text}");
}

#[test]
fn a_compact_copy_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cached = json_of(&mut on_ledger(&folder, STRONG));
    assert!(folder.path().join("cache/ETH.columns").is_file());
    assert_eq!(json_of(&mut on_ledger(&folder, STRONG)), cached);
    let mut plain = salience();
    plain.arg("--ledger").arg(ledger()).args(["--me", STRONG, "--no-cache"]);
    plain.arg("--scoring").arg(folder.path().join("scoring.json"));
    assert_eq!(json_of(&mut plain), cached);
    // A folder that cannot be one.
    let file = written(&folder, "file", "");
    let mut wrong = salience();
    wrong.arg("--ledger").arg(ledger()).args(["--me", STRONG, "--cache"]).arg(&file);
    assert!(refusal(&mut wrong, 1).contains("another folder"));
}

#[test]
fn a_ledger_of_ones_own_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "{\"block\": 4000000, \"ETH\": [0.5, -0.5], \"TRADEMIX\": {\"BTC\": 0.25}}\n";
    let mine = written(&folder, "mine.jsonl", lines);
    let path = folder.path().join("own.db");
    let write = || {
        let mut command = salience();
        command.arg("--write-ledger").arg(&path).args(["--days", "1", "--n-competitors", "4"]);
        command.arg("--miner").arg(format!("5Mine={}", mine.display()));
        command
    };
    let written_ = json_of(&mut write());
    assert_eq!(written_["steps"], 1440);
    let hotkeys: Vec<String> = serde_json::from_value(written_["hotkeys"].clone()).unwrap();
    assert!(hotkeys.contains(&"5Mine".to_owned()) && hotkeys.len() > 2, "{hotkeys:?}");
    assert!(refusal(&mut write(), 1).contains("own.db"), "nothing is written over");
    assert!(refusal(write().args(["--n-samples", "9"]), 2).contains("--n-samples"));
    let table = ChallengeTable::profile("2026-07").unwrap();
    let store = Ledger::open(&path, table.clone()).unwrap();
    assert_eq!(store.first_blocks().unwrap()["5Mine"], 4_000_000);
    let filter = ReadFilter::default();
    let eth = store.dataset(table.get("ETH").unwrap(), &filter).unwrap().unwrap();
    // The last 300 blocks are not mature and the last hour has no outcome.
    assert_eq!(eth.sidx.len(), 1440 - 60);
    let column = eth.hotkeys.iter().position(|h| h == "5Mine").unwrap();
    let said = eth.matrix().unwrap().values_of(column).unwrap();
    assert!(said.chunks(2).all(|v| v == [0.5, -0.5]));
    let trade = store.dataset(table.get("TRADEMIX").unwrap(), &filter).unwrap().unwrap();
    let Observed::Assets(prices) = &trade.observed else { panic!("prices") };
    // Of its four assets TAO has no bundled data.
    assert_eq!((prices.nrows(), prices.iter().filter(|p| **p > 0.0).count()), (1440, 3 * 1440));
    // The same flags write the same ledger.
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    json_of(&mut write());
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let strong = || on_ledger(&folder, STRONG);
    assert!(refusal(&mut salience(), 2).contains("--model-path, --forecasts, --ledger"));
    let chance = forecasts(&folder, |_| 0.5);
    let text = refusal(salience().arg("--forecasts").arg(chance).args(["--surrogates", "0"]), 1);
    assert!(text.contains("what chance earns"), "{text}");
    assert!(refusal(salience().args(["--me", STRONG]), 2).contains("--ledger"));
    assert!(refusal(strong().args(["--n-samples", "9"]), 2).contains("--n-samples"));
    assert!(refusal(salience().args(["--block", "9"]), 2).contains("--ledger"));
    assert!(refusal(&mut on_ledger(&folder, "nobody"), 1).contains("hotkeys of the ledger"));
    assert!(refusal(strong().args(["--block", "400"]), 1).contains("500"));
    let nobody = written(&folder, "registered.txt", "5Other\n");
    let text = refusal(strong().arg("--registered").arg(nobody), 1);
    assert!(text.contains("registered"), "{text}");
}

/// Forecasts of every hour of the first half of 2025, from the close an hour later.
fn forecasts(folder: &TempDir, p_up: impl Fn(f64) -> f64) -> PathBuf {
    let store = FolderStore::open(fixtures("data")).unwrap();
    let bars = store.bars("BTCUSDT", Interval::HOUR).unwrap();
    let from = Timestamp::parse("2025-01-01").unwrap();
    let mut text = "time,p_up\n".to_owned();
    for row in 0..bars.len() - 1 {
        if bars.open_time()[row] < from {
            continue;
        }
        let change = bars.close()[row + 1] - bars.close()[row];
        writeln!(text, "{},{}", bars.open_time()[row] + Interval::HOUR, p_up(change)).unwrap();
    }
    written(folder, "forecasts.csv", &text)
}

fn simulated(forecasts: &Path) -> Command {
    let mut command = salience();
    command.arg("--forecasts").arg(forecasts);
    command.args(["--surrogates", "1", "--no-copies", "--checks", "2"]);
    command
}

/// The user's share among the synthetic miners. Few of them pass the criterion, and the verdict is not what is tested.
fn share(folder: &TempDir, p_up: impl Fn(f64) -> f64) -> f64 {
    let output = simulated(&forecasts(folder, p_up)).arg("--json").output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["report"]["pay"]["my_share"].as_f64().unwrap()
}

#[test]
fn forecasts_from_the_future_are_paid_and_a_constant_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let seer = share(&folder, |change| if change > 0.0 { 0.9 } else { 0.1 });
    assert!(seer > 0.15, "{seer}");
    assert_eq!(share(&folder, |_| 0.6), 0.0);
    // The two numbers themselves are paid as the probability that they come from; what is out of their range is refused.
    let numbers = |sure: f64| {
        let text = std::fs::read_to_string(forecasts(&folder, |c| if c > 0.0 { 0.9 } else { 0.1 }));
        let line = |line: &str| match line.split_once(',') {
            Some((time, p)) if p != "p_up" => {
                let up = sure * (2.0 * p.parse::<f64>().unwrap() - 1.0);
                format!("{time},{},{up}\n", -up)
            }
            _ => "time,value_1,value_2\n".to_owned(),
        };
        let text: String = text.unwrap().lines().map(line).collect();
        written(&folder, "numbers.csv", &text)
    };
    let numbered = simulated(&numbers(1.0)).arg("--json").output().unwrap();
    let report: Value = serde_json::from_slice(&numbered.stdout).unwrap();
    assert!((report["report"]["pay"]["my_share"].as_f64().unwrap() - seer).abs() < 1e-4);
    let text = refusal(&mut simulated(&numbers(2.0)), 1);
    assert!(text.contains("in line 2") && text.contains("numbers from -1 to 1"), "{text}");
    let record = folder.path().join("runs.jsonl");
    let constant = || {
        let mut command = simulated(&forecasts(&folder, |_| 0.6));
        command.arg("--runs").arg(&record);
        command
    };
    let text = String::from_utf8(output(&mut constant(), 3).stdout).unwrap();
    assert!(text.contains("FAIL"), "{text}");
    // The look is on record, and a span that is kept back is not looked at.
    let mut log = RunLog::open(&record).unwrap();
    let run = log.runs().next().unwrap().clone();
    assert_eq!((log.trials("BTC"), run.metrics["share"]), (1, 0.0));
    assert!(run.data.len() == 64 && run.code.len() > 20 && run.config["n_samples"] == 10_000);
    let kept = RunSpan { from: run.span.from, to: run.span.to };
    log.seal("ETH", kept, run.time).unwrap();
    let text = refusal(constant().args(["--experiment", "ETH"]), 1);
    assert!(text.contains("is sealed"), "{text}");
}
