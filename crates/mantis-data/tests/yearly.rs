//! The store of yearly files: what it keeps, what it survives, what it refuses.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use mantis_data::store::{Dataset, DatasetKind, Piece, Rows};
use mantis_data::testing::snapshot;
use mantis_data::{
    Bars, FolderStore, Interval, SeriesKind, Store, TimeRange, Timestamp, open_data_dir,
};
use proptest::prelude::*;
use support::{at, bars};
use tempfile::TempDir;

fn rows_of(bars: &Bars) -> Rows {
    let columns = bars.to_columns();
    let volume = columns.volume.clone();
    Rows::new(
        "test",
        columns.open_time,
        [
            ("open", columns.open),
            ("high", columns.high),
            ("low", columns.low),
            ("close", columns.close),
            ("volume", columns.volume),
            ("taker_buy_volume", volume),
        ],
    )
    .unwrap()
}

fn piece(range: TimeRange, rows: usize) -> Piece {
    Piece {
        range,
        source: "test".to_owned(),
        origin: None,
        sha256: None,
        rows,
        fetched_at: at("2026-01-01"),
    }
}

fn part(bars: &Bars, from: Timestamp, until: Timestamp) -> (Piece, Rows) {
    let bars = bars.between(from, until);
    (piece(TimeRange::new(from, until), bars.len()), rows_of(&bars))
}

struct Fixture {
    folder: TempDir,
    store: Store,
    dataset: Dataset,
    bars: Bars,
}

/// Hours across three calendar years.
fn fixture() -> Fixture {
    let folder = TempDir::new().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let dataset = Dataset::bars("BTCUSDT", Interval::HOUR).unwrap();
    let bars = bars("BTCUSDT", "2023-12-20", 10_000, 1);
    let all = part(&bars, at("2023-12-20"), at("2025-02-20"));
    store.writer().unwrap().commit(&dataset, vec![all]).unwrap();
    Fixture { folder, store, dataset, bars }
}

#[test]
fn years_make_files_and_bars_come_back_bit_by_bit() {
    let f = fixture();
    assert_eq!(f.store.bars("BTCUSDT", Interval::HOUR).unwrap(), f.bars);
    let manifest = f.store.manifest(&f.dataset).unwrap();
    let years: Vec<i32> = manifest.years.iter().map(|year| year.year).collect();
    assert_eq!(years, [2023, 2024, 2025]);
    assert_eq!(manifest.rows(), 10_000);
    assert_eq!(
        (manifest.first(), manifest.last()),
        (Some(at("2023-12-20")), f.bars.open_time().last().copied())
    );
    assert!(f.store.verify(&f.dataset).unwrap().is_empty());
    assert_eq!(f.store.datasets().unwrap(), std::slice::from_ref(&f.dataset));
    let (from, until) = (at("2024-12-31T20:00:00Z"), at("2025-01-01T03:00:00Z"));
    let some = f.store.bars_in("BTCUSDT", Interval::HOUR, TimeRange::new(from, until)).unwrap();
    assert_eq!(some, f.bars.between(from, until));
}

#[test]
fn files_of_other_years_are_not_opened() {
    let f = fixture();
    let year = TimeRange::new(at("2024-01-01"), at("2025-01-01"));
    let manifest = f.store.manifest(&f.dataset).unwrap();
    let folder = f.folder.path().join("BTCUSDT/bars_1h");
    std::fs::remove_file(folder.join(&manifest.years[0].file)).unwrap();
    std::fs::write(folder.join(&manifest.years[2].file), b"rubbish").unwrap();
    let read = f.store.rows(&f.dataset, year, &["close"]).unwrap();
    assert_eq!(read.len(), 8_784);
    assert_eq!(read.names().collect::<Vec<_>>(), ["close"]);
    // The same rows from the damaged years are an error that names the file.
    let message = f.store.bars("BTCUSDT", Interval::HOUR).unwrap_err().to_string();
    assert!(message.contains(&manifest.years[0].file) && message.contains("gone"), "{message}");
}

