//! Reading the validator's SQLite file.

use super::ReadFilter;
use super::decode::listed;
use super::rows::PriceRow;
use crate::score::BreakoutProfile;
use crate::{Error, Result};
use mantis_data::challenge::{ChallengeTable, LossKind};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The validator's store of prices and embeddings (`datalog.db`), opened for reading only: nothing is ever written,
/// where the validator itself would add a missing column.
///
/// Rows are streamed, one challenge at a time; the embeddings of that challenge are kept in half precision.
///
/// ```no_run
/// use mantis_data::challenge::ChallengeTable;
/// use mantis_eval::ledger::{Ledger, ReadFilter};
/// use std::path::Path;
///
/// let table = ChallengeTable::profile("2026-07")?;
/// let ledger = Ledger::open(Path::new("datalog.db"), table)?;
/// for dataset in ledger.datasets(&ReadFilter::default()) {
///     let dataset = dataset?;
///     println!("{}: {} miners", dataset.challenge.ticker, dataset.hotkeys.len());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    connection: Connection,
    table: ChallengeTable,
    /// Constants of the breakouts that are replayed.
    breakout: BreakoutProfile,
    /// Old files have no column `price_data`; it then counts as NULL.
    has_price_data: bool,
}

/// Bytes of a cell, or of a row; 256 miners with 17 values each make a hundred thousand.
const MAX_CELL_BYTES: i32 = 64 << 20;

/// Text of a cell; `None` for NULL.
type Cell = Option<Vec<u8>>;

impl Ledger {
    /// Opens a file. Beside a live validator its write-ahead log is read as well.
    ///
    /// # Errors
    /// [`Error::Sqlite`] when the file cannot be opened or is no such store.
    pub fn open(path: &Path, table: ChallengeTable) -> Result<Self> {
        let fail = |source| sqlite(path, "open", source);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let plain = connect(path, flags).map_err(fail)?;
        let (connection, columns) = match columns(&plain) {
            Ok(columns) => (plain, columns),
            // A file in write-ahead mode inside a folder that cannot be written is read as it is, if nobody has left a change
            // of it half done.
            Err(source) if is_settled(path, &source) => {
                let flags = flags | OpenFlags::SQLITE_OPEN_URI;
                let fixed = connect(immutable(path), flags).map_err(fail)?;
                let columns = columns(&fixed).map_err(fail)?;
                (fixed, columns)
            }
            Err(source) => return Err(fail(source)),
        };
        Ok(Self {
            path: path.to_owned(),
            connection,
            table,
            breakout: BreakoutProfile::default(),
            has_price_data: columns.contains("price_data"),
        })
    }

    /// Other constants for the replay of breakouts.
    #[must_use]
    pub fn with_breakout(mut self, profile: BreakoutProfile) -> Self {
        self.breakout = profile;
        self
    }

    /// The challenges that are read.
    #[must_use]
    pub fn table(&self) -> &ChallengeTable {
        &self.table
    }

