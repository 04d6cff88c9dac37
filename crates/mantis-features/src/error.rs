//! The one error type of this crate.

use mantis_data::{Interval, Timestamp};
use thiserror::Error as ThisError;

use crate::registry::ColumnFault;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong in this crate. Each message says what, where, got, expected and what to do.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A parameter is outside its range.
    #[error("{what}: {parameter} must be {expected}, got {got}; choose a value in that range")]
    Parameter {
        /// The indicator or function.
        what: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The allowed range, in words.
        expected: &'static str,
        /// What was passed.
        got: f64,
    },
    /// A window or smoothing period is too short.
    #[error("{what}: period must be at least {least}, got {got}; choose a longer period")]
    Period {
        /// The indicator.
        what: &'static str,
        /// The shortest period that is defined.
        least: usize,
        /// What was passed.
        got: usize,
    },
    /// An indicator was asked for without the input that it reads.
    #[error("no {input} in the inputs; add it to the panel, or drop the columns that need it")]
    MissingInput {
        /// The missing input.
        input: String,
    },
    /// A column name that the registry does not know.
    #[error(
        "column {name:?}, character {}: {reason}; see `registry::indicators()` for the names and their parameters",
        .at + 1
    )]
    Column {
        /// The name as given.
        name: String,
        /// Characters before the place of the fault.
        at: usize,
        /// What is wrong with it.
        reason: ColumnFault,
    },
    /// A plan that cannot be read.
    #[error("the plan cannot be read: {reason}")]
    PlanText {
        /// What is wrong, with line, column and the text there.
        reason: String,
    },
    /// A column of another symbol's bars or of another timeframe, asked for without a panel.
    #[error(
        "column {column:?} is computed on other bars than those given; compute it with a FeaturePlan on a panel"
    )]
    NeedsPanel {
        /// The column.
        column: String,
    },
    /// A timeframe that the bars cannot be joined to.
    #[error(
        "column {column:?}: its timeframe {timeframe} must be a multiple of the bars' {interval} and longer; choose such a timeframe"
    )]
    Timeframe {
        /// The column.
        column: String,
        /// Its timeframe.
        timeframe: Interval,
        /// The bars' interval.
        interval: Interval,
    },
    /// Modes of another symbol's bars or of another timeframe.
    #[error(
        "column {column:?}: modes are computed on the plan's own bars only; leave out the symbol and the timeframe"
    )]
    ModesElsewhere {
        /// The column.
        column: String,
    },
    /// A live row lacks the value of a column because a series is absent.
    #[error(
        "live row known at {time}: column {column:?} has no value for want of the {series}; supply it, or serve a plan without the column"
    )]
    LiveAbsent {
        /// The column.
        column: String,
        /// The series.
        series: String,
        /// When the row became known.
        time: Timestamp,
    },
    /// A live row lacks the value of a column that is warming up or not defined there.
    #[error(
        "live row known at {time}: column {column:?} has no value yet or is not defined there (its warm-up is {warmup} rows of its timeframe); push more history first"
    )]
    LiveUndefined {
        /// The column.
        column: String,
        /// Its warm-up.
        warmup: usize,
        /// When the row became known.
        time: Timestamp,
    },
    /// A tick that does not follow the one before.
    #[error(
        "live tick that opens at {got}: expected a time after {last} on a multiple of {interval}; push ticks in order"
    )]
    TickOrder {
        /// Open time of the tick.
        got: Timestamp,
        /// Open time of the last tick.
        last: String,
        /// The bars' interval.
        interval: Interval,
    },
    /// A live value that is not a finite number.
    #[error(
        "live tick that opens at {time}: {what} of {symbol} is {got}, expected a finite number; drop the value"
    )]
    TickValue {
        /// Open time of the tick.
        time: Timestamp,
        /// Symbol.
        symbol: String,
        /// Which value.
        what: String,
        /// The value.
        got: f64,
    },
    /// A panel too short to audit.
    #[error("audit: the panel has {got} bars of the symbol, expected at least {least}; load more")]
    AuditRows {
        /// Bars of the symbol.
        got: usize,
        /// Fewest that are enough.
        least: usize,
    },
    /// What is audited failed itself.
    #[error("audit: {subject} could not be computed: {source}; correct it, then audit again")]
    Audited {
        /// Name of the subject.
        subject: String,
        /// Its error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The table of what is audited is no table.
    #[error(
        "audit: the table of {subject} is malformed: {reason}; return one value per name and row, rows rising in time"
    )]
    AuditTable {
        /// Name of the subject.
        subject: String,
        /// What is wrong.
        reason: String,
    },
    /// The data crate refused bars or series that were built here.
    #[error("the panel could not be built: {0}")]
    Data(#[from] mantis_data::Error),
    /// A column stands twice in a plan.
    #[error("column {name:?} stands twice in the plan; name it once")]
    RepeatedColumn {
        /// The name.
        name: String,
    },
    /// A name asked for is not a column of the plan or frame.
    #[error("no column {name:?} among the {columns} columns; use one of `names()`")]
    UnknownColumn {
        /// The name as given.
        name: String,
        /// How many columns there are.
        columns: usize,
    },
    /// The panel has no bars of the plan's symbol.
    #[error("the panel has no bars of {symbol:?}, the plan's main symbol; add them")]
    MissingSymbol {
        /// The plan's symbol.
        symbol: String,
    },
    /// Columns of the plan could not be computed because an input is absent.
    #[error(
        "{count} columns were left out, the first is {name:?} for want of {missing}; supply it"
    )]
    Incomplete {
        /// Columns left out.
        count: usize,
        /// The first of them.
        name: String,
        /// What it misses.
        missing: String,
    },
    /// The thread pool could not be started.
    #[error("could not start {threads} threads: {reason}; ask for fewer")]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// The system's reason.
        reason: String,
    },
    /// The caller stopped the computation through its progress closure.
    #[error("stopped by the caller after {done} of {total} steps; start again to finish")]
    Stopped {
        /// Steps done.
        done: usize,
        /// Steps in all.
        total: usize,
    },
    /// A mode that the decomposition does not have.
    #[error(
        "{column}: mode {mode} is not among the {modes} modes, counted from 0; ask for a lower one or raise the plan's K"
    )]
    Mode {
        /// The column, without transforms.
        column: String,
        /// The mode asked for.
        mode: usize,
        /// Modes of the decomposition.
        modes: usize,
    },
    /// The mode decomposition failed.
    #[error("the VMD columns could not be computed: {0}")]
    Vmd(#[from] mantis_vmd::Error),
    /// Two inputs that must run in parallel differ in length.
    #[error("{what}: {input} has {got} values, expected {expected}; pass columns of the same bars")]
    Length {
        /// The indicator or function.
        what: &'static str,
        /// Name of the input with the wrong length.
        input: &'static str,
        /// Its length.
        got: usize,
        /// The expected length.
        expected: usize,
    },
    /// A value of a numeric input is NaN or infinite.
    #[error(
        "{what}: {column} has {got} in row {row}, expected finite numbers; drop the rows before the column's warm-up ends, or drop the column"
    )]
    NotFinite {
        /// The function.
        what: &'static str,
        /// Name (or index) of the column.
        column: String,
        /// First row with such a value.
        row: usize,
        /// The value.
        got: f64,
    },
    /// A sample weight is negative, NaN or infinite.
    #[error(
        "{what}: the sample weight of row {row} is {got}, expected a finite number that is not negative; correct the weights"
    )]
    SampleWeight {
        /// The function.
        what: &'static str,
        /// First row with such a weight.
        row: usize,
        /// The weight.
        got: f64,
    },
    /// A classifier needs both labels.
    #[error(
        "{what}: {up} of {rows} labels are up, expected some weight on both up and down; use a longer training span"
    )]
    OneClass {
        /// The function.
        what: &'static str,
        /// Rows given.
        rows: usize,
        /// Rows labelled up.
        up: usize,
    },
    /// A horizon that no bar boundary can resolve.
    #[error(
        "label: the horizon {horizon} must be a positive multiple of the bar interval {interval}; choose such a horizon"
    )]
    Horizon {
        /// The horizon asked for.
        horizon: Interval,
        /// Length of one bar.
        interval: Interval,
    },
    /// A return from a price that is not positive.
    #[error("label: the close of row {row} is {got}, expected a positive price; repair the bars")]
    Price {
        /// Row of the bar.
        row: usize,
        /// Its close.
        got: f64,
    },
    /// A time beyond the range of timestamps.
    #[error(
        "label: row {row} plus the horizon {horizon} is beyond the range of timestamps; choose a shorter horizon"
    )]
    TimeRange {
        /// Row of the bar.
        row: usize,
        /// The horizon asked for.
        horizon: Interval,
    },
    /// Times that must rise do not.
    #[error(
        "{what}: {input} of row {row} is earlier than the row before, expected rising times; sort the rows"
    )]
    NotRising {
        /// The function.
        what: &'static str,
        /// Name of the times.
        input: &'static str,
        /// First row out of order.
        row: usize,
    },
    /// The ends of the parts of a split are out of order.
    #[error(
        "split: the {part} part would end at {end}, before it starts at {start}; give rising dates"
    )]
    SplitOrder {
        /// The part.
        part: &'static str,
        /// Where it starts.
        start: Timestamp,
        /// Where it would end.
        end: Timestamp,
    },
    /// An embargo shorter than the time a label needs to resolve.
    #[error(
        "split: the embargo is {embargo}, expected at least the label horizon of {horizon}; raise the embargo"
    )]
    Embargo {
        /// The embargo asked for.
        embargo: Interval,
        /// The longest time from a row to the resolution of its label.
        horizon: Interval,
    },
    /// A part of a split holds no row.
    #[error(
        "split: the {part} part holds no row between {from} and {to}, expected at least one; move the dates or load more bars"
    )]
    EmptyPart {
        /// The part.
        part: &'static str,
        /// Where it starts.
        from: String,
        /// Where it ends.
        to: Timestamp,
    },
    /// A similarity or covariance matrix of the wrong shape.
    #[error(
        "{what}: the matrix is {rows} x {columns}, expected a square one of {least} or more rows; pass one row and column per feature"
    )]
    SimilarityShape {
        /// The function.
        what: &'static str,
        /// Rows given.
        rows: usize,
        /// Columns given.
        columns: usize,
        /// Fewest rows that are enough.
        least: usize,
    },
    /// A similarity matrix that differs from its transpose.
    #[error(
        "{what}: entry ({row}, {column}) is {got} but ({column}, {row}) is {mirror}, expected a symmetric matrix; average the two triangles"
    )]
    NotSymmetric {
        /// The function.
        what: &'static str,
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// The entry.
        got: f64,
        /// Its mirror image.
        mirror: f64,
    },
    /// A seed that is not four nodes of the graph.
    #[error(
        "TMFG: the seed is {seed:?}, expected four different nodes below {nodes}; correct the seed"
    )]
    Seed {
        /// The seed given.
        seed: [usize; 4],
        /// Number of nodes.
        nodes: usize,
    },
    /// A column without any variation has no correlation and no z-score.
    #[error(
        "{what}: {column} has the same value in all {rows} rows, expected some variation; drop the column"
    )]
    Constant {
        /// The function.
        what: &'static str,
        /// Name of the column.
        column: String,
        /// Rows given.
        rows: usize,
    },
    /// Too few usable columns are left.
    #[error(
        "{what}: {left} usable columns are left, expected at least {least}; add columns or raise the duplicate threshold"
    )]
    TooFewColumns {
        /// The function.
        what: &'static str,
        /// Columns left.
        left: usize,
        /// Fewest that are enough.
        least: usize,
    },
    /// A block of a covariance matrix that has no Cholesky factor.
    #[error(
        "{what}: the block of nodes {nodes:?} is not positive definite; drop columns that are combinations of others"
    )]
    NotPositiveDefinite {
        /// The function.
        what: &'static str,
        /// Rows and columns of the block.
        nodes: Vec<usize>,
    },
    /// Finite inputs whose sums exceed the range of floating-point numbers.
    #[error(
        "{what}: sums over the rows overflow, expected values of moderate size; rescale the columns"
    )]
    Overflow {
        /// The function.
        what: &'static str,
    },
}
