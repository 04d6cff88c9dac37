//! A validator's store made from price history and what several miners would have said.

use super::path::{MinutePath, minute};
use crate::ledger::{BLOCKS_PER_ROW, LedgerWriter, Market, Submission};
use crate::workers::Progress;
use crate::{Error, Result};
use mantis_data::challenge::ChallengeTable;
use mantis_data::{Series, Timestamp};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

const WHAT: &str = "write_ledger";

/// What a miner uploads at a block and its time: the JSON text that it seals; nothing where it has no file.
pub type Says<'a> = dyn Fn(i64, Timestamp) -> Option<String> + 'a;

/// One miner of a simulated store.
pub struct LedgerSource<'a> {
    /// Its hotkey.
    pub hotkey: String,
    /// Its submissions.
    pub says: Box<Says<'a>>,
}

impl std::fmt::Debug for LedgerSource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerSource").field("hotkey", &self.hotkey).finish_non_exhaustive()
    }
}

/// What [`write_ledger`] writes: one sampled step a minute.
#[derive(Debug)]
pub struct LedgerScenario<'a> {
    /// The challenges.
    pub table: &'a ChallengeTable,
    /// Block of the first step, a multiple of 5.
    pub first_block: i64,
    /// Its time; a block takes 12 s.
    pub first_time: Timestamp,
    /// Steps.
    pub steps: usize,
    /// Prices by asset; an asset that is not there, or not at a minute, has no price then.
    pub prices: &'a BTreeMap<String, MinutePath>,
    /// Funding rates by asset; each holds until the next one is known.
    pub funding: &'a BTreeMap<String, Series>,
    /// The miners.
    pub sources: &'a [LedgerSource<'a>],
}

/// Runs the validator's loop over a history: at each step it samples prices and submissions, and opens, validates and stores
/// those that have become 300 blocks old. The store appears at `path` when it is whole.
///
/// `progress` receives (done, total) steps.
///
/// # Errors
/// [`Error::LedgerExists`] when there is something at the path; [`Error::Duplicate`] for a hotkey used twice;
/// [`Error::Parameter`] for no steps or a first block that is no multiple of 5; [`Error::Sqlite`]; [`Error::LedgerCache`]
/// when a file cannot be moved; [`Error::Stopped`] when `progress` breaks.
///
/// ```
/// use mantis_data::Timestamp;
/// use mantis_data::challenge::ChallengeTable;
/// use mantis_eval::ledger::Ledger;
/// use mantis_eval::simulate::{LedgerScenario, LedgerSource, write_ledger};
/// use std::ops::ControlFlow;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("datalog.db");
/// let table = ChallengeTable::profile("2026-07")?;
/// let says = |_, _| Some(r#"{"hotkey": "5Hot", "ETH": [0.5, -0.5]}"#.to_owned());
/// let scenario = LedgerScenario {
///     table: &table,
///     first_block: 4_000_000,
///     first_time: Timestamp::parse("2025-06-01")?,
///     steps: 120,
///     prices: &[].into(),
///     funding: &[].into(),
///     sources: &[LedgerSource { hotkey: "5Hot".to_owned(), says: Box::new(says) }],
/// };
/// write_ledger(&path, &scenario, &mut |_, _| ControlFlow::Continue(()))?;
/// assert_eq!(Ledger::open(&path, table)?.first_blocks()?["5Hot"], 4_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_ledger(
    path: &Path,
    scenario: &LedgerScenario<'_>,
    progress: Progress<'_>,
) -> Result<()> {
    check(path, scenario)?;
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let fail = |source| crate::ledger::moved(path, source);
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fail(error)),
        _ => {}
    }
    let mut writer = LedgerWriter::create(part, scenario.table.clone())?;
    for step in 0..scenario.steps {
        let time = minute(scenario.first_time, step);
        let block = scenario.first_block + BLOCKS_PER_ROW * step as i64;
        let submissions: Vec<Submission> = scenario
            .sources
            .iter()
            .filter_map(|source| Some((source.hotkey.clone(), (source.says)(block, time)?)))
            .collect();
        writer.step(block, &market(scenario, time), &submissions)?;
        if let ControlFlow::Break(()) = progress(step + 1, scenario.steps) {
            return Err(Error::Stopped { what: WHAT, done: step + 1, total: scenario.steps });
        }
    }
    writer.finish()?;
    std::fs::rename(part, path).map_err(fail)
}

/// What the feeds say at a time.
fn market(scenario: &LedgerScenario<'_>, time: Timestamp) -> Market {
    let price = |(asset, path): (&String, &MinutePath)| Some((asset.clone(), path.price_at(time)?));
    let rate = |(asset, rates): (&String, &Series)| Some((asset.clone(), rates.latest_at(time)?.1));
    Market {
        price: scenario.prices.iter().filter_map(price).collect(),
        funding: scenario.funding.iter().filter_map(rate).collect(),
    }
}

fn check(path: &Path, scenario: &LedgerScenario<'_>) -> Result<()> {
    if path.exists() {
        return Err(Error::LedgerExists { path: path.to_owned() });
    }
    super::check_positive(&[("steps", scenario.steps)])?;
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = scenario.sources.iter().find(|source| !seen.insert(&source.hotkey)) {
        return Err(Error::Duplicate { what: WHAT, name: twice.hotkey.clone() });
    }
    Ok(())
}
