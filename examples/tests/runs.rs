//! The program `runs`, run as users run it.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use mantis_data::Timestamp;
use mantis_eval::runs::{RunLog, RunRecord, RunSpan};
use serde_json::Value;

fn runs(file: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runs"));
    command.arg("--file").arg(file).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

fn record(log: &mut RunLog, accuracy: Option<f64>) {
    let t = |day: &str| Timestamp::parse(day).unwrap();
    let measures = accuracy.into_iter().flat_map(|a| [("accuracy", a), ("n", 4344.0)]);
    log.record(RunRecord {
        time: t("2025-08-01"),
        experiment: "BTC".to_owned(),
        config: Value::Null,
        data: "0123".to_owned(),
        code: "0.1.0".to_owned(),
        seed: 42,
        span: RunSpan { from: t("2024-01-01"), to: t("2024-07-01") },
        sealed: false,
        metrics: measures.map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>(),
    })
    .unwrap();
}

#[test]
fn trials_are_counted_and_the_best_is_deflated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs.jsonl");
    assert!(text(&runs(&file, &[])).contains("no run is recorded"));
    let mut log = RunLog::open(&file).unwrap();
    for accuracy in [Some(0.52), None, Some(0.49), Some(0.505)] {
        record(&mut log, accuracy);
    }
    let shown = text(&runs(&file, &[]));
    assert!(shown.contains("BTC: 4 runs") && shown.contains("best accuracy 0.5200"), "{shown}");
    let document: Value = serde_json::from_slice(&runs(&file, &["--json"]).stdout).unwrap();
    assert_eq!(document[0]["trials"], 4);
    let probability = document[0]["probability_above_luck"].as_f64().unwrap();
    assert!(probability > 0.5 && probability < 0.9958, "{probability}");
    let other = runs(&file, &["--experiment", "ETH"]);
    assert_eq!(other.status.code(), Some(1));
    assert!(text(&other).contains("BTC"), "{}", text(&other));
}

#[test]
fn a_span_is_sealed_once_and_not_after_a_look() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs.jsonl");
    let seal = |from, to| runs(&file, &["seal", "--experiment", "BTC", "--from", from, "--to", to]);
    assert!(text(&seal("2025-01-01", "2025-06-30")).contains("to 2025-07-01T00:00:00Z is sealed"));
    assert_eq!(seal("2025-06-30", "2025-07-30").status.code(), Some(1));
    record(&mut RunLog::open(&file).unwrap(), Some(0.5));
    let seen = seal("2024-06-01", "2024-12-31");
    assert_eq!(seen.status.code(), Some(1));
    assert!(text(&seen).contains("looked at"), "{}", text(&seen));
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runs"));
    command.arg("--file").arg(folder.path().join("runs.jsonl"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    // A full disk is one.
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let output = command.stdout(full).output().unwrap();
        assert!(output.status.code() == Some(1), "{output:?}");
        assert!(text(&output).contains("the output cannot be written"), "{output:?}");
    }
}