#[test]
fn rows_of_minutes_are_pruned_to_the_range() {
    let folder = TempDir::new().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let dataset = Dataset::bars("BTCUSDT", Interval::MINUTE).unwrap();
    let walk = mantis_data::source::synthetic::RandomWalk::default();
    let bars = walk.bars("BTCUSDT", at("2024-01-01"), Interval::MINUTE, 200_000, 1).unwrap();
    let until = at("2024-12-01");
    store.writer().unwrap().commit(&dataset, vec![part(&bars, at("2024-01-01"), until)]).unwrap();
    for (from, until) in [
        ("2024-03-10T12:00:00Z", "2024-03-10T12:30:00Z"),
        ("2023-01-01", "2024-01-01T00:01:00Z"),
        ("2024-02-15T12:15:00Z", "2024-02-15T12:17:00Z"),
        ("2024-06-01", "2024-07-01"),
    ] {
        let range = TimeRange::new(at(from), at(until));
        let read = store.bars_in("BTCUSDT", Interval::MINUTE, range).unwrap();
        assert_eq!(read, bars.between(range.from, range.until), "{range}");
    }
}

#[test]
fn what_a_killed_writer_leaves_does_not_count() {
    let f = fixture();
    let before = snapshot(f.folder.path()).unwrap();
    let folder = f.folder.path().join("BTCUSDT/bars_1h");
    // A file that was being written, and one whose manifest did not come.
    std::fs::write(folder.join(".abc.tmp"), b"half").unwrap();
    std::fs::write(folder.join("2026.0123456789abcdef.parquet"), b"whole").unwrap();
    std::fs::write(folder.join("notes.txt"), b"mine").unwrap();
    assert_eq!(f.store.bars("BTCUSDT", Interval::HOUR).unwrap(), f.bars);
    drop(f.store.writer().unwrap());
    std::fs::remove_file(folder.join("notes.txt")).unwrap();
    assert_eq!(snapshot(f.folder.path()).unwrap(), before);
}

#[test]
fn a_damaged_manifest_is_made_anew_from_the_files() {
    let f = fixture();
    let path = f.folder.path().join("BTCUSDT/bars_1h/manifest.json");
    let years = f.store.manifest(&f.dataset).unwrap().years;
    std::fs::write(&path, b"{").unwrap();
    let message = f.store.bars("BTCUSDT", Interval::HOUR).unwrap_err().to_string();
    assert!(message.contains("manifest.json") && message.contains("fetch"), "{message}");
    // Taking the lock must not clear away what the manifest no longer tells.
    let damages = f.store.writer().unwrap().set_aside(&f.dataset).unwrap();
    assert!(damages[0].path.ends_with("manifest.json.damaged"), "{damages:?}");
    let manifest = f.store.manifest(&f.dataset).unwrap();
    assert_eq!(manifest.years, years);
    assert!(manifest.coverage().is_empty());
    assert_eq!(f.store.bars("BTCUSDT", Interval::HOUR).unwrap(), f.bars);
}

#[test]
fn manifests_that_lead_elsewhere_are_refused() {
    let f = fixture();
    let path = f.folder.path().join("BTCUSDT/bars_1h/manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("\"file\": \"2023.", "\"file\": \"../2023."),
        ("\"format\": 1", "\"format\": 2"),
        ("BTCUSDT/bars_1h", "ETHUSDT/bars_1h"),
        ("\"pieces\"", "\"parts\""),
    ] {
        std::fs::write(&path, text.replace(from, to)).unwrap();
        assert!(f.store.manifest(&f.dataset).is_err(), "{to}");
    }
}

#[test]
fn rows_that_are_no_bars_do_not_get_in() {
    let f = fixture();
    let before = snapshot(f.folder.path()).unwrap();
    let day = TimeRange::new(at("2025-03-01"), at("2025-03-02"));
    let commit = |values: [f64; 5]| {
        let names = ["open", "high", "low", "close", "volume"];
        let rows = Rows::new("x", vec![day.from], names.into_iter().zip(values.map(|v| vec![v])));
        let parts = vec![(piece(day, 1), rows.unwrap())];
        f.store.writer().unwrap().commit(&f.dataset, parts).unwrap_err().to_string()
    };
    assert!(commit([1.0, 0.5, 1.0, 1.0, 1.0]).contains("low <= high"));
    assert!(commit([1.0, f64::NAN, 1.0, 1.0, 1.0]).contains("finite"));
    assert!(commit([1.0, 1.0, 1.0, 1.0, -1.0]).contains("volume"));
    assert_eq!(snapshot(f.folder.path()).unwrap(), before);
    for symbol in ["", "..", "a/b", ".x", "a b"] {
        assert!(Dataset::new(symbol, DatasetKind::FundingRate).is_err(), "{symbol:?}");
    }
}

