//! Whole histories from stand-ins of the exchanges into a store and back.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::collections::BTreeSet;

use mantis_data::source::PriceFeed;
use mantis_data::store::{Dataset, DatasetKind};
use mantis_data::testing::{Reply, Server};
use mantis_data::{Interval, SeriesKind, TimeRange};
use support::{HOURS, World, at, bars, now, series, since};

#[test]
fn bars_come_from_months_then_days_then_the_api() {
    let world = World::new();
    let target = world.target(world.binance(), "BTCUSDT", HOURS);
    let report = world.sync(std::slice::from_ref(&target));
    assert!(report.failures.is_empty(), "{:?}", report.failures);

    let stored = world.store.bars("BTCUSDT", Interval::HOUR).unwrap();
    let truth = bars("BTCUSDT", "2024-10-01", 5_000, 1).as_of(now());
    // Whole months, since that is how they are published.
    assert_eq!(stored, truth.between(at("2024-11-01"), now()));
    assert_eq!(stored.open_time().last(), Some(&at("2025-02-20T09:00:00Z")));

    let requests = world.server.requests();
    let having = |part: &str| requests.iter().filter(|path| path.contains(part)).count();
    assert_eq!((having("/monthly/"), having("/daily/"), having("/api/v3/")), (6, 38, 1));

    // The other columns, across the change from milliseconds to microseconds.
    let dataset = Dataset::bars("BTCUSDT", Interval::HOUR).unwrap();
    let rows = world
        .store
        .rows(
            &dataset,
            TimeRange::ALL,
            &["trades", "taker_buy_volume", "close_time", "quote_volume"],
        )
        .unwrap();
    for (row, &open) in stored.open_time().iter().enumerate() {
        let close = rows.column("close_time").unwrap()[row];
        let last = (open + Interval::HOUR).as_micros() as f64;
        assert!(close == last - 1.0 || close == last - 1_000.0, "{open}");
        assert_eq!(rows.column("trades").unwrap()[row], stored.volume()[row].floor() + 1.0);
        assert_eq!(rows.column("taker_buy_volume").unwrap()[row], stored.volume()[row] / 2.0);
    }
    let takers =
        world.store.bar_series("BTCUSDT", Interval::HOUR, SeriesKind::TakerBuyVolume).unwrap();
    let takers = takers.unwrap();
    assert_eq!(takers.known_at()[0], stored.known_at(0));

    // The second run finds everything there.
    world.server.forget();
    assert_eq!(world.sync(&[target]).added, 0);
    assert_eq!(world.server.requests(), Vec::<String>::new());
}

#[test]
fn a_month_before_the_listing_is_asked_for_once_and_remembered() {
    let world = World::new();
    let target = world.target(world.binance(), "BTCUSDT_PERP", HOURS);
    let report = world.sync(std::slice::from_ref(&target));
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let stored = world.store.bars("BTCUSDT_PERP", Interval::HOUR).unwrap();
    assert_eq!(stored, bars("BTCUSDT_PERP", "2024-12-20", 3_000, 2).as_of(now()));
    let manifest = world.store.manifest(&target.dataset).unwrap();
    let nothing = manifest.pieces.iter().find(|piece| piece.rows == 0).unwrap();
    assert_eq!(nothing.range, TimeRange::new(at("2024-11-01"), at("2024-12-01")));
    world.server.forget();
    world.sync(&[target]);
    assert!(world.server.requests().is_empty());
}

#[test]
fn funding_and_open_interest_come_from_archive_and_api() {
    let world = World::new();
    let source = world.binance();
    let funding = world.target(source.clone(), "BTCUSDT", DatasetKind::FundingRate);
    let interest = world.target(source, "BTCUSDT", DatasetKind::OpenInterest);
    let report = world.sync(&[funding, interest]);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let stored = world.store.series("BTCUSDT", SeriesKind::FundingRate).unwrap();
    let truth = series("BTCUSDT", "2024-10-01", Interval::hours(8), 700).as_of(now());
    let first = truth.known_at().partition_point(|&t| t < at("2024-11-01"));
    assert_eq!(stored.known_at(), &truth.known_at()[first..]);
    assert_eq!(stored.values(), &truth.values()[first..]);
    let stored = world.store.series("BTCUSDT", SeriesKind::OpenInterest).unwrap();
    let truth = series("BTCUSDT", "2025-02-01T00:05:00Z", Interval::minutes(5), 9_000).as_of(now());
    assert_eq!(stored, truth);
}

#[test]
fn the_tail_grows_bar_by_bar_and_the_archive_confirms_it() {
    let world = World::new();
    let target = world.target(world.binance(), "BTCUSDT", HOURS);
    world.sync(std::slice::from_ref(&target));
    let before = world.store.bars("BTCUSDT", Interval::HOUR).unwrap();

    // Three seconds before and after the end of the running bar.
    for (time, new) in [("2025-02-20T10:59:57Z", 0), ("2025-02-20T11:00:03Z", 1)] {
        let mut later = World::at(at(time));
        later.store = world.store.clone();
        let target = later.target(later.binance(), "BTCUSDT", HOURS);
        assert_eq!(later.sync(&[target]).added, new, "{time}");
        assert_eq!(later.server.requests().len(), new, "{time}");
    }
    // A month later the files of the month replace days and answers, and change nothing in them.
    let mut later = World::at(at("2025-03-20T00:00:00Z"));
    later.store = world.store.clone();
    let target = later.target(later.binance(), "BTCUSDT", HOURS);
    let report = later.sync(std::slice::from_ref(&target));
    assert_eq!((report.changed, report.failures.len()), (0, 0));
    let pieces = later.store.manifest(&target.dataset).unwrap().pieces;
    let february = pieces.iter().filter(|piece| piece.range.from.month() == 2).count();
    assert_eq!(february, 1, "{pieces:#?}");
    let after = later.store.bars("BTCUSDT", Interval::HOUR).unwrap();
    assert_eq!(after.as_of(now()), before);
}

