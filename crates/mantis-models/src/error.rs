//! The one error type of this crate.

use std::path::PathBuf;

use mantis_data::Timestamp;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong while training, storing and serving a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Market data or the challenge table.
    #[error(transparent)]
    Data(#[from] mantis_data::Error),
    /// Features, labels, splits or selection.
    #[error(transparent)]
    Features(#[from] mantis_features::Error),
    /// A parameter is outside its range.
    #[error("{what}: {parameter} must be {expected}, got {got}; choose a value in the range")]
    Parameter {
        /// What the parameter belongs to.
        what: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// The range.
        expected: &'static str,
        /// Its value.
        got: f64,
    },
    /// An engine cannot do what a parameter asks for.
    #[error(
        "{engine}: cannot honour {parameter} {got}, expected at least {expected}; set it so, or choose an engine that can"
    )]
    Unsupported {
        /// The engine.
        engine: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// The value from which on it asks nothing of the engine.
        expected: f64,
        /// Its value.
        got: f64,
    },
    /// A device that cannot be trained on.
    #[error("device {asked} {reason}; use --device cpu, or a libtorch and a driver for the device")]
    Device {
        /// The device that was asked for.
        asked: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An input has another length than it must have.
    #[error("{what}: {input} has {got} values, expected {expected}; pass matching inputs")]
    Length {
        /// The function.
        what: &'static str,
        /// The input.
        input: &'static str,
        /// Its length.
        got: usize,
        /// The length it must have.
        expected: usize,
    },
    /// A value is NaN or infinite.
    #[error("{what}: {column} is {got} at row {row}, expected a finite number; {hint}")]
    NotFinite {
        /// The function.
        what: &'static str,
        /// Name of the column.
        column: String,
        /// The row.
        row: usize,
        /// The value.
        got: f64,
        /// What to do.
        hint: &'static str,
    },
    /// A column that the model needs is not in the frame.
    #[error(
        "{what}: column {column} is not among the {columns} columns of the frame; compute the frame with the artifact's own plan"
    )]
    MissingColumn {
        /// The function.
        what: &'static str,
        /// Name of the column.
        column: String,
        /// Columns of the frame.
        columns: usize,
    },
    /// A column without any variation cannot be scaled.
    #[error("scaler: {column} has the same value in all {rows} training rows; drop the column")]
    Constant {
        /// Name of the column.
        column: String,
        /// Training rows.
        rows: usize,
    },
    /// Too few usable rows for a stage of the training.
    #[error(
        "{what}: {got} usable rows, expected at least {least}; start the training earlier, move the split dates or load more bars"
    )]
    TooFewRows {
        /// The stage.
        what: &'static str,
        /// Usable rows.
        got: usize,
        /// Fewest that are enough.
        least: usize,
    },
    /// All labels of a training part are equal.
    #[error("{what}: all {rows} labels are the same, expected both up and down; use a longer span")]
    OneClass {
        /// The stage.
        what: &'static str,
        /// Rows of the part.
        rows: usize,
    },
    /// The loss of the training is no longer a number.
    #[error(
        "LSTM: the loss is {loss} in epoch {epoch}, expected a finite number; lower the learning rate"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The loss.
        loss: f64,
    },
    /// The checkpoint of a training cannot be used.
    #[error(
        "{}: the checkpoint {problem}; train what it was made for, or remove the file to start anew",
        path.display()
    )]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The engine behind a stage refused its input.
    #[error("{engine}: {reason}; this is not expected for checked input, please report it")]
    Engine {
        /// Name of the engine.
        engine: &'static str,
        /// What it said.
        reason: String,
    },
    /// The progress closure asked to stop.
    #[error("{stage}: stopped after {done} of {total} steps, as asked; nothing was written")]
    Stopped {
        /// The stage.
        stage: &'static str,
        /// Steps done.
        done: usize,
        /// Steps in all.
        total: usize,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of an artifact does not hold what it should.
    #[error("{}: {reason}; train the model again, or restore the file from a copy", path.display())]
    Damaged {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An artifact of another format.
    #[error(
        "{}: format version {got}, expected {expected}: written by {} version; {}",
        path.display(),
        if got < expected { "an older" } else { "a newer" },
        if got < expected { "train again" } else { "update the program, or train again" }
    )]
    FormatVersion {
        /// The path.
        path: PathBuf,
        /// The version in the artifact.
        got: u64,
        /// The version that this program reads.
        expected: u64,
    },
    /// The stored plan reads otherwise today than when it was stored: settings of the decomposition were added since.
    #[error(
        "{}: today's program reads its plan otherwise than {code}, which wrote it: written by an older version; train again", path.display()
    )]
    OlderPlan {
        /// The folder.
        path: PathBuf,
        /// Version of the code that wrote it.
        code: String,
    },
    /// A companion is named twice, or is the symbol itself.
    #[error(
        "companions: {symbol} stands there twice, or is the recipe's own symbol ({own}); name each other symbol once"
    )]
    Companion {
        /// The companion.
        symbol: String,
        /// The recipe's symbol.
        own: String,
    },
    /// A folder holds a model of another kind, or of another challenge.
    #[error("{}: holds a model of {got}, expected one of {expected}; name its folder, or train one", path.display())]
    WrongModel {
        /// The folder.
        path: PathBuf,
        /// What it is of.
        got: String,
        /// What it should be of.
        expected: String,
    },
    /// The name of a question cannot be that of a file.
    #[error(
        "question {name:?}: expected letters, digits and underscores, and each name once; choose another name"
    )]
    QuestionName {
        /// The name.
        name: String,
    },
    /// Two parts of an artifact contradict each other.
    #[error(
        "{}: the {part} is for {got}, expected {expected}; the files are of different models, restore all of them from one", path.display()
    )]
    Mismatch {
        /// The folder.
        path: PathBuf,
        /// The part.
        part: &'static str,
        /// What it is for.
        got: String,
        /// What it should be for.
        expected: String,
    },
    /// The output folder of an artifact holds something else.
    #[error("{}: exists and is no artifact; choose another folder or remove it", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The panel's history starts elsewhere than in training, so that recursive indicators would differ.
    #[error(
        "{symbol}: the history starts at {got}, expected {expected} as in training; load the same history, or train again on this one"
    )]
    HistoryStart {
        /// The symbol.
        symbol: String,
        /// First bar of the panel.
        got: Timestamp,
        /// First bar of the training.
        expected: Timestamp,
    },
    /// A row has no forecast, since a feature in its window has no value.
    #[error(
        "{symbol}: no forecast at {time}: {column} has no value {bars_ago} bars earlier, {}",
        match series {
            Some(series) => format!("for want of the {series}; fetch it, or train without the column"),
            None => "though its series are there; it needs more history, or is not defined there".to_owned(),
        }
    )]
    NoForecast {
        /// The symbol.
        symbol: String,
        /// When the row became known.
        time: Timestamp,
        /// The column without a value.
        column: String,
        /// The series that is absent there, if one is.
        series: Option<String>,
        /// How many bars before the row.
        bars_ago: usize,
    },
}
