//! What the program `audit` prints and how it ends.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Few rows and cuts, so that a run takes a moment.
const QUICK: [&str; 6] = ["--exact-rows", "400", "--learner-rows", "2000", "--cuts", "2"];

fn audit(args: &[&str]) -> Output {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data");
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit"));
    command.arg("--data-dir").arg(data).args(QUICK).args(args).output().unwrap()
}

fn plan(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("plan.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_clean_plan_of_ones_own_passes_in_text_and_json() {
    let folder = TempDir::new().unwrap();
    let path = plan(
        &folder,
        "symbol = \"BTCUSDT\"\ncolumns = [\"rsi_14\", \"basis_z_24@BTCUSDT_PERP\", \"funding_dev_24\", \"ret_1/4h\"]\n",
    );
    let text = audit(&["--plan", &path, "--strict"]);
    assert_eq!(code(&text), 0, "{text:?}");
    let printed = stdout(&text);
    assert!(printed.starts_with("feature plan: 4 columns of BTCUSDT, "), "{printed}");
    assert!(printed.trim_end().ends_with("no look-ahead found"), "{printed}");
    assert_eq!(printed.matches("  pass  ").count(), 8, "{printed}");
    assert!(text.stderr.is_empty(), "progress is for terminals: {text:?}");

    let json = audit(&["--plan", &path, "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(value["report"]["columns"], 4);
    let checks = value["report"]["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["verdict"] == "passed"), "{value}");
}

#[test]
fn planted_leaks_are_caught_and_listed() {
    let folder = TempDir::new().unwrap();
    let path = plan(&folder, "symbol = \"BTCUSDT\"\ncolumns = [\"rsi_14\", \"ret_1\"]\n");
    let output = audit(&["--plan", &path, "--canaries", "--learner-rows", "3000"]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    let printed = stdout(&output);
    assert_eq!(printed.matches("caught by").count(), 6, "{printed}");
    for name in ["whole-series VMD", "selection on all data"] {
        assert!(printed.contains(name), "{name} in {printed}");
    }
}

#[test]
fn a_column_without_values_and_a_check_without_rows_fail() {
    let folder = TempDir::new().unwrap();
    // Its warm-up is longer than the rows that are looked at.
    let path = plan(&folder, "symbol = \"BTCUSDT\"\ncolumns = [\"rsi_14\", \"sma_ratio_500\"]\n");
    let empty = audit(&["--plan", &path]);
    assert_eq!(code(&empty), 3, "{empty:?}");
    let printed = stdout(&empty);
    assert!(printed.contains("sma_ratio_500: has no value in the last 400 rows"), "{printed}");
    let json: serde_json::Value =
        serde_json::from_slice(&audit(&["--plan", &path, "--json"]).stdout).unwrap();
    assert_eq!(json["report"]["checks"][0]["faults"][0]["size"], "infinite");

    let path = plan(&folder, "symbol = \"BTCUSDT\"\ncolumns = [\"rsi_14\"]\n");
    // The store begins in 2018: a week of it is too little for a learner.
    let short = ["--plan", &path, "--until", "2018-01-08"];
    let lenient = audit(&short);
    assert_eq!(code(&lenient), 0, "{lenient:?}");
    let printed = stdout(&lenient);
    assert!(printed.contains("not checked: ") && printed.contains("expected 200"), "{printed}");
    assert_eq!(code(&audit(&[&short[..], &["--strict"]].concat())), 5);
}

#[test]
fn what_cannot_be_audited_says_why() {
    let folder = TempDir::new().unwrap();
    let path = plan(&folder, "symbol = \"BTCUSDT\"\ncolumns = [\"rsi_14\", \"rsy_14\"]\n");
    let output = audit(&["--plan", &path]);
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(code(&output), 1, "{output:?}");
    assert!(error.contains("line 2") && error.contains("rsy_14"), "{error}");

    let output = audit(&["--plan", "nowhere.toml"]);
    assert_eq!(code(&output), 1);
    assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere.toml"), "{output:?}");
    assert_eq!(code(&audit(&["--cuts", "none"])), 2);
    assert_eq!(code(&audit(&["--symbol", "NOSUCH"])), 1);
    let help = audit(&["--help"]);
    assert!(stdout(&help).contains("Exit codes: 0"), "{help:?}");
}
