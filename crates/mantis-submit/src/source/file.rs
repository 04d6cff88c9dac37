//! Embeddings that another program leaves in a file.

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use mantis_data::input;
use mantis_data::{ChallengeTable, Interval, Timestamp};

use super::json::{MAX_BYTES, parse_embeddings};
use super::{EmbeddingSource, Harvest, Prediction, failed};
use crate::error::{Error, Result};
use crate::wallet::Hotkey;

/// Embeddings in a file that another program writes, as [`parse_embeddings`] reads them.
///
/// They are as old as the file says it is, so a program that stopped writing does not go
/// unnoticed. The file should be written beside its place and renamed, so that no half of it is
/// ever read.
#[derive(Clone, Debug)]
pub struct FileSource {
    path: PathBuf,
    table: ChallengeTable,
    hotkey: Hotkey,
    max_age: Interval,
}

impl FileSource {
    /// Embeddings of a file that count as long as it is not older than `max_age`.
    #[must_use]
    pub fn new(path: PathBuf, table: ChallengeTable, hotkey: Hotkey, max_age: Interval) -> Self {
        Self { path, table, hotkey, max_age }
    }
}

impl EmbeddingSource for FileSource {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn embed(&mut self, _: Timestamp, _: Timestamp) -> Result<Harvest> {
        let path = &self.path;
        let failed_io = |action| move |source| Error::Io { path: path.clone(), action, source };
        let file = File::open(path).map_err(failed_io("open the embeddings"))?;
        let written = file
            .metadata()
            .and_then(|metadata| metadata.modified())
            .map_err(failed_io("see the age of the embeddings"))?;
        let since = written.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let as_of = Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        let text =
            input::text_of(file, MAX_BYTES as u64).map_err(failed_io("read the embeddings"))?;
        harvest(&self.table, &self.hotkey, &self.name(), &text, as_of, self.max_age)
    }
}

/// Predictions of one text, all equally old.
pub(super) fn harvest(
    table: &ChallengeTable,
    hotkey: &Hotkey,
    from: &str,
    text: &str,
    as_of: Timestamp,
    max_age: Interval,
) -> Result<Harvest> {
    let (embeddings, notes) = parse_embeddings(table, hotkey, from, text)?;
    let expires = as_of
        .checked_add(max_age)
        .ok_or_else(|| failed(from, "their time is beyond the calendar"))?;
    let prediction = |embedding| Prediction { embedding, as_of, expires };
    Ok(Harvest { predictions: embeddings.into_iter().map(prediction).collect(), notes })
}
