//! What `--embeddings` names.

use std::path::PathBuf;

use mantis_data::input::{self, most};
use mantis_data::{ChallengeTable, Interval};
use mantis_submit::Hotkey;
use mantis_submit::source::{Background, CommandSource, EmbeddingSource, FileSource, LineSource};

use super::r2::SECRET_VARIABLES;
use crate::SystemClock;

/// Starts a command in place of a file.
const COMMAND: &str = "cmd:";

/// Where embeddings come from, other than from an artifact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Embeddings {
    /// `-`: standard input.
    Input,
    /// `cmd:COMMAND`: run each cycle.
    Command(String),
    /// A file, read each cycle.
    File(PathBuf),
}

impl std::str::FromStr for Embeddings {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.strip_prefix(COMMAND) {
            Some(command) => Self::Command(command.trim().to_owned()),
            None if text == "-" => Self::Input,
            None => Self::File(PathBuf::from(text)),
        })
    }
}

impl Embeddings {
    /// The source, which is never waited for beyond its deadline.
    #[must_use]
    pub fn source(
        &self,
        table: &ChallengeTable,
        hotkey: Hotkey,
        max_age: Interval,
        clock: SystemClock,
    ) -> Box<dyn EmbeddingSource> {
        let table = table.clone();
        match self {
            Self::Input => {
                Box::new(LineSource::new(std::io::stdin(), clock, table, hotkey, max_age))
            }
            Self::Command(command) => {
                let hidden = &SECRET_VARIABLES;
                let source = CommandSource::new(command, hidden, clock, table, hotkey, max_age);
                Box::new(Background::new(source))
            }
            Self::File(path) => {
                Box::new(Background::new(FileSource::new(path.clone(), table, hotkey, max_age)))
            }
        }
    }
}

/// The whole of standard input.
///
/// # Errors
/// As reading has it.
pub fn read_input() -> std::io::Result<String> {
    input::text_of(std::io::stdin().lock(), most::DOCUMENT)
}
