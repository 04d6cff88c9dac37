//! A written store has the schema of the original's and is read back to the bit.

#![cfg(feature = "ledger")]
#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use half::f16;
use mantis_data::challenge::ChallengeTable;
use mantis_eval::Error;
use mantis_eval::ledger::{Ledger, LedgerWriter, MATURITY_BLOCKS, Market, Observed, ReadFilter};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

const STEPS: i64 = 400;
const FIRST: i64 = 5_000;

fn price(step: i64, asset: usize) -> f64 {
    100.0 + (step as f64 * 0.37 + asset as f64).sin()
}

fn value(step: i64, hotkey: usize) -> f64 {
    ((step as f64 * 0.61 + hotkey as f64).sin() * 0.9 * 1000.0).round() / 1000.0
}

fn write(path: &Path, table: &ChallengeTable) {
    let assets = &table.get("MULTIXSEC").unwrap().assets;
    let mut writer = LedgerWriter::create(path, table.clone()).unwrap();
    for step in 0..STEPS {
        let mut market = Market::default();
        for (i, asset) in assets.iter().enumerate() {
            market.price.insert(asset.clone(), price(step, i));
            market.funding.insert(asset.clone(), 1e-4 * value(step, i));
        }
        if step == 7 {
            market = Market::default();
        }
        let submissions: Vec<(String, String)> = (0..3)
            .map(|h| {
                let hotkey = format!("hk{}", 2 - h);
                let (v, late) = (value(step, h), h == 2 && step < 50);
                let ranks: BTreeMap<&String, f64> = assets.iter().map(|a| (a, v)).collect();
                let text = serde_json::json!({
                    "hotkey": if late { "somebody else" } else { &hotkey },
                    "ETH": [v, -v],
                    "MULTIXSEC": ranks,
                });
                (hotkey, text.to_string())
            })
            .collect();
        writer.step(FIRST + 5 * step, &market, &submissions).unwrap();
    }
    writer.finish().unwrap();
}

fn schema(path: &Path) -> Vec<(String, String, String)> {
    let connection = Connection::open(path).unwrap();
    let mut columns = Vec::new();
    for table in [
        "blocks",
        "challenge_meta",
        "challenge_data",
        "raw_payloads",
        "drand_cache",
        "breakout_state",
    ] {
        let mut statement = connection.prepare(&format!("PRAGMA table_info({table})")).unwrap();
        let rows = statement.query_map([], |row| {
            let flags: (i64, i64) = (row.get(3)?, row.get(5)?);
            Ok((table.to_owned(), row.get(1)?, format!("{} {flags:?}", row.get::<_, String>(2)?)))
        });
        columns.extend(rows.unwrap().map(Result::unwrap));
    }
    columns
}

#[test]
fn the_schema_is_the_original_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datalog.db");
    let table = ChallengeTable::profile("2026-07").unwrap();
    write(&path, &table);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/golden/salience/ledger/datalog.db");
    assert_eq!(schema(&path), schema(&golden));
    let meta = |path: &Path| -> Vec<(String, i64, i64)> {
        let connection = Connection::open(path).unwrap();
        let mut statement =
            connection.prepare("SELECT * FROM challenge_meta ORDER BY rowid").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(meta(&path), meta(&golden));
}

#[test]
fn what_was_sampled_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datalog.db");
    let table = ChallengeTable::profile("2026-07").unwrap();
    write(&path, &table);
    let ledger = Ledger::open(&path, table.clone()).unwrap();
    let (first, newest) = (ledger.first_blocks().unwrap(), ledger.newest_block().unwrap());
    assert_eq!(newest, Some(FIRST + 5 * (STEPS - 1)));
    // The submissions under a wrong hotkey were thrown away.
    // The first of hk2 was zeros, which counts as nothing.
    let blocks = [("hk0", FIRST + 5 * 50), ("hk1", FIRST), ("hk2", FIRST + 5)];
    assert_eq!(first, blocks.map(|(h, b)| (h.to_owned(), b)).into());

    let filter = ReadFilter::default();
    let eth = ledger.dataset(table.get("ETH").unwrap(), &filter).unwrap().unwrap();
    // The last 300 blocks are not mature, the last hour has no outcome, and one step had no price.
    let last = STEPS - MATURITY_BLOCKS / 5;
    let sidx = |step: i64| FIRST / 5 + step;
    assert!(eth.sidx.iter().all(|s| (sidx(0)..sidx(last)).contains(s) && *s != sidx(7)));
    assert_eq!(eth.sidx.len() as i64, last - 1);
    let matrix = eth.matrix().unwrap();
    for (j, hotkey) in eth.hotkeys.iter().enumerate() {
        let h = 2 - hotkey[2..].parse::<usize>().unwrap();
        let stored = matrix.values_of(j).unwrap();
        for (row, s) in eth.sidx.iter().enumerate() {
            let step = s - sidx(0);
            let v = if h == 2 && step < 50 { 0.0 } else { value(step, h) };
            let expected = [v, -v].map(|v| f16::from_f64(v).to_f32());
            assert_eq!(stored[2 * row..2 * row + 2], expected, "{hotkey} {step}");
        }
    }
    let Observed::Returns(returns) = &eth.observed else { panic!("returns") };
    let asset = table.get("MULTIXSEC").unwrap().assets.iter().position(|a| a == "ETH").unwrap();
    for (s, r) in eth.sidx.iter().zip(returns) {
        let (now, later) = (price(s - sidx(0), asset), price(s - sidx(0) + 60, asset));
        assert_eq!(*r, ((later - now) / now) as f32);
    }
    let xsec = ledger.dataset(table.get("MULTIXSEC").unwrap(), &filter).unwrap().unwrap();
    let Observed::Assets(prices) = &xsec.observed else { panic!("prices") };
    // Rows without a submission stay rows here, as at the validator.
    assert_eq!(prices.nrows() as i64, STEPS - 1);
    assert_eq!(prices[[0, 3]], price(0, 3));
    let connection = Connection::open(&path).unwrap();
    let raw: i64 =
        connection.query_row("SELECT COUNT(*) FROM raw_payloads", [], |r| r.get(0)).unwrap();
    assert_eq!(raw, 3 * MATURITY_BLOCKS / 5);
}

#[test]
fn nothing_is_written_over_and_blocks_rise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datalog.db");
    let table = ChallengeTable::profile("2026-07").unwrap();
    let mut writer = LedgerWriter::create(&path, table.clone()).unwrap();
    writer.step(10, &Market::default(), &[]).unwrap();
    for block in [10, 5, 17] {
        let refused = writer.step(block, &Market::default(), &[]);
        assert!(matches!(refused, Err(Error::Parameter { .. })), "{block}");
    }
    writer.finish().unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(LedgerWriter::create(&path, table), Err(Error::LedgerExists { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
