//! Ledgers with altered bytes are read or refused, and never panic.

#![cfg(feature = "ledger")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use mantis_data::ChallengeTable;
use mantis_eval::ledger::{Ledger, ReadFilter};
use proptest::prelude::*;

/// Asks for everything that a scoring begins with.
fn read(bytes: &[u8]) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("datalog.db");
    std::fs::write(&path, bytes).unwrap();
    let table = ChallengeTable::profile("2026-07").unwrap();
    let Ok(ledger) = Ledger::open(&path, table.clone()) else { return };
    let _ = ledger.newest_block();
    let _ = ledger.first_blocks();
    let _ = ledger.registered();
    for challenge in table.challenges() {
        let _ = ledger.hotkeys(&challenge.ticker);
        let _ = ledger.dataset(challenge, &ReadFilter::default());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn altered_ledgers_do_not_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..16),
    ) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/salience/ledger/odd.db");
        let mut bytes = std::fs::read(path).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read(&bytes);
    }
}
