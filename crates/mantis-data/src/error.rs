//! The one error type of this crate.

use std::path::PathBuf;

use crate::challenge::ChallengeError;
use crate::series::SeriesKind;
use crate::store::StoreError;
use crate::time::{Interval, Timestamp};

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong with market data, stores and the challenge table.
///
/// Rows are counted from 0. A problem inside a file arrives wrapped in
/// [`Error::InFile`], which puts the path in front.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text is not a time.
    #[error(
        "time {text:?}: {reason}; write a date (2025-01-01) or a UTC time with its offset (2025-01-01T00:00:00Z)"
    )]
    BadTime {
        /// The text.
        text: String,
        /// What the parser said.
        reason: jiff::Error,
    },
    /// A stamp lies outside the years 1 to 9999.
    #[error(
        "{name}: row {row}: stamp {micros} us is outside the years 1 to 9999; the unit (s, ms, us, ns) is probably wrong"
    )]
    TimeOutOfRange {
        /// Name of the data.
        name: String,
        /// Row of the stamp.
        row: usize,
        /// The stamp in microseconds.
        micros: i64,
    },
    /// A bar interval is not positive.
    #[error("{name}: the interval must be positive, got {got}; use for example Interval::HOUR")]
    BadInterval {
        /// Name of the data.
        name: String,
        /// The interval.
        got: Interval,
    },
    /// Columns have different lengths.
    #[error(
        "{name}: column {column} has {got} values, expected {expected} as in the time column; give every column the same length"
    )]
    ColumnLength {
        /// Name of the data.
        name: String,
        /// The column.
        column: &'static str,
        /// Its length.
        got: usize,
        /// Length of the time column.
        expected: usize,
    },
    /// A row is earlier than the one before it.
    #[error(
        "{name}: row {row} ({time}) is out of order: expected a time after {previous} of the row before; sort the rows by time"
    )]
    OutOfOrder {
        /// Name of the data.
        name: String,
        /// The row.
        row: usize,
        /// Its time.
        time: Timestamp,
        /// Time of the row before.
        previous: Timestamp,
    },
    /// Two neighbouring rows have the same time.
    #[error(
        "{name}: row {row} ({time}) is a duplicate: the row before has the same time, expected a later one; keep one of the two rows"
    )]
    Duplicate {
        /// Name of the data.
        name: String,
        /// The second of the two rows.
        row: usize,
        /// Their time.
        time: Timestamp,
    },
    /// A bar does not open on the grid of its interval.
    #[error(
        "{name}: row {row} ({time}) is misaligned: expected a multiple of {interval}; check the time unit and the bar interval, and drop a bar that is still forming"
    )]
    Misaligned {
        /// Name of the data.
        name: String,
        /// The row.
        row: usize,
        /// Open time of the bar.
        time: Timestamp,
        /// The bar interval.
        interval: Interval,
    },
    /// A value is NaN or infinite.
    #[error(
        "{name}: row {row} ({time}): {column} is {value}, expected a finite number; leave a missing row out instead of filling it"
    )]
    NotFinite {
        /// Name of the data.
        name: String,
        /// The row.
        row: usize,
        /// Its time.
        time: Timestamp,
        /// The column.
        column: &'static str,
        /// The value.
        value: f64,
    },
    /// Two prices of a bar contradict each other.
    #[error(
        "{name}: row {row} ({time}): expected {low_column} <= {high_column}, got {low} > {high}; the bar is broken, drop or repair it at the source"
    )]
    PriceOrder {
        /// Name of the data.
        name: String,
        /// The row.
        row: usize,
        /// Its time.
        time: Timestamp,
        /// The column that should be lower.
        low_column: &'static str,
        /// Its value.
        low: f64,
        /// The column that should be higher.
        high_column: &'static str,
        /// Its value.
        high: f64,
    },
    /// A volume is negative.
    #[error(
        "{name}: row {row} ({time}): volume is {value}, expected at least 0; drop or repair the bar at the source"
    )]
    NegativeVolume {
        /// Name of the data.
        name: String,
        /// The row.
        row: usize,
        /// Its time.
        time: Timestamp,
        /// The volume.
        value: f64,
    },
    /// Bars of another interval than the panel's.
    #[error(
        "panel: {symbol} has bars of {got}, expected {expected} as the panel; resample the bars or use another panel"
    )]
    PanelInterval {
        /// The symbol.
        symbol: String,
        /// Interval of the bars.
        got: Interval,
        /// Interval of the panel.
        expected: Interval,
    },
    /// A symbol has bars in the panel already.
    #[error("panel: {symbol} has bars already; add the bars of a symbol once")]
    BarsTwice {
        /// The symbol.
        symbol: String,
    },
    /// A symbol has a series of this kind in the panel already.
    #[error("panel: {symbol} has a series of {kind} already; add a series once")]
    SeriesTwice {
        /// The symbol.
        symbol: String,
        /// The kind.
        kind: SeriesKind,
    },
    /// A stamp is too far from the grid that it should lie on.
    #[error(
        "{name}: row {row} ({time}) is {off} off the grid of {step}, expected at most {tolerance}; use a finer grid or a larger tolerance"
    )]
    OffGrid {
        /// Name of the series.
        name: String,
        /// The row.
        row: usize,
        /// Its time.
        time: Timestamp,
        /// Distance to the grid.
        off: Interval,
        /// Step of the grid.
        step: Interval,
        /// Largest accepted distance.
        tolerance: Interval,
    },
    /// A parameter is outside its range.
    #[error(
        "{what}: {parameter} must be from {min} to {max}, got {got}; choose a value in the range"
    )]
    Parameter {
        /// What the parameter belongs to.
        what: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        got: f64,
        /// Smallest accepted value.
        min: f64,
        /// Largest accepted value.
        max: f64,
    },
    /// A problem with stored data.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A problem with the challenge table or an embedding.
    #[error(transparent)]
    Challenge(#[from] ChallengeError),
    /// A text is not a length of time.
    #[error("interval {text:?}: expected a whole number and a unit (s, m, h or d), such as 1h")]
    IntervalText {
        /// The text.
        text: String,
    },
    /// A problem in one line of a file.
    #[error("{}: line {line}: {source}", path.display())]
    AtLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong in it.
        source: Box<Error>,
    },
    /// No asset has this ticker.
    #[error("asset {got:?} is unknown; choose one of {}", known.join(", "))]
    UnknownAsset {
        /// The ticker.
        got: String,
        /// The tickers that exist.
        known: Vec<&'static str>,
    },
    /// An asset has no history that is free.
    #[error(
        "{asset}: no free source has its history: {why}; import bars of your own as {asset}/ohlcv.csv, or leave its embedding zero"
    )]
    NoFreeSource {
        /// The ticker.
        asset: &'static str,
        /// Why.
        why: &'static str,
    },
    /// A gap that the policy does not fill.
    #[error(
        "{name}: {missing} bars are missing from {from} to {until}, the policy fills at most {longest}; fetch them, or choose FillPolicy::CarryClose"
    )]
    FillRefused {
        /// Name of the bars.
        name: String,
        /// Open time of the first missing bar.
        from: Timestamp,
        /// Open time of the next bar that is there.
        until: Timestamp,
        /// Number of missing bars.
        missing: i64,
        /// Most bars that the policy fills in a row.
        longest: i64,
    },
    /// An interval that bars cannot be resampled to.
    #[error("{name}: cannot make bars of {got} from bars of {from}; choose a multiple of {from}")]
    ResampleInterval {
        /// Name of the bars.
        name: String,
        /// The interval asked for.
        got: Interval,
        /// The interval of the bars.
        from: Interval,
    },
    /// A request got no usable answer.
    #[error("{place}: got {got} after {attempts} attempt(s); {hint}")]
    Http {
        /// Host and path.
        place: String,
        /// What was met.
        got: String,
        /// What to do.
        hint: &'static str,
        /// Number of attempts.
        attempts: u32,
        /// Whether it may pass by itself.
        again: bool,
        /// How long the server asks to wait.
        after: Option<std::time::Duration>,
    },
    /// The content of an answer is not what its source promises.
    #[error("{place}: {problem}; {hint}")]
    Content {
        /// Host and path, or the name of the data.
        place: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// An archive has no file of a data set, which a wrong address looks like.
    #[error(
        "{source_name}: no file of {dataset} at this address (looked for {origin}{}); check the symbol and --base-url; nothing was noted, the next run asks again", if *more == 0 { String::new() } else { format!(" and {more} more") }
    )]
    NoArchive {
        /// Name of the source.
        source_name: String,
        /// The data set.
        dataset: String,
        /// The first file that was looked for.
        origin: String,
        /// Number of further files.
        more: usize,
    },
    /// A source does not have what was asked for.
    #[error("{source_name}: has no {what}; {hint}")]
    NotOffered {
        /// Name of the source.
        source_name: &'static str,
        /// What was asked for.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// A problem inside one file.
    #[error("{}: {source}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        source: Box<Error>,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Http { again: true, .. } | Self::Store(StoreError::Locked { .. }))
    }

    /// The row that the error is about, from 0.
    pub(crate) fn row(&self) -> Option<usize> {
        match self {
            Self::TimeOutOfRange { row, .. }
            | Self::OutOfOrder { row, .. }
            | Self::Duplicate { row, .. }
            | Self::Misaligned { row, .. }
            | Self::NotFinite { row, .. }
            | Self::PriceOrder { row, .. }
            | Self::NegativeVolume { row, .. } => Some(*row),
            _ => None,
        }
    }

    /// Puts the file in front of the message.
    pub(crate) fn in_file(self, path: &std::path::Path) -> Self {
        Self::InFile { path: path.to_owned(), source: Box::new(self) }
    }
}
