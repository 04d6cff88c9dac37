//! Readers of ledgers, run logs and constants of the scoring.

use mantis_data::{ChallengeTable, Timestamp};
use mantis_eval::ledger::{Ledger, ReadFilter};
use mantis_eval::runs::{RunLog, RunRecord, RunSpan};
use mantis_eval::score::ScoringProfile;

use crate::files::{bundled, in_file};

pub(crate) mod ledger {
    use super::*;

    /// Asks for everything that a scoring begins with.
    pub(crate) fn read(bytes: &[u8]) -> bool {
        let table = ChallengeTable::profile("2026-07").unwrap();
        in_file("datalog.db", bytes, |path| {
            let Ok(ledger) = Ledger::open(path, table.clone()) else { return false };
            let _ = (ledger.newest_block(), ledger.first_blocks(), ledger.registered());
            let mut something = false;
            for challenge in table.challenges() {
                let _ = ledger.hotkeys(&challenge.ticker);
                something |= ledger.dataset(challenge, &ReadFilter::default()).is_ok();
            }
            something
        })
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        vec![bundled("golden/salience/ledger/odd.db")]
    }
}

pub(crate) mod run_log {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        in_file("runs.jsonl", bytes, |path| {
            let Ok(log) = RunLog::open(path) else { return false };
            for experiment in log.experiments() {
                let _ = (log.trials(experiment), log.metric(experiment, "accuracy"));
                let _ = (log.best_accuracy(experiment), log.table(experiment, &["accuracy"]));
                let _ = log.admits(experiment, year(2025));
            }
            log.runs().count() > 0
        })
    }

    fn year(year: i32) -> RunSpan {
        let start = |year: i32| Timestamp::parse(&format!("{year}-01-01")).unwrap();
        RunSpan { from: start(year), to: start(year + 1) }
    }

    /// A span that is kept back, opened and judged, and a run on another one.
    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("runs.jsonl");
        let now = Timestamp::parse("2026-01-01").unwrap();
        let run = |span| RunRecord {
            time: now,
            experiment: "e".to_owned(),
            config: serde_json::json!({"epochs": 3}),
            data: "00".to_owned(),
            code: "01".to_owned(),
            seed: 42,
            span,
            sealed: false,
            metrics: [("accuracy".to_owned(), 0.51)].into(),
        };
        let mut log = RunLog::open(&path).unwrap();
        log.seal("e", year(2025), now).unwrap();
        log.record(run(year(2024))).unwrap();
        let opened = log.open_sealed("e", year(2025), now).unwrap();
        log.record_sealed(opened, run(year(2025))).unwrap();
        vec![std::fs::read(path).unwrap()]
    }
}

pub(crate) mod scoring {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        std::str::from_utf8(bytes).is_ok_and(|text| ScoringProfile::parse(text).is_ok())
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let whole = serde_json::to_vec(&ScoringProfile::default()).unwrap();
        vec![whole, br#"{"weights": {"burn_pct": 0.3}}"#.to_vec()]
    }
}
