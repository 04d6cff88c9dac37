//! What a server may do wrong. Each time: nothing that is stored is lost, nothing wrong is stored, and the message says what to do.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::time::Duration;

use mantis_data::store::DatasetKind;
use mantis_data::sync::{Recheck, SyncOptions, Target};
use mantis_data::testing::{Fault, Reply, snapshot, zip_of};
use mantis_data::{Interval, TimeRange};
use support::{HOURS, World, at, bars, now};

/// One month of the archive; the months before and after are there already.
const MONTH: &str = "BTCUSDT-1h-2024-12.zip?";

fn months(world: &World, from: &str, until: &str) -> Target {
    let mut target = world.target(world.binance(), "BTCUSDT", HOURS);
    target.range = TimeRange::new(at(from), at(until));
    target
}

/// Two months are stored, the one between them is fetched through `fault`, in all attempts or in the first ones.
fn month_with(fault: &Fault, times: usize) -> (World, Vec<String>) {
    let mut world = World::new();
    world.options.attempts = 4;
    world.options.max_bytes = 1 << 20;
    world.options.attempt = Duration::from_millis(400);
    world.sync(&[months(&world, "2024-11-01", "2024-12-01")]);
    world.sync(&[months(&world, "2025-01-01", "2025-02-01")]);
    world.server.fail(MONTH, fault.clone(), times);
    let report = world.sync(&[months(&world, "2024-11-01", "2025-02-01")]);
    let messages = report.failures.iter().map(|failure| failure.error.to_string()).collect();
    (world, messages)
}

/// The fault stays: the month is missing, the message has these parts, and everything else is as it was. Once the
/// server has recovered, the next run has all of it.
fn refused(fault: &Fault, parts: &[&str]) {
    let (world, messages) = month_with(fault, usize::MAX);
    assert_eq!(messages.len(), 1, "{fault:?}: {messages:?}");
    for part in parts {
        assert!(messages[0].contains(part), "{fault:?}: {:?} lacks {part:?}", messages[0]);
    }
    let truth = bars("BTCUSDT", "2024-10-01", 5_000, 1);
    let stored = world.store.bars("BTCUSDT", Interval::HOUR).unwrap();
    let inside = truth.between(at("2024-12-01"), at("2025-01-01"));
    assert_eq!(
        stored.len() + inside.len(),
        truth.between(at("2024-11-01"), at("2025-02-01")).len()
    );
    assert!(stored.between(at("2024-12-01"), at("2025-01-01")).is_empty());
    world.server.heal();
    world.sync(&[months(&world, "2024-11-01", "2025-02-01")]);
    let stored = world.store.bars("BTCUSDT", Interval::HOUR).unwrap();
    assert_eq!(stored, truth.between(at("2024-11-01"), at("2025-02-01")), "{fault:?}");
}

/// The fault passes: nobody notices.
fn overcome(fault: &Fault, times: usize) {
    let (world, messages) = month_with(fault, times);
    assert!(messages.is_empty(), "{fault:?}: {messages:?}");
    let truth = bars("BTCUSDT", "2024-10-01", 5_000, 1);
    let stored = world.store.bars("BTCUSDT", Interval::HOUR).unwrap();
    assert_eq!(stored, truth.between(at("2024-11-01"), at("2025-02-01")), "{fault:?}");
}

fn answer(status: u16, body: &str) -> Fault {
    Fault::Answer(Reply::status(status, body))
}

#[test]
fn broken_connections() {
    overcome(&Fault::Reset, 3);
    overcome(&Fault::HalfBody, 3);
    overcome(&Fault::Drip, 1);
    refused(&Fault::Reset, &["after 4 attempt(s)", "check the network"]);
    refused(&Fault::HalfBody, &["after 4 attempt(s)", "check the network"]);
    refused(&Fault::Drip, &["no whole answer in time", "check the network"]);
}

