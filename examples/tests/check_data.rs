//! What `check_data` looks at and what it counts.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use mantis_data::source::synthetic::RandomWalk;
use mantis_data::store::{Dataset, Piece, Rows, csv};
use mantis_data::{Bars, Interval, Severity, Store, TimeRange, Timestamp};
use mantis_examples::check_data::{self, Findings, Options};
use tempfile::TempDir;

fn bars(symbol: &str, interval: Interval, rows: usize) -> Bars {
    let start = Timestamp::parse("2024-12-30").unwrap();
    RandomWalk::default().bars(symbol, start, interval, rows, 1).unwrap()
}

fn store(root: &Path, bars: &Bars) {
    let columns = bars.to_columns();
    let range = TimeRange::new(columns.open_time[0], bars.known_at(bars.len() - 1));
    let piece = Piece {
        range,
        source: "test".to_owned(),
        origin: None,
        sha256: None,
        rows: bars.len(),
        fetched_at: range.until,
    };
    let rows = Rows::new(
        "test",
        columns.open_time,
        [
            ("open", columns.open),
            ("high", columns.high),
            ("low", columns.low),
            ("close", columns.close),
            ("volume", columns.volume),
        ],
    );
    let dataset = Dataset::bars(bars.name(), bars.interval()).unwrap();
    let mut writer = Store::create(root).unwrap().writer().unwrap();
    writer.commit(&dataset, vec![(piece, rows.unwrap())]).unwrap();
}

fn check(root: &Path, names: &[&str], interval: Option<Interval>) -> Findings {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    let options = Options { data_dir: root.to_owned(), names, interval, fresh_at: None };
    check_data::run(&options).unwrap()
}

fn names(findings: &Findings) -> Vec<String> {
    findings.bars.iter().map(|report| format!("{} {}", report.name, report.interval)).collect()
}

#[test]
fn store_and_files_are_looked_at_each_for_itself() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    store(root, &bars("BTCUSDT", Interval::HOUR, 100));
    store(root, &bars("BTCUSDT", Interval::MINUTE, 60));
    store(root, &bars("BTCUSDT_PERP", Interval::HOUR, 100));
    store(root, &bars("ETHUSDT", Interval::HOUR, 100));
    // The export of the ticker, in which somebody has changed a price.
    let mut columns = bars("BTC", Interval::HOUR, 100).to_columns();
    for values in [&mut columns.open, &mut columns.high, &mut columns.low, &mut columns.close] {
        values[50] *= 1.5;
    }
    let changed = Bars::new("BTC", Interval::HOUR, columns).unwrap();
    csv::write_bars(&root.join("BTC/ohlcv.csv"), &changed).unwrap();

    let findings = check(root, &["BTC"], None);
    assert_eq!(names(&findings), ["BTCUSDT 1m", "BTCUSDT 1h", "BTCUSDT_PERP 1h", "BTC (file) 1h"]);
    // Venues are held against each other when the ticker is named, too.
    let comparisons = &findings.bars[1].comparisons;
    let others: Vec<&str> = comparisons.iter().map(|c| c.other.as_str()).collect();
    assert_eq!(others, ["BTCUSDT_PERP", "BTC (file)"]);
    assert_eq!((comparisons[0].beyond, comparisons[1].beyond), (0, 1));
    assert!(findings.bars[0].comparisons.is_empty());
    // Hours lie in two years.
    assert_eq!(findings.files_verified, 1 + 2 + 2);

    assert_eq!(names(&check(root, &["BTCUSDT"], None)), ["BTCUSDT 1m", "BTCUSDT 1h"]);
    assert_eq!(names(&check(root, &["BTC"], Some(Interval::MINUTE))), ["BTCUSDT 1m"]);
    assert_eq!(check(root, &[], None).bars.len(), 5);
    let options = Options {
        data_dir: root.to_owned(),
        names: vec!["XRP".to_owned()],
        interval: None,
        fresh_at: None,
    };
    assert!(check_data::run(&options).unwrap_err().to_string().contains("fetch --ticker XRP"));
}

#[test]
fn a_damaged_file_is_an_error_and_does_not_count_as_verified() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    store(root, &bars("BTCUSDT", Interval::HOUR, 100));
    csv::write_bars(&root.join("ETH/ohlcv.csv"), &bars("ETH", Interval::HOUR, 50)).unwrap();
    let path = root.join("ETH/ohlcv.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().nth(7).unwrap();
    std::fs::write(&path, text.replace(line, "2024-12-30 06:00:00,x,1,1,1,1")).unwrap();
    let findings = check(root, &[], None);
    assert_eq!((findings.files_verified, findings.damaged.len()), (2, 1));
    assert!(findings.damaged[0].contains("ohlcv.csv"), "{:?}", findings.damaged);

    let folder = root.join("BTCUSDT/bars_1h");
    let manifest = Store::open(root)
        .and_then(|store| store.manifest(&Dataset::bars("BTCUSDT", Interval::HOUR)?))
        .unwrap();
    std::fs::write(folder.join(&manifest.years[0].file), b"rubbish").unwrap();
    let findings = check(root, &["BTC"], None);
    assert_eq!((findings.files_verified, findings.damaged.len()), (1, 1));
    assert_eq!(findings.exit_code(Severity::Info), 4);
    assert!(findings.to_string().contains("1 files match"), "{findings}");
}