    /// Block of the newest row of any challenge; `None` for an empty store.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn newest_block(&self) -> Result<Option<i64>> {
        let newest: Option<i64> = self
            .connection
            .query_row("SELECT MAX(sidx) FROM challenge_data", [], |row| row.get(0))
            .map_err(|source| sqlite(&self.path, "read the newest row", source))?;
        Ok(newest.map(|sidx| sidx * super::BLOCKS_PER_ROW))
    }

    /// Block of the first row in which each hotkey is listed, in any challenge, known or not. This decides who is young.
    ///
    /// # Errors
    /// [`Error::Sqlite`], or [`Error::StoredRow`] for a list that cannot be read.
    pub fn first_blocks(&self) -> Result<BTreeMap<String, i64>> {
        let mut first = BTreeMap::new();
        for ticker in self.texts("SELECT DISTINCT ticker FROM challenge_data")? {
            self.lists(&ticker, |sidx, text| {
                let names = listed(text)
                    .map_err(|problem| stored_row(&self.path, &ticker, sidx, "hotkeys", problem))?;
                let block = sidx * super::BLOCKS_PER_ROW;
                for name in names.into_iter().flatten() {
                    let known = first.entry(name).or_insert(block);
                    *known = block.min(*known);
                }
                Ok(())
            })?;
        }
        Ok(first)
    }

    /// The hotkeys that were registered at the newest step whose payloads are still kept; `None` where none are.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn registered(&self) -> Result<Option<BTreeSet<String>>> {
        if !self.has_table("raw_payloads")? {
            return Ok(None);
        }
        let sql = "SELECT hotkey FROM raw_payloads WHERE ts = (SELECT MAX(ts) FROM raw_payloads)";
        let found: BTreeSet<String> = self.texts(sql)?.into_iter().collect();
        Ok((!found.is_empty()).then_some(found))
    }

    /// Every hotkey ever listed for a challenge, sorted.
    ///
    /// # Errors
    /// As [`Ledger::first_blocks`].
    pub fn hotkeys(&self, ticker: &str) -> Result<Vec<String>> {
        let mut all = BTreeSet::new();
        self.lists(ticker, |sidx, text| {
            let row = |problem| stored_row(&self.path, ticker, sidx, "hotkeys", problem);
            for name in listed(text).map_err(row)? {
                all.insert(name.ok_or_else(|| row("an entry that is no string"))?);
            }
            Ok(())
        })?;
        Ok(all.into_iter().collect())
    }

    /// Calls `see` for every list of hotkeys of a ticker that is not empty and not the same text as the one before it.
    fn lists(&self, ticker: &str, mut see: impl FnMut(i64, &str) -> Result<()>) -> Result<()> {
        let mut last = None;
        self.rows(
            "SELECT sidx, hotkeys FROM challenge_data \
             WHERE ticker = ?1 AND hotkeys != '[]' ORDER BY sidx",
            Some(ticker),
            |row| Ok((row.get(0)?, cell(row, 1)?.unwrap_or_default())),
            |(sidx, cell)| {
                if last.as_ref() == Some(&cell) {
                    return Ok(());
                }
                let problem = "text that is no UTF-8";
                let text = std::str::from_utf8(&cell)
                    .map_err(|_| stored_row(&self.path, ticker, sidx, "hotkeys", problem))?;
                see(sidx, text)?;
                last = Some(cell);
                Ok(())
            },
        )
    }

    /// The one column of a query without parameters.
    fn texts(&self, sql: &str) -> Result<Vec<String>> {
        let fail = |source| sqlite(&self.path, "read names", source);
        let mut statement = self.connection.prepare(sql).map_err(fail)?;
        let rows = statement.query_map([], |row| row.get(0)).map_err(fail)?;
        rows.collect::<rusqlite::Result<_>>().map_err(fail)
    }

    /// Whether the file has such a table; old ones lack some.
    fn has_table(&self, name: &str) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let fail = |source| sqlite(&self.path, "read the schema", source);
        self.connection.query_row(sql, [name], |row| row.get(0)).map_err(fail)
    }

    /// Runs a query of one parameter and hands its rows on.
    fn rows<T>(
        &self,
        sql: &str,
        parameter: Option<&str>,
        take: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
        mut each: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let fail = |source| sqlite(&self.path, "read rows", source);
        let mut statement = self.connection.prepare_cached(sql).map_err(fail)?;
        let mut rows = statement.query([parameter]).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            each(take(row).map_err(fail)?)?;
        }
        Ok(())
    }

    /// Rows of a ticker, an upper bound of those that are kept.
    pub(super) fn count(&self, ticker: &str, filter: &ReadFilter) -> Result<usize> {
        let sql = "SELECT COUNT(*) FROM challenge_data WHERE ticker = ?1 AND sidx <= ?2";
        let count: i64 = self
            .connection
            .query_row(sql, (ticker, filter.last_sidx()), |row| row.get(0))
            .map_err(|source| sqlite(&self.path, "count rows", source))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// All prices of a ticker by minute, rows without one included.
    pub(super) fn prices(&self, ticker: &str) -> Result<Vec<PriceRow>> {
        let mut prices = Vec::new();
        let sql = "SELECT sidx, price FROM challenge_data WHERE ticker = ?1 ORDER BY sidx";
        self.rows(
            sql,
            Some(ticker),
            |row| Ok((row.get(0)?, price(row, 1)?)),
            |(sidx, price)| {
                let problem = "a text that is no number";
                let price =
                    price.map_err(|()| stored_row(&self.path, ticker, sidx, "price", problem))?;
                prices.push(PriceRow { sidx, price });
                Ok(())
            },
        )?;
        Ok(prices)
    }

    /// Calls `each` with the minute and the embeddings of every row up to the limit.
    pub(super) fn embeddings(
        &self,
        ticker: &str,
        filter: &ReadFilter,
        mut each: impl FnMut(i64, Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        let fail = |source| sqlite(&self.path, "read embeddings", source);
        let sql = "SELECT sidx, embeddings FROM challenge_data \
                   WHERE ticker = ?1 AND sidx <= ?2 ORDER BY sidx";
        let mut statement = self.connection.prepare_cached(sql).map_err(fail)?;
        let mut rows = statement.query((ticker, filter.last_sidx())).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            let sidx = row.get(0).map_err(fail)?;
            match row.get_ref(1).map_err(fail)? {
                ValueRef::Blob(cell) => each(sidx, Some(cell))?,
                ValueRef::Null => each(sidx, None)?,
                _ => {
                    let problem = "another type than BLOB";
                    return Err(stored_row(&self.path, ticker, sidx, "embeddings", problem));
                }
            }
        }
        Ok(())
    }

    /// Calls `each` with every price map that is not NULL, up to the limit.
    pub(super) fn price_data(
        &self,
        ticker: &str,
        filter: &ReadFilter,
        mut each: impl FnMut(i64, &str) -> Result<()>,
    ) -> Result<()> {
        if !self.has_price_data {
            return Ok(());
        }
        let sql = "SELECT sidx, price_data FROM challenge_data \
                   WHERE ticker = ?1 AND price_data IS NOT NULL ORDER BY sidx";
        self.rows(
            sql,
            Some(ticker),
            |row| Ok((row.get(0)?, cell(row, 1)?)),
            |(sidx, cell)| {
                if sidx > filter.last_sidx() {
                    return Ok(());
                }
                let cell = cell.unwrap_or_default();
                let problem = "text that is no UTF-8";
                let text = std::str::from_utf8(&cell)
                    .map_err(|_| stored_row(&self.path, ticker, sidx, "price_data", problem))?;
                each(sidx, text)
            },
        )
    }

    pub(super) fn breakout_profile(&self) -> &BreakoutProfile {
        &self.breakout
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The challenge whose prices decide breakouts, and the minute of its first price map; nothing without one.
    pub(super) fn breakout_source(&self) -> Result<Option<(&str, i64)>> {
        let source = self.table.challenges().iter().find(|c| c.loss == LossKind::XsecRank);
        let Some(challenge) = source.filter(|_| self.has_price_data) else { return Ok(None) };
        let sql = "SELECT sidx FROM challenge_data \
                   WHERE ticker = ?1 AND price_data IS NOT NULL ORDER BY sidx LIMIT 1";
        let mut first = None;
        let found = |sidx| {
            first = Some(sidx);
            Ok(())
        };
        self.rows(sql, Some(&challenge.ticker), |row| row.get(0), found)?;
        Ok(first.map(|first| (challenge.ticker.as_str(), first)))
    }

    /// Saved state of the live trackers in the order of the table; nothing in a store without one.
    pub(super) fn breakout_states(&self) -> Result<Vec<(String, String)>> {
        if !self.has_table("breakout_state")? {
            return Ok(Vec::new());
        }
        let fail = |source| sqlite(&self.path, "read the breakout states", source);
        let sql = "SELECT asset, state_json FROM breakout_state ORDER BY rowid";
        let mut statement = self.connection.prepare(sql).map_err(fail)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(fail)?;
        rows.collect::<rusqlite::Result<_>>().map_err(fail)
    }

    /// The embeddings of a ticker at one minute.
    pub(super) fn embeddings_at(&self, ticker: &str, sidx: i64) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT embeddings FROM challenge_data WHERE ticker = ?1 AND sidx = ?2";
        let fail = |source| sqlite(&self.path, "read embeddings", source);
        let mut statement = self.connection.prepare_cached(sql).map_err(fail)?;
        let mut rows = statement.query((ticker, sidx)).map_err(fail)?;
        match rows.next().map_err(fail)? {
            Some(row) => cell(row, 0).map_err(fail),
            None => Ok(None),
        }
    }
}

