//! Writing a store as the validator does, block by block.

use super::encode::python_list;
use super::trackers::Trackers;
use super::{BLOCKS_PER_ROW, pack};
use crate::score::BreakoutProfile;
use crate::{Error, Result};
use mantis_data::challenge::{Challenge, ChallengeTable, LossKind, as_validator_sees};
use rusqlite::Connection;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Blocks after which a sealed submission can be opened.
pub const MATURITY_BLOCKS: i64 = 300;
/// Steps between two commits to the disk.
const STEPS_PER_COMMIT: usize = 500;

const SCHEMA: &str = "
CREATE TABLE blocks (idx INTEGER PRIMARY KEY, block INTEGER NOT NULL);
CREATE TABLE challenge_meta (ticker TEXT PRIMARY KEY, dim INTEGER NOT NULL, blocks_ahead INTEGER NOT NULL);
CREATE TABLE challenge_data (
    ticker TEXT NOT NULL, sidx INTEGER NOT NULL, price REAL, price_data TEXT, hotkeys TEXT, embeddings BLOB,
    PRIMARY KEY (ticker, sidx)
);
CREATE TABLE raw_payloads (ts INTEGER NOT NULL, hotkey TEXT NOT NULL, payload BLOB, PRIMARY KEY (ts, hotkey));
CREATE TABLE drand_cache (round INTEGER PRIMARY KEY, signature BLOB);
CREATE TABLE breakout_state (asset TEXT PRIMARY KEY, state_json TEXT NOT NULL);
CREATE INDEX idx_blocks_block ON blocks(block);
";
const PRICE: &str = "INSERT INTO challenge_data (ticker, sidx, price, hotkeys, embeddings)
    VALUES (?1, ?2, ?3, '[]', X'') ON CONFLICT(ticker, sidx) DO UPDATE SET price = excluded.price";
const PRICE_DATA: &str = "INSERT INTO challenge_data (ticker, sidx, price_data, hotkeys, embeddings)
    VALUES (?1, ?2, ?3, '[]', X'') ON CONFLICT(ticker, sidx) DO UPDATE SET price_data = excluded.price_data";
const VECTORS: &str = "INSERT INTO challenge_data (ticker, sidx, hotkeys, embeddings)
    VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT(ticker, sidx) DO UPDATE SET hotkeys = excluded.hotkeys, embeddings = excluded.embeddings";

/// What the feeds say at one step. An asset that is not there had no price or rate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Market {
    /// Price by asset.
    pub price: BTreeMap<String, f64>,
    /// Funding rate of a settlement by asset.
    pub funding: BTreeMap<String, f64>,
}

/// A submission: hotkey and the JSON text that it seals.
pub type Submission = (String, String);

/// Writes a new store: prices at each step, submissions when they mature 300 blocks later, validated as the validator
/// validates them. What is written is read by [`Ledger`](super::Ledger) and by the validator's own readers.
///
/// Sealing and the beacon are left out: `raw_payloads` holds the plain texts until they mature. The trackers of breakouts
/// are written when the store is finished.
///
/// ```
/// use mantis_data::challenge::ChallengeTable;
/// use mantis_eval::ledger::{Ledger, LedgerWriter, Market};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("datalog.db");
/// let table = ChallengeTable::profile("2026-07")?;
/// let mut writer = LedgerWriter::create(&path, table.clone())?;
/// for step in 0..100 {
///     let market = Market { price: [("ETH".to_owned(), 100.0)].into(), ..Market::default() };
///     let mine = ("5Hot".to_owned(), r#"{"hotkey": "5Hot", "ETH": [0.5, -0.5]}"#.to_owned());
///     writer.step(1_000 + 5 * step, &market, &[mine])?;
/// }
/// writer.finish()?;
/// assert_eq!(Ledger::open(&path, table)?.first_blocks()?["5Hot"], 1_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LedgerWriter {
    path: PathBuf,
    connection: Connection,
    table: ChallengeTable,
    /// Steps written.
    steps: usize,
    last_block: Option<i64>,
    pending: VecDeque<Step>,
    trackers: Option<Trackers>,
}

#[derive(Debug)]
struct Step {
    idx: usize,
    block: i64,
    submissions: Vec<Submission>,
}

impl LedgerWriter {
    /// Starts a store in a new file.
    ///
    /// # Errors
    /// [`Error::LedgerExists`] when there is something at the path, [`Error::Sqlite`].
    pub fn create(path: &Path, table: ChallengeTable) -> Result<Self> {
        if path.exists() {
            return Err(Error::LedgerExists { path: path.to_owned() });
        }
        let fail = |source| sqlite(path, source);
        let connection = Connection::open(path).map_err(fail)?;
        // A run that is cut off leaves a file that is started again, so nothing has to survive a power cut.
        connection
            .execute_batch("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;")
            .and_then(|()| connection.execute_batch(SCHEMA))
            .and_then(|()| connection.execute_batch("BEGIN"))
            .map_err(fail)?;
        for challenge in table.challenges() {
            let ahead = challenge.blocks_ahead.unwrap_or(0);
            let row = (&challenge.ticker, challenge.dim, ahead);
            let sql = "INSERT INTO challenge_meta VALUES (?1, ?2, ?3)";
            connection.execute(sql, row).map_err(fail)?;
        }
        let path = path.to_owned();
        let trackers = Trackers::new(&table, &BreakoutProfile::default());
        let (steps, last_block, pending) = (0, None, VecDeque::new());
        Ok(Self { path, connection, table, steps, last_block, pending, trackers })
    }

