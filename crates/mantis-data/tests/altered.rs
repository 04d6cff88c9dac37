//! Parquet files with altered bytes are read or refused, and never panic.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use mantis_data::{FolderStore, Interval, SeriesKind};
use proptest::prelude::*;

/// Bytes of a bundled file.
fn bundled(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/data").join(name);
    std::fs::read(path).unwrap()
}

/// Reads it as whoever trains on it does; what comes out may be wrong, since a folder of files has no checksums.
fn read(file: &str, bytes: &[u8]) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("XRPUSDT");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(file), bytes).unwrap();
    let Ok(store) = FolderStore::open(home.path()) else { return };
    if file == "ohlcv.parquet" {
        let _ = store.bars("XRPUSDT", Interval::HOUR);
    } else {
        let _ = store.series("XRPUSDT", SeriesKind::FundingRate);
    }
}

fn altered(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8)], end: usize) -> Vec<u8> {
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes.truncate(bytes.len() - end.min(bytes.len()));
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn altered_bars_do_not_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in prop_oneof![3 => Just(0_usize), 1 => 0_usize..2_000],
    ) {
        read("ohlcv.parquet", &altered(bundled("XAUUSD_GCF/ohlcv.parquet"), &changes, end));
    }

    /// Most of what decides how a file is read stands at its end.
    #[test]
    fn altered_footers_do_not_panic(
        changes in prop::collection::vec((0_usize..4_000, any::<u8>()), 1..8),
    ) {
        let mut bytes = bundled("XAUUSD_GCF/ohlcv.parquet");
        let length = bytes.len();
        for (from_end, byte) in changes {
            bytes[length - 1 - from_end.min(length - 1)] = byte;
        }
        read("ohlcv.parquet", &bytes);
    }

    #[test]
    fn altered_rates_do_not_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        read("funding_rates.parquet", &altered(bundled("SOLUSDT/funding_rates.parquet"), &changes, 0));
    }
}