/// A connection to a file that somebody else wrote: its schema may call only functions of SQLite that do no harm, and its cells
/// have a limit.
fn connect(path: impl AsRef<Path>, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)?;
    Ok(connection)
}

fn columns(connection: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    let mut statement = connection.prepare("PRAGMA table_info(challenge_data)")?;
    let names = statement.query_map([], |row| row.get(1))?.collect::<rusqlite::Result<_>>()?;
    // An error here, not later, when there is no such table.
    connection.prepare("SELECT ticker, sidx, price, hotkeys, embeddings FROM challenge_data")?;
    Ok(names)
}

/// The address of a file that nobody writes.
fn immutable(path: &Path) -> String {
    let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3f");
    format!("file:{}?immutable=1", escaped.replace('#', "%23"))
}

/// Whether only the missing shared memory of the write-ahead log keeps a file from being read.
fn is_settled(path: &Path, error: &rusqlite::Error) -> bool {
    let sibling = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    error.sqlite_error_code() == Some(ErrorCode::CannotOpen)
        && !["-wal", "-journal"].iter().any(|end| sibling(end).exists())
}

/// Bytes of a text or blob, text of a number.
fn cell(row: &Row<'_>, index: usize) -> rusqlite::Result<Cell> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => None,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes.to_vec()),
        ValueRef::Integer(number) => Some(number.to_string().into_bytes()),
        ValueRef::Real(number) => Some(number.to_string().into_bytes()),
    })
}