    /// One sampled step: the prices, and the submissions of all registered hotkeys. Submissions that have become 300
    /// blocks old are opened, validated and stored at the minute they were sampled.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a block that is not above the last one or not a multiple of 5, [`Error::Sqlite`].
    pub fn step(&mut self, block: i64, market: &Market, submissions: &[Submission]) -> Result<()> {
        let rises = self.last_block.is_none_or(|last| block > last);
        if !rises || block % BLOCKS_PER_ROW != 0 {
            return Err(Error::Parameter {
                what: "LedgerWriter::step",
                parameter: "block",
                expected: "a multiple of 5 above the block of the step before",
                got: block as f64,
            });
        }
        let sidx = block / BLOCKS_PER_ROW;
        self.execute("INSERT INTO blocks VALUES (?1, ?2)", (self.steps as i64, block))?;
        for challenge in self.table.challenges() {
            match challenge.loss {
                LossKind::FundingXsec => {
                    self.price_data(challenge, sidx, &market.funding, |_| true)?
                }
                LossKind::XsecRank | LossKind::TradeMix => {
                    self.price_data(challenge, sidx, &market.price, |price| price > 0.0)?;
                }
                // Breakouts have no price of their own; the validator stores 0.
                _ => {
                    let asset = challenge.price_asset.as_ref();
                    let price = asset.and_then(|asset| market.price.get(asset)).unwrap_or(&0.0);
                    self.execute(PRICE, (&challenge.ticker, sidx, price))?;
                }
            }
        }
        if let Some(trackers) = &mut self.trackers {
            trackers.step(sidx, &market.price);
        }
        for (hotkey, text) in submissions {
            let sql = "INSERT OR REPLACE INTO raw_payloads VALUES (?1, ?2, ?3)";
            self.execute(sql, (self.steps as i64, hotkey, text.as_bytes()))?;
        }
        let submissions = submissions.to_vec();
        self.pending.push_back(Step { idx: self.steps, block, submissions });
        self.last_block = Some(block);
        self.steps += 1;
        while self.pending.front().is_some_and(|step| step.block + MATURITY_BLOCKS <= block) {
            if let Some(step) = self.pending.pop_front() {
                self.mature(&step)?;
            }
        }
        if self.steps.is_multiple_of(STEPS_PER_COMMIT) {
            self.batch("COMMIT; BEGIN")?;
        }
        Ok(())
    }

    /// Closes the file as one that is not being written; submissions that are not mature stay raw.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn finish(self) -> Result<()> {
        for (asset, state) in self.trackers.iter().flat_map(Trackers::states) {
            let state = state.map_err(|source| Error::Sqlite {
                path: self.path.clone(),
                action: "write the state of breakouts",
                source: Box::new(source),
            })?;
            self.execute("INSERT INTO breakout_state VALUES (?1, ?2)", (asset, state))?;
        }
        self.batch("COMMIT; PRAGMA journal_mode=DELETE")
    }

    fn price_data(
        &self,
        challenge: &Challenge,
        sidx: i64,
        values: &BTreeMap<String, f64>,
        usable: impl Fn(f64) -> bool,
    ) -> Result<()> {
        let mut text = String::new();
        for asset in &challenge.assets {
            if let Some(value) = values.get(asset).filter(|v| v.is_finite() && usable(**v)) {
                let comma = if text.is_empty() { "{" } else { ", " };
                // Writing to a string cannot fail. Asset names need no escapes; Debug keeps ".0".
                let _ = write!(text, "{comma}\"{asset}\": {value:?}");
            }
        }
        // A step without any usable value writes no row.
        if text.is_empty() {
            return Ok(());
        }
        text.push('}');
        self.execute(PRICE_DATA, (&challenge.ticker, sidx, text))
    }

    fn mature(&mut self, step: &Step) -> Result<()> {
        type Stored = (Vec<String>, BTreeMap<String, Vec<f32>>);
        let mut by_ticker: BTreeMap<String, Stored> = BTreeMap::new();
        for (hotkey, text) in &step.submissions {
            for kept in as_validator_sees(&self.table, text, hotkey).stored {
                #[expect(clippy::cast_possible_truncation, reason = "they are half floats already")]
                let vector = kept.stored.iter().map(|v| *v as f32).collect();
                let (arrived, vectors) = by_ticker.entry(kept.ticker).or_default();
                if vectors.insert(hotkey.clone(), vector).is_none() {
                    arrived.push(hotkey.clone());
                }
            }
        }
        let sidx = step.block / BLOCKS_PER_ROW;
        for (ticker, (arrived, vectors)) in &by_ticker {
            let listed = python_list(arrived.iter().map(String::as_str));
            self.execute(VECTORS, (ticker, sidx, listed, pack(vectors)))?;
            if let Some(trackers) = self.trackers.as_mut().filter(|t| t.ticker() == ticker) {
                trackers.mature(sidx, vectors);
            }
        }
        self.execute("DELETE FROM raw_payloads WHERE ts = ?1", (step.idx as i64,))
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<()> {
        let run = || self.connection.prepare_cached(sql)?.execute(values);
        run().map(|_| ()).map_err(|source| sqlite(&self.path, source))
    }

    fn batch(&self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(|source| sqlite(&self.path, source))
    }
}

fn sqlite(path: &Path, source: rusqlite::Error) -> Error {
    Error::Sqlite { path: path.to_owned(), action: "write", source: Box::new(source) }
}
