//! What a ledger of a stranger may not do. `checks/fuzz` alters its bytes.

#![cfg(feature = "ledger")]

use mantis_data::ChallengeTable;
use mantis_eval::ledger::Ledger;

#[test]
fn a_view_in_the_place_of_the_table_is_not_evaluated() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("datalog.db");
    let columns = "ticker, sidx, price, hotkeys, embeddings";
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(&format!(
            "CREATE TABLE other ({columns});
             CREATE VIEW challenge_data AS SELECT {columns} FROM other;"
        ))
        .unwrap();
    let table = ChallengeTable::profile("2026-07").unwrap();
    let error = Ledger::open(&path, table).unwrap_err().to_string();
    assert!(error.contains("view"), "{error}");
}

#[test]
fn a_cell_without_an_end_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("datalog.db");
    let table = ChallengeTable::profile("2026-07").unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE challenge_data (ticker, sidx, price, hotkeys, embeddings);
             INSERT INTO challenge_data VALUES ('ETH', 1, 1.0, zeroblob(67108865), '{}');",
        )
        .unwrap();
    drop(connection);
    let ledger = Ledger::open(&path, table).unwrap();
    let error = ledger.hotkeys("ETH").unwrap_err().to_string();
    assert!(error.contains("more than 67108864 bytes"), "{error}");
}
