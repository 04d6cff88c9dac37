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
    // A file that was being written, and the one that the last commit replaced.
    let old = f.store.manifest(&f.dataset).unwrap().years[2].file.clone();
    let replaced = std::fs::read(folder.join(&old)).unwrap();
    let more = bars("BTCUSDT", "2025-02-20", 48, 1);
    let more = part(&more, at("2025-02-20"), at("2025-02-22"));
    f.store.writer().unwrap().commit(&f.dataset, vec![more]).unwrap();
    let after = snapshot(f.folder.path()).unwrap();
    assert_ne!(after, before);
    std::fs::write(folder.join(".abc.tmp"), b"half").unwrap();
    std::fs::write(folder.join(&old), replaced).unwrap();
    std::fs::write(folder.join("notes.txt"), b"mine").unwrap();
    drop(f.store.writer().unwrap());
    assert_eq!(std::fs::read(folder.join("notes.txt")).unwrap(), b"mine");
    std::fs::remove_file(folder.join("notes.txt")).unwrap();
    assert_eq!(snapshot(f.folder.path()).unwrap(), after);
}

/// What is not listed may be the only copy: a manifest came back from a backup, or a kill came before it was written.
#[test]
fn rows_of_an_unlisted_file_are_taken_over() {
    let f = fixture();
    let path = f.folder.path().join("BTCUSDT/bars_1h/manifest.json");
    let first = std::fs::read(&path).unwrap();
    let walk = bars("BTCUSDT", "2025-02-20", 9_000, 1);
    let more = part(&walk, at("2025-02-20"), at("2026-03-01"));
    f.store.writer().unwrap().commit(&f.dataset, vec![more]).unwrap();
    let whole = f.store.bars("BTCUSDT", Interval::HOUR).unwrap();
    let years = f.store.manifest(&f.dataset).unwrap().years;
    // 2025 has a listed file that is gone with the newer one, 2026 none.
    let folder = path.parent().unwrap();
    let newer: Vec<_> = years.iter().map(|year| folder.join(&year.file)).collect();
    let kept: Vec<_> = newer.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let again = fixture();
    let folder = again.folder.path().join("BTCUSDT/bars_1h");
    for (path, bytes) in newer.iter().zip(kept) {
        std::fs::write(folder.join(path.file_name().unwrap()), bytes).unwrap();
    }
    assert_eq!(std::fs::read(folder.join("manifest.json")).unwrap(), first);
    drop(again.store.writer().unwrap());
    assert_eq!(again.store.bars("BTCUSDT", Interval::HOUR).unwrap(), whole);
    let manifest = again.store.manifest(&again.dataset).unwrap();
    assert_eq!(manifest.years, years);
    // Nobody knows whether it is all that there is, so it is fetched again.
    assert!(!manifest.missing(TimeRange::new(at("2025-02-20"), at("2026-03-01"))).is_empty());
}

#[test]
fn an_unlisted_file_that_is_damaged_is_set_aside_and_told() {
    let f = fixture();
    let folder = f.folder.path().join("BTCUSDT/bars_1h");
    std::fs::write(folder.join("2026.0123456789abcdef.parquet"), b"half").unwrap();
    let mut writer = f.store.writer().unwrap();
    let damages = writer.set_aside(&f.dataset).unwrap();
    assert_eq!((damages.len(), damages[0].year), (1, 2026));
    assert!(damages[0].reason.contains("SHA-256"), "{damages:?}");
    assert_eq!(std::fs::read(&damages[0].path).unwrap(), b"half");
    assert!(damages[0].path.ends_with("2026.0123456789abcdef.parquet.damaged"));
    assert!(writer.set_aside(&f.dataset).unwrap().is_empty());
}