#[test]
fn failing_and_busy_servers() {
    overcome(&answer(500, "oops"), 3);
    overcome(&answer(503, ""), 2);
    overcome(&answer(429, "slow down"), 3);
    let wait = Fault::Answer(Reply::status(429, "").with("retry-after", "7"));
    overcome(&wait, 2);
    refused(&answer(500, "oops"), &["status 500: oops", "try again later"]);
    refused(&answer(429, "slow down"), &["status 429", "limits requests"]);
    let long = Fault::Answer(Reply::status(418, "banned").with("retry-after", "3000"));
    refused(&long, &["status 418", "banned this address"]);
}

#[test]
fn refusals() {
    refused(&answer(403, "no"), &["status 403", "another source"]);
    let region = include_str!("../../../fixtures/samples/binance_error_451.json");
    let (world, messages) = month_with(&answer(451, region), usize::MAX);
    assert!(messages[0].contains("restricted location") && messages[0].contains("--source bybit"));
    assert_eq!(world.store.bars("BTCUSDT", Interval::HOUR).unwrap().len(), (30 + 31) * 24);
}

/// A wrong address has no file of any month, which is not the same as an asset that was not listed yet.
#[test]
fn a_wrong_address_does_not_count_as_an_answer() {
    let world = World::new();
    let target = months(&world, "2024-11-01", "2025-01-01");
    world.server.fail("", answer(404, "not here"), usize::MAX);
    let report = world.sync(std::slice::from_ref(&target));
    assert_eq!((report.failures.len(), report.tasks), (1, 0));
    assert_eq!(report.failures[0].range, target.range);
    let message = report.failures[0].error.to_string();
    for part in ["no file of BTCUSDT/bars_1h", "BTCUSDT-1h-2024-1", "and 1 more", "--base-url"] {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
    let missing = world.store.missing(&target.dataset, target.range).unwrap();
    assert_eq!(missing.ranges(), [target.range]);
    world.server.heal();
    assert!(world.sync(std::slice::from_ref(&target)).failures.is_empty());
    assert_eq!(world.store.bars("BTCUSDT", Interval::HOUR).unwrap().len(), (30 + 31) * 24);
}

#[test]
fn a_file_that_is_published_but_not_there_is_no_empty_month() {
    refused(&answer(404, "not here"), &["BTCUSDT-1h-2024-12.zip", "its checksum is there"]);
}

#[test]
fn pages_instead_of_data() {
    let page = include_str!("../../../fixtures/samples/bybit_error_403_cloudfront.html");
    refused(
        &answer(200, page),
        &["HTML page", "ERROR: The request could not be satisfied", "portal"],
    );
    let typed = Fault::Answer(Reply::ok("hello").with("content-type", "text/html; charset=utf-8"));
    refused(&typed, &["HTML page"]);
    // Once a host has refused everybody from here, it is left alone.
    let world = World::new();
    world.server.fail("", Fault::Answer(Reply::status(403, page)), usize::MAX);
    let report = world.sync(&[months(&world, "2024-11-01", "2025-02-01")]);
    assert_eq!(report.failures.len(), 3);
    assert!(report.failures[2].error.to_string().contains("does not serve this network"));
    assert!(world.server.requests().len() <= 3, "{:?}", world.server.requests());
}

#[test]
fn files_that_are_not_what_they_should_be() {
    let wrong = "SHA-256 is";
    refused(&Fault::Body(|body| body[..body.len() / 2].to_vec()), &[wrong, "published checksum"]);
    refused(
        &Fault::Body(|body| {
            let mut b = body.to_vec();
            b[99] ^= 1;
            b
        }),
        &[wrong],
    );
    refused(&Fault::Body(|_| zip_of("other.csv", b"x")), &[wrong]);
    refused(&Fault::Endless, &["too long"]);
    let empty = Fault::Body(|_| Vec::new());
    refused(&empty, &[wrong]);
    // A copy that was damaged once on its way is fetched again.
    overcome(&Fault::Body(|body| body[..body.len() / 2].to_vec()), 1);
}

/// The checksum belongs to what is served, so that only the content tells.
#[test]
fn files_whose_checksum_is_right_but_whose_content_is_not() {
    fn made(content: &[u8]) -> Vec<u8> {
        zip_of("BTCUSDT-1h-2024-12.csv", content)
    }
    fn refused_content(make: fn() -> Vec<u8>, part: &str) {
        let mut world = World::new();
        world.options.attempts = 2;
        world.server.fail(
            &format!("{}.CHECKSUM", MONTH.trim_end_matches('?')),
            Fault::Body(|_| Vec::new()),
            0,
        );
        let sum = {
            use sha2::Digest;
            hex::encode(sha2::Sha256::digest(make()))
        };
        let checksum = Reply::ok(format!("{sum}  BTCUSDT-1h-2024-12.zip\n"));
        world.server.fail("BTCUSDT-1h-2024-12.zip.CHECKSUM", Fault::Answer(checksum), usize::MAX);
        world.server.fail(MONTH, Fault::Answer(Reply::ok(make())), usize::MAX);
        let report = world.sync(&[months(&world, "2024-12-01", "2025-01-01")]);
        assert_eq!(report.failures.len(), 1);
        let message = report.failures[0].error.to_string();
        assert!(message.contains(part), "{message:?} lacks {part:?}");
        assert!(world.store.datasets().unwrap().is_empty());
    }
    refused_content(|| zip_of("evil.csv", b"x"), "holds \"evil.csv\"");
    refused_content(|| made(&vec![b'1'; 60 << 20]), "unpacks to more than");
    refused_content(|| made(b"<html>"), "line 1: expected 12 columns");
    refused_content(|| b"PK\x03\x04 nothing".to_vec(), "zip");
    refused_content(
        || made(b"1735689600000,1,2,0.5,1.5,10,1735693199999,15,3,5,7,0\n"),
        "a row of 2025-01-01T00:00:00Z, outside",
    );
    refused_content(
        || made(b"1733011200000,1,2,3,1.5,10,1733014799999,15,3,5,7,0\n"),
        "low <= high",
    );
    refused_content(
        || made(b"1733011200000,1,2,0.5,nan,10,1733014799999,15,3,5,7,0\n"),
        "expected a finite number",
    );
}

#[test]
fn redirects() {
    let away = Fault::Answer(Reply::status(302, "").with("location", "http://evil.example/x.zip"));
    refused(&away, &["redirect to \"evil.example/x.zip\"", "not followed"]);
    let path = "/data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-12.zip";
    let home = Fault::Answer(Reply::status(301, "").with("location", path));
    overcome(&home, 1);
    refused(&home, &["more than 3 redirects"]);
}

#[test]
fn a_budget_that_is_spent_ends_the_run_and_the_next_one_goes_on() {
    let mut world = World::new();
    world.options.requests_per_host = 5;
    let report = world.sync(&[months(&world, "2024-11-01", "2025-02-01")]);
    assert!(!report.failures.is_empty());
    let message = report.failures[0].error.to_string();
    assert!(message.contains("budget of 5 requests") && message.contains("run again"), "{message}");
    world.sync(&[months(&world, "2024-11-01", "2025-02-01")]);
    let stored = world.store.bars("BTCUSDT", Interval::HOUR).unwrap();
    assert_eq!(stored.len(), (30 + 31 + 31) * 24);
}

#[test]
fn a_clock_that_is_ahead_does_not_make_the_running_bar_a_closed_one() {
    let world = World::new();
    world.sync(&[world.target(world.binance(), "BTCUSDT", HOURS)]);
    // Our clock is an hour ahead of the server's, whose bar of 10:00 is still running.
    let mut ahead = World::at(at("2025-02-20T11:30:00Z"));
    ahead.store = world.store.clone();
    ahead.server = world.server;
    let target = ahead.target(ahead.binance(), "BTCUSDT", HOURS);
    assert_eq!(ahead.sync(&[target]).added, 0);
    let stored = ahead.store.bars("BTCUSDT", Interval::HOUR).unwrap();
    assert_eq!(
        stored,
        bars("BTCUSDT", "2024-10-01", 5_000, 1).as_of(now()).between(at("2024-11-01"), now())
    );
}

#[test]
fn errors_that_arrive_as_a_success() {
    let refuse = |fault: Fault, part: &str| {
        let mut world = World::new();
        world.options.attempts = 2;
        world.server.fail("", fault, usize::MAX);
        let target = world.target(world.bybit(), "BTCUSDT_BYBIT", DatasetKind::FundingRate);
        let report = world.sync(&[target]);
        let message = report.failures[0].error.to_string();
        assert!(message.contains(part), "{message:?} lacks {part:?}");
        assert_eq!(report.added, 0);
    };
    let recorded = include_str!("../../../fixtures/samples/bybit_error_10001_recorded.json");
    refuse(answer(200, recorded), "retCode 10001");
    let shape = include_str!("../../../fixtures/samples/bybit_error_10006_shape.json");
    refuse(answer(200, shape), "Too many visits!");
    refuse(answer(200, "{}"), "retCode -1");
    refuse(answer(200, "Edge: Too Many Requests"), "instead of JSON");
    refuse(
        answer(200, r#"{"retCode":0,"result":{"list":[{"fundingRate":"x"}]}}"#),
        "row 0 has another form",
    );
    refuse(answer(403, "access too frequent"), "wait ten minutes");
    let page = include_str!("../../../fixtures/samples/bybit_error_403_cloudfront.html");
    refuse(answer(403, page), "HTML page");
}

#[test]
fn errors_of_yahoo() {
    let refuse = |fault: Fault, parts: &[&str]| {
        let mut world = World::new();
        world.options.attempts = 2;
        world.server.fail("", fault, usize::MAX);
        let target = world.target(world.yahoo(), "EURUSD", HOURS);
        let report = world.sync(&[target]);
        let message = report.failures[0].error.to_string();
        for part in parts {
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
    };
    let range = include_str!("../../../fixtures/samples/yahoo_error_422_range.json");
    refuse(answer(422, range), &["within the last 730 days", "729 days only"]);
    let unknown = include_str!("../../../fixtures/samples/yahoo_error_404.json");
    refuse(answer(404, unknown), &["may be delisted", "import bars"]);
    let busy = include_str!("../../../fixtures/samples/yahoo_error_429_body.txt");
    refuse(answer(429, busy), &["Edge: Too Many Requests", "limits requests", "2 attempt(s)"]);
    let session = include_str!("../../../fixtures/samples/yahoo_v7_quote_401.json");
    refuse(answer(401, session), &["Unauthorized"]);
}

#[test]
fn two_writers_exclude_each_other() {
    let world = World::new();
    let writer = world.store.writer().unwrap();
    let message = world.store.writer().unwrap_err().to_string();
    assert!(message.contains("in use by process"), "{message}");
    drop(writer);
    assert!(world.store.writer().is_ok());
}

#[test]
fn a_run_through_many_faults_ends_in_the_same_bytes() {
    let undisturbed = World::new();
    undisturbed.sync(&[undisturbed.target(undisturbed.binance(), "BTCUSDT", HOURS)]);
    let mut world = World::new();
    world.options.attempt = Duration::from_millis(400);
    for part in ["2024-11", "2024-12", "2025-02-0", "2025-02-11", "api"] {
        for fault in [Fault::Reset, Fault::HalfBody, answer(500, ""), answer(429, "")] {
            world.server.fail(part, fault, 1);
        }
    }
    let options = SyncOptions { recheck: Recheck::None, threads: 4, repair: true };
    let target = world.target(world.binance(), "BTCUSDT", HOURS);
    let report = world.sync_with(&[target], &options);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(snapshot(world.store.root()).unwrap(), snapshot(undisturbed.store.root()).unwrap());
}