#[test]
fn bybit_pages_back_without_gap_or_duplicate() {
    let world = World::new();
    let source = world.bybit();
    let kinds = [HOURS, DatasetKind::FundingRate, DatasetKind::OpenInterest];
    let targets = kinds.map(|kind| world.target(source.clone(), "BTCUSDT_BYBIT", kind));
    let report = world.sync(&targets);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let stored = world.store.bars("BTCUSDT_BYBIT", Interval::HOUR).unwrap();
    assert_eq!(stored, bars("BTCUSDT_BYBIT", "2024-12-20", 3_000, 2).as_of(now()));
    for (kind, step, n) in [
        (SeriesKind::FundingRate, Interval::hours(8), 700),
        (SeriesKind::OpenInterest, Interval::HOUR, 5_000),
    ] {
        let stored = world.store.series("BTCUSDT_BYBIT", kind).unwrap();
        let truth = series("BTCUSDT_BYBIT", "2024-10-01", step, n).as_of(now());
        let first = truth.known_at().partition_point(|&t| t < since());
        assert_eq!(stored.known_at(), &truth.known_at()[first..], "{kind}");
        assert_eq!(stored.values(), &truth.values()[first..], "{kind}");
    }
    let pages: BTreeSet<String> = world.server.requests().into_iter().collect();
    assert_eq!(pages.len(), world.server.requests().len(), "a page was asked for twice");
}

#[test]
fn yahoo_bars_are_cut_to_what_is_closed_and_what_it_keeps() {
    let world = World::new();
    let source = world.yahoo();
    let symbols = ["NZDUSD", "CADUSD", "XAUUSD_GCF"];
    let mut targets = symbols.map(|symbol| world.target(source.clone(), symbol, HOURS));
    targets[0].range.from = at("2019-09-08");
    let report = world.sync(&targets);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(report.notes[0].contains("last 729 days only"), "{:?}", report.notes);
    assert!(report.notes[0].contains("NZDUSD/ohlcv.csv"), "{:?}", report.notes);

    let stored = world.store.bars("NZDUSD", Interval::HOUR).unwrap();
    let truth = bars("NZDUSD", "2024-10-01", 5_000, 3).as_of(now());
    assert_eq!(stored.open_time(), truth.open_time());
    let stored = world.store.bars("CADUSD", Interval::HOUR).unwrap();
    let truth = bars("CADUSD", "2024-10-01", 5_000, 4).as_of(now()).between(since(), now());
    assert_eq!(stored.len(), truth.len());
    assert_eq!(stored.high()[7], 1.0 / truth.low()[7]);
    // Futures are shown ten minutes late, so a bar that has just closed waits.
    let mut early = World::at(at("2025-02-20T10:05:00Z"));
    early.store = world.store.clone();
    let target = early.target(early.yahoo(), "XAUUSD_GCF", HOURS);
    assert_eq!(
        world.store.bars("XAUUSD_GCF", Interval::HOUR).unwrap().open_time().last(),
        Some(&at("2025-02-20T09:00:00Z"))
    );
    let fresh = World::at(at("2025-02-20T10:05:00Z"));
    let target = {
        let mut t = target;
        t.source = fresh.yahoo();
        t
    };
    fresh.sync(&[target]);
    assert_eq!(
        fresh.store.bars("XAUUSD_GCF", Interval::HOUR).unwrap().open_time().last(),
        Some(&at("2025-02-20T08:00:00Z"))
    );
}

#[test]
fn what_a_source_does_not_have_is_said() {
    let world = World::new();
    let other = world.target(world.binance(), "BTCUSDT", DatasetKind::FundingRate);
    let refuse = |target| {
        let report = world.sync(&[target, other.clone()]);
        assert_eq!(report.failures.len(), 1);
        // It does not keep the others from being fetched.
        assert!(world.store.has(&other.dataset));
        report.failures[0].error.to_string()
    };
    let seven = DatasetKind::Bars(Interval::hours(7));
    let message = refuse(world.target(world.binance(), "BTCUSDT", seven));
    assert!(message.contains("bars of 7h") && message.contains("choose"), "{message}");
    let message = refuse(world.target(world.yahoo(), "BTCUSDT", HOURS));
    assert!(message.contains("yahoo: has no BTCUSDT"), "{message}");
    let message = refuse(world.target(world.bybit(), "BTCUSDT", HOURS));
    assert!(message.contains("_BYBIT"), "{message}");
}

#[test]
fn the_price_feed_is_read() {
    let body = include_bytes!("../../../fixtures/samples/mantis_latest_prices_2025-08-12.json");
    let server = Server::start(|_| Reply::ok(&body[..])).unwrap();
    let world = World::new();
    let latest = PriceFeed::new(world.http(), &server.url()).latest().unwrap();
    assert_eq!(latest.prices["XAGUSD"], 37.871_55);
    assert!(latest.age(at("2025-08-12T08:00:00Z")) > Interval::minutes(43));
}