/// Without the manifest, nothing but its hash tells that a file is whole.
#[test]
fn a_lost_manifest_does_not_make_a_damaged_file_a_good_one() {
    let f = fixture();
    let folder = f.folder.path().join("BTCUSDT/bars_1h");
    let years = f.store.manifest(&f.dataset).unwrap().years;
    std::fs::remove_file(folder.join("manifest.json")).unwrap();
    std::fs::write(folder.join(&years[0].file), b"rubbish").unwrap();
    let mut writer = f.store.writer().unwrap();
    let day = part(&f.bars, at("2025-01-01"), at("2025-01-02"));
    let message = writer.commit(&f.dataset, vec![day.clone()]).unwrap_err().to_string();
    assert!(message.contains(&years[0].file), "{message}");
    let damages = writer.set_aside(&f.dataset).unwrap();
    let told = damages.iter().filter(|damage| damage.path.to_string_lossy().ends_with(".damaged"));
    assert_eq!(told.count(), 1, "{damages:?}");
    writer.commit(&f.dataset, vec![day]).unwrap();
    assert_eq!(f.store.manifest(&f.dataset).unwrap().years, years[1..]);
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

/// The columns that only the store has reach whoever asks for a panel.
#[test]
fn taker_flow_of_stored_bars_is_a_series_of_the_panel() {
    let f = fixture();
    let data = open_data_dir(f.folder.path()).unwrap();
    let kind = SeriesKind::TakerBuyVolume;
    assert!(data.has_series("BTC", kind));
    assert!(!data.has_series("BTC", SeriesKind::TradeCount));
    assert!(!data.has_series("ETH", kind));
    let panel = data.panel(Interval::HOUR, &["BTC"]).unwrap();
    let flow = panel.series("BTC", kind).unwrap();
    assert_eq!(flow, &data.series("BTC", kind).unwrap());
    assert_eq!(flow.values(), f.bars.volume());
    // Known with the bar, not at its start.
    assert_eq!(flow.known_at()[0], f.bars.known_at(0));
    assert!(panel.series("BTC", SeriesKind::QuoteVolume).is_none());
}

#[test]
fn files_are_found_by_what_is_in_them() {
    let folder = TempDir::new().unwrap();
    let csv = |name: &str, bars: &Bars| {
        let path = folder.path().join(name).join("ohlcv.csv");
        mantis_data::store::csv::write_bars(&path, bars).unwrap();
    };
    let hours = bars("BTC", "2025-01-01", 50, 2);
    let walk = mantis_data::source::synthetic::RandomWalk::default();
    let minutes = walk.bars("BTC", at("2025-01-01"), Interval::MINUTE, 90, 1).unwrap();
    csv("BTC", &hours);
    let data = open_data_dir(folder.path()).unwrap();
    // The folder of the ticker serves the symbol too, as the guide names folders by ticker.
    assert_eq!(data.bars("BTCUSDT", Interval::HOUR).unwrap().close(), hours.close());
    assert!(!data.has_bars("BTC", Interval::MINUTE));
    let message = data.bars("BTC", Interval::MINUTE).unwrap_err().to_string();
    assert!(message.contains("ohlcv.csv") && message.contains("1h"), "{message}");
    // Of two files, the one with the bars that were asked for.
    csv("BTCUSDT", &minutes);
    assert_eq!(data.bars("BTC", Interval::HOUR).unwrap().close(), hours.close());
    assert_eq!(data.bars("BTC", Interval::MINUTE).unwrap().close(), minutes.close());
    assert_eq!(data.bars("BTCUSDT", Interval::HOUR).unwrap().close(), hours.close());
    assert_eq!(data.intervals("BTC").unwrap(), [Interval::HOUR]);
    assert_eq!(data.intervals("BTCUSDT").unwrap(), [Interval::MINUTE]);
    // A gap does not make the bars longer.
    let mut gappy = minutes.to_columns();
    gappy.open_time.truncate(40);
    for column in
        [&mut gappy.open, &mut gappy.high, &mut gappy.low, &mut gappy.close, &mut gappy.volume]
    {
        column.truncate(40);
    }
    gappy.open_time[39] = gappy.open_time[39] + Interval::HOUR;
    csv("ETH", &Bars::new("ETH", Interval::MINUTE, gappy).unwrap());
    assert!(data.has_bars("ETH", Interval::MINUTE) && !data.has_bars("ETH", Interval::HOUR));
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
