//! The real market data in `fixtures/data` is what its manifest says.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mantis_data::{Check, FolderStore, Interval, QualityReport, SeriesKind, Timestamp};
use sha2::{Digest, Sha256};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/data")
}

fn store() -> FolderStore {
    FolderStore::open(root()).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn every_file_is_as_in_the_manifest() {
    let manifest = fs::read_to_string(root().join("MANIFEST.csv")).unwrap();
    let mut lines = manifest.lines();
    assert_eq!(lines.next(), Some("file,rows,first,last,sha256"));
    let store = store();
    let mut listed = BTreeSet::new();
    for line in lines {
        let [file, rows, first, last, sha256] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}: expected 5 fields");
        };
        let digest = Sha256::digest(fs::read(root().join(file)).unwrap());
        assert_eq!(hex::encode(digest), sha256, "{file}");
        let (symbol, name) = file.split_once('/').unwrap();
        let times = if name == "ohlcv.parquet" {
            store.bars(symbol, Interval::HOUR).unwrap().open_time().to_vec()
        } else {
            store.series(symbol, SeriesKind::FundingRate).unwrap().known_at().to_vec()
        };
        assert_eq!(times.len().to_string(), rows, "{file}");
        assert_eq!(times.first(), Some(&at(first)), "{file}");
        assert_eq!(times.last(), Some(&at(last)), "{file}");
        assert!(listed.insert(file.to_owned()), "{file} is listed twice");
    }
    assert_eq!(found(), listed, "files on disk (left) and in the manifest (right)");
}

/// Every file in the folders of the symbols.
fn found() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root()).unwrap().map(Result::unwrap) {
        let symbol = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            for file in fs::read_dir(entry.path()).unwrap() {
                found.insert(format!(
                    "{symbol}/{}",
                    file.unwrap().file_name().into_string().unwrap()
                ));
            }
        } else {
            assert!(
                ["MANIFEST.csv", "README.md"].contains(&symbol.as_str()),
                "{symbol} is an orphan"
            );
        }
    }
    found
}

#[test]
fn bitcoin_has_its_known_outages_and_extremes() {
    let bars = store().bars("BTCUSDT", Interval::HOUR).unwrap();
    let report = QualityReport::of(&bars);
    assert_eq!((report.count(Check::Gap), report.missing_bars()), (27, 122), "{report}");
    assert_eq!(report.count(Check::Flat), 3, "{report}");
    assert!(report.gaps.iter().all(|gap| gap.until <= at("2023-03-25")), "{report}");
    assert!((report.largest_moves[0].log_move.abs() - 0.201).abs() < 5e-4, "{report}");
    let year = bars.between(at("2024-01-01"), at("2025-01-01"));
    let extreme = |values: &[f64], pick: fn(f64, f64) -> f64| values.iter().copied().reduce(pick);
    assert_eq!(extreme(year.low(), f64::min).map(f64::round), Some(38_555.0));
    assert_eq!(extreme(year.high(), f64::max).map(f64::round), Some(108_353.0));
}

#[test]
fn bitcoin_and_ether_make_a_panel() {
    let panel = store().panel(Interval::HOUR, &["BTCUSDT", "ETHUSDT", "BTCUSDT_PERP"]).unwrap();
    assert_eq!(panel.clock().first(), Some(&at("2018-01-01")));
    let t = at("2025-01-01T08:00:00Z");
    let funding = panel.as_of(t);
    let funding = funding.series("BTCUSDT", SeriesKind::FundingRate).unwrap();
    assert!(funding.known_at().last().is_some_and(|&at| at <= t));
    let missing = panel.rows("BTCUSDT_PERP").unwrap().iter().take_while(|row| row.is_none());
    assert_eq!(panel.clock()[missing.count()], at("2019-09-08T17:00:00Z"));
}
