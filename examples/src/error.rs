//! The error type of the programs.

use std::path::PathBuf;

/// Result of this package.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What ends a program with a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Market data.
    #[error(transparent)]
    Data(#[from] mantis_data::Error),
    /// Decomposition.
    #[error(transparent)]
    Vmd(#[from] mantis_vmd::Error),
    /// Features, labels and baselines.
    #[error(transparent)]
    Features(#[from] mantis_features::Error),
    /// Training and forecasts.
    #[error(transparent)]
    Models(#[from] mantis_models::Error),
    /// Judgement, pay and report.
    #[error(transparent)]
    Eval(#[from] mantis_eval::Error),
    /// Sealing and storing.
    #[error(transparent)]
    Submit(#[from] mantis_submit::Error),
    /// Flags that do not go together, or that are missing.
    #[error("{text}")]
    Usage {
        /// What to give.
        text: String,
    },
    /// A file cannot be read.
    #[error("{}: cannot read: {source}; check the path and its permissions", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("{}: cannot {action}: {source}; choose another folder with --out", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A flag has a value that does not fit the data.
    #[error("{flag} is {got}, expected {expected}; choose another value")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// Its value.
        got: String,
        /// What fits.
        expected: String,
    },
    /// A check of the program on its own result failed.
    #[error("{what}: got {got}, expected {expected}; this is a defect, please report it")]
    SelfCheck {
        /// What was checked.
        what: &'static str,
        /// What came out.
        got: String,
        /// What should have come out.
        expected: String,
    },
}

impl Error {
    /// Flags that do not go together, or that are missing.
    #[must_use]
    pub fn usage(text: &str) -> Self {
        Self::Usage { text: text.to_owned() }
    }

    /// 2 for wrong flags, 1 for anything else.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage { .. }) { 2 } else { 1 }
    }
}
