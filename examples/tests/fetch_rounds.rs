//! What `fetch` tells after a round, and how `fetch --watch` goes on.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use mantis_data::source::synthetic::RandomWalk;
use mantis_data::sync::Recheck;
use mantis_data::testing::{Exchange, Fault, Reply, Server};
use mantis_data::{Clock, Interval, ManualClock, Store, Timestamp};
use mantis_examples::fetch::{self, Options, What};
use tempfile::TempDir;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

const NOW: &str = "2025-02-20T10:30:00Z";

/// Bars of BTC, spot and perpetual, from November to the 20th of February.
fn server() -> Server {
    let bars = |symbol, seed| {
        RandomWalk::default()
            .bars(symbol, at("2024-11-01"), Interval::HOUR, 24 * 130, seed)
            .unwrap()
    };
    let exchange = Exchange::new(at(NOW))
        .bars("BTCUSDT", bars("BTCUSDT", 1))
        .bars("BTCUSDT_PERP", bars("BTCUSDT_PERP", 2));
    Server::start(move |request| exchange.answer(request)).unwrap()
}

fn options(server: &Server, data_dir: &Path) -> Options {
    Options {
        tickers: vec!["BTC".to_owned()],
        profile: "2026-07".to_owned(),
        source: None,
        only: vec![What::Bars],
        since: at("2024-11-01"),
        until: None,
        interval: Interval::HOUR,
        data_dir: data_dir.to_owned(),
        csv: false,
        offline: false,
        base_urls: vec![server.url()],
        proxy: None,
        threads: 4,
        recheck: Recheck::None,
        now: Some(at(NOW)),
        quiet: true,
    }
}

#[test]
fn what_is_missing_is_told_with_and_without_the_network() {
    let (server, folder) = (server(), TempDir::new().unwrap());
    let online = options(&server, folder.path());
    let offline = Options { offline: true, ..online.clone() };
    let outcome = fetch::run(&offline).unwrap();
    assert!(!outcome.is_complete());
    assert!(outcome.datasets[0].missing[0].starts_with("2024-11-01"), "{outcome}");
    // A month that cannot be fetched is missing; the running bar is missing to nobody.
    server.fail("2024-12.zip", Fault::Answer(Reply::status(403, "no")), usize::MAX);
    let outcome = fetch::run(&online).unwrap();
    assert!(!outcome.is_complete());
    assert_eq!(outcome.datasets[0].missing.len(), 1, "{outcome}");
    assert!(outcome.datasets[0].missing[0].starts_with("2024-12-01"), "{outcome}");
    server.heal();
    assert!(fetch::run(&online).unwrap().is_complete());
    assert!(fetch::run(&offline).unwrap().is_complete());
}

#[test]
fn a_wrong_mirror_is_no_success() {
    let (wrong, folder) =
        (Server::start(|_| Reply::status(404, "not here")).unwrap(), TempDir::new().unwrap());
    let outcome = fetch::run(&options(&wrong, folder.path())).unwrap();
    assert!(!outcome.is_complete());
    assert!(outcome.to_string().contains("--base-url"), "{outcome}");
    let right = server();
    let outcome = fetch::run(&options(&right, folder.path())).unwrap();
    assert!(outcome.is_complete(), "{outcome}");
    // From the first of November to the bar that runs.
    assert_eq!(outcome.datasets[0].rows, 24 * 111 + 10, "{outcome}");
}

#[test]
fn what_an_asset_does_not_have_is_an_error_when_it_is_asked_for() {
    let (server, folder) = (server(), TempDir::new().unwrap());
    let mut options = options(&server, folder.path());
    options.tickers = vec!["NZDUSD".to_owned()];
    options.only = vec![What::Funding];
    let error = fetch::run(&options).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("change --only"), "{error}");
}

/// A file of the store is damaged while `fetch --watch` runs.
#[test]
fn watching_repairs_after_a_failure_and_every_day() {
    for next_day in [false, true] {
        let (server, folder) = (server(), TempDir::new().unwrap());
        let options = Options { now: None, ..options(&server, folder.path()) };
        let time = Arc::new(ManualClock::new(at(NOW)));
        let clock: Arc<dyn Clock> = time.clone();
        let path = |year: usize| {
            let store = Store::open(folder.path()).unwrap();
            let dataset = store.datasets().unwrap().remove(0);
            let file = store.manifest(&dataset).unwrap().years[year].file.clone();
            folder.path().join("BTCUSDT/bars_1h").join(file)
        };
        let (mut rounds, mut set_aside) = (0, Vec::new());
        fetch::watch(&options, &clock, &mut |outcome| {
            rounds += 1;
            let outcome = outcome.as_ref().unwrap();
            match rounds {
                1 => {
                    assert!(outcome.is_complete(), "{outcome}");
                    std::fs::write(path(0), b"rubbish").unwrap();
                    if next_day {
                        time.set(at("2025-02-21T00:00:30Z"));
                    } else {
                        // There is something to ask for, and it fails.
                        time.set(at("2025-02-20T11:00:30Z"));
                        server.fail("", Fault::Answer(Reply::status(403, "no")), usize::MAX);
                    }
                    return ControlFlow::Continue(());
                }
                2 if !next_day => {
                    assert!(!outcome.failures.is_empty() && outcome.set_aside.is_empty());
                    server.heal();
                    return ControlFlow::Continue(());
                }
                _ => {}
            }
            set_aside.clone_from(&outcome.set_aside);
            ControlFlow::Break(())
        })
        .unwrap();
        assert_eq!(set_aside.len(), 1, "{next_day}");
        assert!(set_aside[0].contains(".damaged"), "{set_aside:?}");
        let bars = Store::open(folder.path()).unwrap().bars("BTCUSDT", Interval::HOUR).unwrap();
        assert_eq!(bars.open_time()[0], at("2024-11-01"));
    }
}

#[test]
fn addresses_with_a_password_are_not_shown() {
    let (server, folder) = (server(), TempDir::new().unwrap());
    let mut options = options(&server, folder.path());
    options.proxy = Some("http://me:secret@proxy:1".to_owned());
    options.base_urls.push("yahoo=http://me:secret@mirror".to_owned());
    assert!(!format!("{options:?}").contains("secret"));
}
