//! What can go wrong with stored data.

use std::path::PathBuf;

use crate::series::SeriesKind;
use crate::time::{Interval, Timestamp};

/// What can go wrong with stored data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A folder or file does not exist.
    #[error("{}: no such {what}; check the root folder and the symbol, or fetch the data first", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
        /// "folder" or "file".
        what: &'static str,
    },
    /// The operating system refused to read or write.
    #[error("{}: cannot {action}: {source}; check permissions and free space", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The reason.
        source: std::io::Error,
    },
    /// A file is not valid Parquet.
    #[error("{}: not a readable Parquet file: {source}; it is probably truncated or damaged, fetch it again", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: parquet::errors::ParquetError,
    },
    /// A file lacks a column.
    #[error("{}: column {column} is missing, found {}; rename the column or write the file anew", path.display(), found.join(", "))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// A column of a file has the wrong type.
    #[error("{}: column {column} has type {got}, expected {expected}; convert the column", path.display())]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// Its Arrow type.
        got: String,
        /// The accepted type.
        expected: &'static str,
    },
    /// A cell of a file is empty.
    #[error("{}: row {row} ({}): {column} is null, expected a value; leave a missing row out instead of writing nulls", path.display(), time.map_or_else(|| "time unknown".to_owned(), |time| time.to_string()))]
    Null {
        /// The file.
        path: PathBuf,
        /// The row.
        row: usize,
        /// Its time, if that is known.
        time: Option<Timestamp>,
        /// The column.
        column: &'static str,
    },
    /// A stamp of a file does not fit into microseconds.
    #[error("{}: row {row}: stamp {raw} {unit} is out of range; the unit of the column is probably wrong", path.display())]
    StampOverflow {
        /// The file.
        path: PathBuf,
        /// The row.
        row: usize,
        /// The stamp as stored.
        raw: i64,
        /// Its unit.
        unit: &'static str,
    },
    /// A file holds bars of another interval than the one asked for.
    #[error("{}: holds bars of {got}, expected {expected}; ask for {got} or resample the bars", path.display())]
    FileInterval {
        /// The file.
        path: PathBuf,
        /// Interval of the file.
        got: Interval,
        /// Interval asked for.
        expected: Interval,
    },
    /// A symbol cannot be the name of a folder.
    #[error(
        "symbol {symbol:?}: expected letters, digits, '_', '-' or '.', starting with a letter or digit; use for example BTCUSDT"
    )]
    BadSymbol {
        /// The symbol.
        symbol: String,
    },
    /// A file is not CSV.
    #[error("{}: line {line}: not readable as CSV: {source}; repair the line or export the file anew", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What the parser said.
        source: csv::Error,
    },
    /// The header of a CSV file lacks a column.
    #[error("{}: line 1: column {column} is {problem}, found {}; rename the columns or write the file anew", path.display(), found.join(", "))]
    CsvHeader {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// "missing" or "given twice".
        problem: &'static str,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// A cell of a CSV file is not what its column holds.
    #[error("{}: line {line}: {column} is {got:?}, expected {expected}; correct or remove the line", path.display())]
    CsvCell {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What the cell holds.
        got: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// Values of this kind have no file of their own.
    #[error("{}: there is no file for {kind}; it is a column of the bars", path.display())]
    NoFileFor {
        /// The file or folder.
        path: PathBuf,
        /// The kind.
        kind: SeriesKind,
    },
    /// A folder has no data of a name.
    #[error("{}: no {what} of {name} (looked for {}); check --data-dir, or run `fetch --ticker {name}`", root.display(), tried.join(", "))]
    NoData {
        /// The folder.
        root: PathBuf,
        /// Symbol or ticker asked for.
        name: String,
        /// "bars" or "series".
        what: &'static str,
        /// Symbols looked for.
        tried: Vec<String>,
    },
    /// Another process writes to the folder.
    #[error("{}: the folder is in use by {}; wait until it is done, or end it", path.display(), if holder.is_empty() { "another process" } else { holder })]
    Locked {
        /// The lock.
        path: PathBuf,
        /// What is known about the other process.
        holder: String,
    },
    /// A file of a store is not what its manifest says.
    #[error("{}: damaged: {reason}; run `fetch` to set it aside and to fetch its time again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A manifest cannot be understood.
    #[error("{}: not a manifest of this version: {reason}; run `fetch` to set it aside and to make it anew", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