/// A price, `Err` for a text that is no number.
fn price(row: &Row<'_>, index: usize) -> rusqlite::Result<std::result::Result<Option<f64>, ()>> {
    #[expect(clippy::cast_precision_loss, reason = "Python makes a float of it as well")]
    Ok(match row.get_ref(index)? {
        ValueRef::Null => Ok(None),
        ValueRef::Real(number) => Ok(Some(number)),
        ValueRef::Integer(number) => Ok(Some(number as f64)),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            text.trim().parse().map(Some).map_err(|_| ())
        }
    })
}

pub(super) fn sqlite(path: &Path, action: &'static str, source: rusqlite::Error) -> Error {
    let source: Box<dyn std::error::Error + Send + Sync> = match source.sqlite_error_code() {
        Some(ErrorCode::TooBig) => format!(
            "a cell or row holds more than {MAX_CELL_BYTES} bytes, which no validator writes"
        )
        .into(),
        _ => Box::new(source),
    };
    Error::Sqlite { path: path.to_owned(), action, source }
}

pub(super) fn stored_row(
    path: &Path,
    ticker: &str,
    sidx: i64,
    column: &'static str,
    problem: &'static str,
) -> Error {
    Error::StoredRow { path: path.to_owned(), ticker: ticker.to_owned(), sidx, column, problem }
}
