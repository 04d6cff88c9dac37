//! `demo` on data that it cannot use: one message that says what to do, a failure, and nothing half-written.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const HEADER: &str = "timestamp,open,high,low,close,volume\n";

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Hourly bars from 2024 on, with one line changed.
    fn bars(&self, rows: usize, change: impl Fn(usize, String) -> String) -> PathBuf {
        let mut text = HEADER.to_owned();
        for i in 0..rows {
            let (stamp, close) = (1_704_067_200_000 + 3_600_000 * i, 40_000 + i % 97);
            let line = format!("{stamp},{close},{},{},{close},12.5", close + 5, close - 5);
            writeln!(text, "{}", change(i, line)).unwrap();
        }
        for symbol in ["BTCUSDT", "BTCUSDT_PERP", "ETHUSDT"] {
            let folder = self.at("data").join(symbol);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("ohlcv.csv"), &text).unwrap();
        }
        self.at("data")
    }

    /// What the program says of a folder of data; it must fail with one message and leave no artifact.
    fn refused(&self, data: &Path) -> String {
        let out = self.at("out");
        let output = Command::new(env!("CARGO_BIN_EXE_demo"))
            .args(["--quick", "--quiet", "--data-dir"])
            .arg(data)
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.starts_with("error: ") && !text.contains("panicked"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(output.stdout.is_empty());
        let left: Vec<_> = fs::read_dir(&out).into_iter().flatten().collect();
        assert!(left.is_empty(), "{left:?}");
        text
    }
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{text} does not say {word}");
    }
}

#[test]
fn no_data() {
    let bench = Bench::new();
    says(&bench.refused(&bench.at("nowhere")), &["nowhere", "no such folder"]);
}

#[test]
fn a_truncated_file() {
    let bench = Bench::new();
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data/BTCUSDT");
    let folder = bench.at("data/BTCUSDT");
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(bundled).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        fs::write(folder.join(path.file_name().unwrap()), &bytes[..bytes.len() / 2]).unwrap();
    }
    says(&bench.refused(&bench.at("data")), &["ohlcv.parquet"]);
}

#[test]
fn a_bar_out_of_order() {
    let bench = Bench::new();
    let data = bench.bars(2_000, |i, line| {
        if i == 700 { line.replacen("1706587200000", "1704067200000", 1) } else { line }
    });
    says(&bench.refused(&data), &["BTCUSDT", "2024-01-01T00:00:00Z"]);
}

#[test]
fn a_price_that_is_no_number() {
    let bench = Bench::new();
    let data =
        bench.bars(2_000, |i, line| if i == 700 { line.replacen("40021", "nan", 1) } else { line });
    says(&bench.refused(&data), &["ohlcv.csv", "line 702", "NaN"]);
}

#[test]
fn fewer_bars_than_a_window_and_none_to_train_on() {
    let bench = Bench::new();
    let data = bench.bars(200, |_, line| line);
    says(&bench.refused(&data), &["training part", "load more bars"]);
}