#[test]
fn settlements_that_two_sources_stamp_differently_count_once() {
    let folder = TempDir::new().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let dataset = Dataset::new("BTCUSDT", DatasetKind::FundingRate).unwrap();
    let range = TimeRange::new(at("2025-01-01"), at("2025-01-03"));
    let rows = |late: i64, rates: [f64; 3]| {
        let stamp =
            |i: i64| at("2025-01-01") + Interval::hours(8 * i) + Interval::from_micros(late);
        let rows = Rows::new("x", (0..3).map(stamp).collect(), [("funding_rate", rates.to_vec())]);
        vec![(piece(range, 3), rows.unwrap())]
    };
    let mut writer = store.writer().unwrap();
    writer.commit(&dataset, rows(13_000, [1.0, 2.0, 3.0])).unwrap();
    let done = writer.commit(&dataset, rows(0, [1.0, 2.0, 3.0])).unwrap();
    assert_eq!((done.added, done.changed), (0, 3));
    let series = store.series("BTCUSDT", SeriesKind::FundingRate).unwrap();
    assert_eq!(series.len(), 3);
    assert_eq!(series.known_at()[0], at("2025-01-01"));
}

#[test]
fn one_door_opens_every_layout() {
    let f = fixture();
    let root = f.folder.path();
    let eth = bars("ETHUSDT", "2025-01-01", 50, 2);
    FolderStore::open(root).unwrap().write_bars(&eth).unwrap();
    let sol = bars("SOL", "2025-01-01", 60, 3);
    mantis_data::store::csv::write_bars(&root.join("SOL/ohlcv.csv"), &sol).unwrap();
    let rates = support::series("SOL", "2025-01-01", Interval::hours(8), 9);
    let path = root.join("SOL/funding_rates.csv");
    mantis_data::store::csv::write_series(&path, SeriesKind::FundingRate, &rates).unwrap();

    let data = open_data_dir(root).unwrap();
    assert_eq!(data.symbols().unwrap(), ["BTCUSDT", "ETHUSDT", "SOL"]);
    assert_eq!(data.bars("BTC", Interval::HOUR).unwrap().close(), f.bars.close());
    assert_eq!(data.bars("BTC", Interval::HOUR).unwrap().name(), "BTC");
    assert_eq!(data.bars("ETH", Interval::HOUR).unwrap().close(), eth.close());
    assert_eq!(data.bars("SOL", Interval::HOUR).unwrap(), sol);
    let panel = data.panel(Interval::HOUR, &["BTC", "ETH", "SOL"]).unwrap();
    assert_eq!(panel.series("SOL", SeriesKind::FundingRate), Some(&rates));
    let message = data.bars("XRP", Interval::HOUR).unwrap_err().to_string();
    assert!(
        message.contains("XRPUSDT_PERP") && message.contains("fetch --ticker XRP"),
        "{message}"
    );
    assert!(data.bars("../x", Interval::HOUR).is_err());
    // An old export beside the store does not hide what the store has.
    let old = bars("BTC", "2023-12-20", 10, 9);
    mantis_data::store::csv::write_bars(&root.join("BTC/ohlcv.csv"), &old).unwrap();
    assert_eq!(data.bars("BTC", Interval::HOUR).unwrap().len(), 10_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the order and the grouping in which parts arrive, the bytes are the same.
    #[test]
    fn the_order_of_commits_does_not_matter(
        cuts in prop::collection::btree_set(1_i64..60, 0..6),
        order in any::<u64>(),
        group in 1_usize..4,
    ) {
        let bars = bars("BTCUSDT", "2024-12-15", 60 * 24, 1);
        let day = |n: i64| at("2024-12-15") + Interval::days(n);
        let mut edges = vec![0];
        edges.extend(cuts);
        edges.push(60);
        let mut parts: Vec<_> =
            edges.windows(2).map(|pair| part(&bars, day(pair[0]), day(pair[1]))).collect();
        let dataset = Dataset::bars("BTCUSDT", Interval::HOUR).unwrap();
        let run = |parts: Vec<(Piece, Rows)>, group: usize| {
            let folder = TempDir::new().unwrap();
            let store = Store::create(folder.path()).unwrap();
            let mut writer = store.writer().unwrap();
            for parts in parts.chunks(group) {
                writer.commit(&dataset, parts.to_vec()).unwrap();
            }
            assert_eq!(store.bars("BTCUSDT", Interval::HOUR).unwrap(), bars);
            snapshot(folder.path()).unwrap()
        };
        let whole = run(vec![part(&bars, day(0), day(60))], 1);
        let n = parts.len();
        for i in (1..n).rev() {
            parts.swap(i, (order.rotate_left(i as u32) % (i as u64 + 1)) as usize);
        }
        prop_assert_eq!(run(parts, group), whole);
    }
}
