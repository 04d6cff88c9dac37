//! The program `fetch`, killed at random moments of a large sync.
//!
//! `KILLS` sets the number of kills and `KILL_LOG` a file for the log, as kept in `docs/reliability/fetch-kills.txt`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mantis_data::testing::{Exchange, Server, snapshot};
use mantis_data::{FolderStore, Interval, Series, SeriesKind, Store, TimeRange, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

/// Two days after the last bar of the fixtures, so that everything is in the archive but the last days.
const NOW: &str = "2025-07-02T10:30:00Z";

#[expect(clippy::disallowed_methods, reason = "a test may be told how long to run")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[expect(clippy::disallowed_methods, reason = "a test may measure how long it took")]
fn clock() -> Instant {
    Instant::now()
}

fn server() -> Server {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data");
    let fixtures = FolderStore::open(fixtures).unwrap();
    let bars = |symbol: &str| fixtures.bars(symbol, Interval::HOUR).unwrap();
    let funding = fixtures.series("BTCUSDT", SeriesKind::FundingRate).unwrap();
    let interest = open_interest("2025-05-01T00:05:00Z", 17_000);
    let exchange = Exchange::new(Timestamp::parse(NOW).unwrap())
        .bars("BTCUSDT", bars("BTCUSDT"))
        .bars("BTCUSDT_PERP", bars("BTCUSDT_PERP"))
        .funding("BTCUSDT", funding)
        .open_interest("BTCUSDT", interest);
    let server = Server::start(move |request| exchange.answer(request)).unwrap();
    // As on a real network, most of the time is waiting.
    server.delay(Duration::from_millis(10));
    server
}

/// Open interest every five minutes.
fn open_interest(from: &str, n: usize) -> Series {
    let (from, step) = (Timestamp::parse(from).unwrap(), Interval::minutes(5));
    let stamps = std::iter::successors(Some(from), |t| Some(*t + step)).take(n).collect();
    let values = (0..n).map(|i| 80_000.0 + (i % 17) as f64).collect();
    Series::new("BTCUSDT", stamps, values).unwrap()
}

fn start(server: &Server, folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fetch"))
        .args([
            "--ticker",
            "BTC",
            "--quiet",
            "--since",
            "2024-01-01",
            "--now",
            NOW,
            "--base-url",
            &server.url(),
            "--data-dir",
        ])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Rows of each data set, every one of them read.
fn rows(folder: &Path) -> BTreeMap<String, usize> {
    let Ok(store) = Store::open(folder) else { return BTreeMap::new() };
    let count = |dataset: mantis_data::store::Dataset| {
        let columns = ["open", "close", "funding_rate", "open_interest"];
        let rows = store.rows(&dataset, TimeRange::ALL, &columns).unwrap();
        assert_eq!(rows.len(), store.manifest(&dataset).unwrap().rows(), "{dataset}");
        (dataset.to_string(), rows.len())
    };
    store.datasets().unwrap().into_iter().map(count).collect()
}

#[test]
fn nothing_is_lost_or_doubled() {
    let kills: usize = variable("KILLS").map_or(5, |text| text.parse().unwrap());
    let server = server();
    let folder = TempDir::new().unwrap();
    let undisturbed = folder.path().join("undisturbed");
    let started = clock();
    let output = start(&server, &undisturbed).wait_with_output().unwrap();
    let whole = started.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let expected = snapshot(&undisturbed).unwrap();
    let mut log = format!(
        "Undisturbed: {} rows in {} files, {} requests, {:.1} s\n",
        rows(&undisturbed).values().sum::<usize>(),
        expected.len(),
        server.requests().len(),
        whole.as_secs_f64()
    );

    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let (mut killed, mut finished, mut round) = (0, 0, 0);
    let mut store = folder.path().join("killed-0");
    while killed < kills {
        let before = rows(&store);
        let longest = (whole.as_millis() / 4).max(50) as u64;
        let mut child = start(&server, &store);
        let wait = Duration::from_millis(rng.gen_range(1..longest));
        std::thread::sleep(wait);
        if child.try_wait().unwrap().is_some() {
            // It was faster: what it left must be whole, and the next one begins anew.
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            assert!(snapshot(&store).unwrap() == expected, "round {round} differs");
            finished += 1;
            let _ = writeln!(
                log,
                "        round {round} finished, equal to the undisturbed store in every byte"
            );
            round += 1;
            store = folder.path().join(format!("killed-{round}"));
            continue;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        let after = rows(&store);
        for (dataset, count) in &before {
            assert!(after[dataset] >= *count, "{dataset} has lost rows");
        }
        let total: usize = after.values().sum();
        let _ = writeln!(
            log,
            "kill {killed:>2}  after {:>4} ms: {total:>6} rows, none lost",
            wait.as_millis()
        );
    }
    let output = start(&server, &store).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(snapshot(&store).unwrap() == expected, "the last store differs");
    let _ = writeln!(
        log,
        "{killed} kills; {} stores ended equal to the undisturbed one in every byte",
        finished + 1
    );
    // Real bars have real outages, which are warnings.
    let output = Command::new(env!("CARGO_BIN_EXE_check_data"))
        .args(["--allow", "warning", "--data-dir"])
        .arg(&store)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let _ = writeln!(log, "check_data: {}", text.lines().last().unwrap_or_default());
    println!("{log}");
    if let Some(path) = variable("KILL_LOG") {
        std::fs::write(path, log).unwrap();
    }
}
