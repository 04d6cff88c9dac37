//! What can go wrong in this crate.

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in this crate. Every message says what was asked, what was found and what
/// to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two inputs that must describe the same rows have different lengths.
    #[error("{what}: expected {expected} values, got {got}; pass inputs of the same rows")]
    Length {
        /// The function and the input.
        what: &'static str,
        /// The length that the other input has.
        expected: usize,
        /// The length found.
        got: usize,
    },
    /// A measure of nothing was asked for.
    #[error("{what}: no rows were given; pass at least one row")]
    Empty {
        /// The function.
        what: &'static str,
    },
    /// A value that must be finite is not.
    #[error(
        "{what}: value {index} is {value}, expected a finite number; drop or repair the row first"
    )]
    NotFinite {
        /// The function and the input.
        what: &'static str,
        /// Position of the value.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// The validator's store cannot be read or written.
    #[error("{}: cannot {action}: {source}; pass a datalog.db of the validator", .path.display())]
    Sqlite {
        /// The file.
        path: std::path::PathBuf,
        /// What was tried.
        action: &'static str,
        /// What SQLite said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A store would be written over something.
    #[error("{}: there is a file already; choose a new path, nothing was changed", .path.display())]
    LedgerExists {
        /// The path.
        path: std::path::PathBuf,
    },
    /// The compact copy of a store cannot be read or written.
    #[error(
        "{}: cannot {action}: {source}; free space on the disk or choose another folder", .path.display()
    )]
    LedgerCache {
        /// The file or folder.
        path: std::path::PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A stored row would end the validator's own reader.
    #[error(
        "{}: {ticker} at sidx {sidx}: {column} holds {problem}; repair or delete the row", .path.display()
    )]
    StoredRow {
        /// The file.
        path: std::path::PathBuf,
        /// Ticker of the challenge, or the asset of a saved breakout state.
        ticker: String,
        /// Minute of the row; 0 for a saved state.
        sidx: i64,
        /// The column.
        column: &'static str,
        /// What it holds.
        problem: &'static str,
    },
    /// A price that must be positive is not.
    #[error(
        "{what}: price {index} is {value}, expected a positive number; drop the row as the validator does"
    )]
    NotPositive {
        /// The function.
        what: &'static str,
        /// Position of the price.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// The evidence given is not that of the challenge.
    #[error(
        "{challenge}: the evidence is of another kind than the challenge ({kind}); see `Evidence`"
    )]
    Evidence {
        /// Ticker of the challenge.
        challenge: String,
        /// Its kind.
        kind: mantis_data::challenge::LossKind,
    },
    /// A miner's value cannot be fitted. The validator's own calculation fails here for everybody.
    #[error(
        "{}: {hotkey} has the value {value} in row {row}{}, expected a finite number; leave this hotkey out, or set the value to 0",
        .challenge.as_deref().unwrap_or(.what),
        .sidx.map_or_else(String::new, |sidx| format!(" (sidx {sidx})"))
    )]
    Poisoned {
        /// The scorer.
        what: &'static str,
        /// Ticker of the challenge; the scorer itself does not know it.
        challenge: Option<String>,
        /// The miner.
        hotkey: String,
        /// Row of the matrix that was given, or number of the breakout.
        row: usize,
        /// Minute (block / 5) of the row, where it is known.
        sidx: Option<i64>,
        /// The value found.
        value: f64,
    },
    /// The constants of the scoring cannot be taken.
    #[error("scoring profile: expected {expected}, got {got}")]
    Profile {
        /// What was given.
        got: String,
        /// What would be taken.
        expected: String,
    },
    /// A parameter lies outside its range.
    #[error("{what}: {parameter} must be {expected}, got {got}; choose another value")]
    Parameter {
        /// The function or type.
        what: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The range allowed.
        expected: &'static str,
        /// The value found.
        got: f64,
    },
    /// A chart was asked to draw too few values.
    #[error("{chart}: {series} has {got} values, expected at least {least}; leave the chart out")]
    ChartEmpty {
        /// The chart function.
        chart: &'static str,
        /// The input.
        series: String,
        /// The smallest number of values that can be drawn.
        least: usize,
        /// The number of values found.
        got: usize,
    },
    /// A value cannot be drawn: not finite, or outside the range that its axis has.
    #[error(
        "{chart}: value {index} of {series} is {value}, expected {expected}; repair it before drawing"
    )]
    ChartValue {
        /// The chart function.
        chart: &'static str,
        /// The input.
        series: String,
        /// Position of the value.
        index: usize,
        /// The value found.
        value: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// Two inputs of a chart do not belong together.
    #[error("{chart}: {series} has {got} values, expected {expected}; pass inputs of equal length")]
    ChartLength {
        /// The chart function.
        chart: &'static str,
        /// The input.
        series: String,
        /// The length that the other input has.
        expected: usize,
        /// The length found.
        got: usize,
    },
    /// An index of a chart or table input points past the end.
    #[error("{chart}: {what} is {index}, expected less than {len}; indices count from 0")]
    ChartIndex {
        /// The chart function.
        chart: &'static str,
        /// The input.
        what: &'static str,
        /// The index found.
        index: usize,
        /// The number of things it can point at.
        len: usize,
    },
    /// Times that must rise do not.
    #[error("{chart}: time {index} is not later than the one before it; sort the rows by time")]
    ChartOrder {
        /// The chart function.
        chart: &'static str,
        /// Position of the first time that does not rise.
        index: usize,
    },
    /// The drawing library refused.
    #[error("{chart}: the picture could not be drawn: {source}")]
    ChartDrawing {
        /// The chart function.
        chart: &'static str,
        /// What the drawing library said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An SVG picture is not safe or not usable inside a self-contained page.
    #[error("picture \"{title}\": {problem}; pass one plain SVG element with a viewBox")]
    Svg {
        /// The picture's title.
        title: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A row of a table has another number of cells than its head.
    #[error("table \"{table}\": row {row} has {got} cells, expected {expected} as in the head")]
    TableShape {
        /// The table's caption.
        table: String,
        /// Position of the row.
        row: usize,
        /// Cells in the head.
        expected: usize,
        /// Cells found.
        got: usize,
    },
    /// The report could not be written; nothing is left behind.
    #[error("report: cannot write {}: {source}; check that the folder exists and is writable", .path.display())]
    ReportWrite {
        /// The file asked for.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A ranking measure needs both outcomes.
    #[error(
        "{what}: every row has up = {up}, expected both outcomes; judge a span that has rises and falls"
    )]
    OneClass {
        /// The function.
        what: &'static str,
        /// The only outcome found.
        up: bool,
    },
    /// The same name occurs twice where names must be unique.
    #[error("{what}: the name {name:?} occurs more than once; give every miner its own name")]
    Duplicate {
        /// The function.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The span has too few rows for what was asked.
    #[error("{what}: expected at least {expected} {unit}, got {got}; {remedy}")]
    TooShort {
        /// The function.
        what: &'static str,
        /// What is counted.
        unit: &'static str,
        /// The least number.
        expected: usize,
        /// The number found.
        got: usize,
        /// What to do.
        remedy: &'static str,
    },
    /// Times that must rise do not.
    #[error(
        "{what}: entry {index} at {time} is not later than the one before it; sort the entries by time and keep one for each"
    )]
    NotRising {
        /// The function and the input.
        what: &'static str,
        /// Position of the entry.
        index: usize,
        /// Its time.
        time: mantis_data::Timestamp,
    },
    /// Worker threads could not be started.
    #[error("{what}: could not start {threads} worker threads; use fewer threads")]
    Threads {
        /// The function.
        what: &'static str,
        /// Threads asked for.
        threads: usize,
        /// The operating system's reason.
        source: rayon::ThreadPoolBuildError,
    },
    /// The progress closure asked to stop.
    #[error("{what}: stopped by the caller after {done} of {total} steps; run it again to finish")]
    Stopped {
        /// The function.
        what: &'static str,
        /// Steps done.
        done: usize,
        /// Steps in all.
        total: usize,
    },
    /// A shared learner refused its input.
    #[error("{what}: the fit failed; see the cause")]
    Learn {
        /// The function.
        what: &'static str,
        /// Why.
        source: mantis_features::Error,
    },
    /// The file of run records cannot be read or written.
    #[error("{}: cannot {action}: {source}; check the path and its permissions", .path.display())]
    RunFile {
        /// The file.
        path: std::path::PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line of the run records is no record.
    #[error("{}: line {line} is no run record: {source}; repair it by hand, nothing was changed", .path.display())]
    RunLine {
        /// The file.
        path: std::path::PathBuf,
        /// Number of the line from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Another process has added run records.
    #[error("{}: holds {got} lines, expected {expected}; open the file again", .path.display())]
    RunsChanged {
        /// The file.
        path: std::path::PathBuf,
        /// Lines when it was opened.
        expected: usize,
        /// Lines now.
        got: usize,
    },
    /// A sealed span may be looked at once, by the run that it is opened for.
    #[error(
        "{}: {experiment}: the span from {from} to {to} {problem}; judge another span", .path.display()
    )]
    SealedSpan {
        /// The file.
        path: std::path::PathBuf,
        /// The experiment.
        experiment: String,
        /// Start of the span.
        from: mantis_data::Timestamp,
        /// Its end.
        to: mantis_data::Timestamp,
        /// Why it may not be looked at.
        problem: &'static str,
    },
    /// The user's model failed on a history of prices.
    #[error("{what}: the model gave no embeddings: {source}")]
    Model {
        /// The function.
        what: &'static str,
        /// What the model said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The data refused an operation.
    #[error("{what}: the price data are not usable; see the cause")]
    Data {
        /// The function.
        what: &'static str,
        /// Why.
        source: mantis_data::Error,
    },
}

impl Error {
    /// Names the challenge of a value that cannot be fitted.
    pub(crate) fn in_challenge(mut self, ticker: &str) -> Self {
        if let Self::Poisoned { challenge, .. } = &mut self {
            challenge.get_or_insert_with(|| ticker.to_owned());
        }
        self
    }

    /// Names the minute of a value that cannot be fitted from those of the rows.
    #[cfg(feature = "ledger")]
    pub(crate) fn at_minute(mut self, minutes: &[i64]) -> Self {
        if let Self::Poisoned { row, sidx, .. } = &mut self {
            *sidx = sidx.or_else(|| minutes.get(*row).copied());
        }
        self
    }
}
