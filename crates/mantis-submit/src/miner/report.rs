//! How a cycle went.

use std::fmt;

use mantis_data::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::source::Note;

/// How a cycle went. `Display` is one line in the mining guide's style, serde the JSON log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CycleReport {
    /// When it began.
    pub time: Timestamp,
    /// Its number, over all restarts.
    pub cycle: u64,
    /// The object that was stored, if one was.
    pub stored: Option<Stored>,
    /// Tickers of the challenges that were embedded, in order of the table.
    pub embedded: Vec<String>,
    /// Challenges that were left out, and sources that are stale, each with its reason.
    pub notes: Vec<Note>,
    /// What went wrong, gravest first.
    pub failures: Vec<Failure>,
    /// What is worth knowing.
    pub remarks: Vec<String>,
    /// Seconds by which the store's clock is ahead of ours, if it was shown.
    pub skew_seconds: Option<i64>,
    /// Age in seconds of the oldest data that was used.
    pub data_age_seconds: Option<f64>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// An object in the bucket.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stored {
    /// Where, as far as it is public.
    pub place: String,
    /// Its size.
    pub bytes: usize,
    /// The round at which it opens.
    pub round: u64,
    /// When that is.
    pub opens: Timestamp,
    /// Uploads until it was there.
    pub attempts: u32,
    /// Seconds of the upload, attempts and waits included.
    pub upload_seconds: f64,
    /// Whether it went nowhere: a dry run.
    pub dry_run: bool,
}

/// Something that went wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// See [`Error::class`].
    pub class: String,
    /// What and why.
    pub text: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self { class: error.class().to_owned(), text: error.to_string() }
    }
}

impl CycleReport {
    pub(super) fn new(time: Timestamp, cycle: u64) -> Self {
        Self {
            time,
            cycle,
            stored: None,
            embedded: Vec::new(),
            notes: Vec::new(),
            failures: Vec::new(),
            remarks: Vec::new(),
            skew_seconds: None,
            data_age_seconds: None,
            seconds: 0.0,
        }
    }

    /// Whether an object was stored.
    #[must_use]
    pub const fn is_stored(&self) -> bool {
        self.stored.is_some()
    }
}

impl fmt::Display for CycleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time.to_string();
        // `2025-01-15T10:00:00.123Z` as the guide writes it.
        let time = time.get(..19).unwrap_or(&time).replace('T', " ");
        write!(f, "Mining Cycle - {time}  ")?;
        match &self.stored {
            Some(stored) => {
                let verb = if stored.dry_run { "Sealed (dry run)" } else { "Uploaded payload" };
                write!(
                    f,
                    "✓ {} embeddings. {verb} to {} ({:.1} kB in {:.2} s",
                    self.embedded.len(),
                    stored.place,
                    stored.bytes as f64 / 1e3,
                    stored.upload_seconds,
                )?;
                if stored.attempts > 1 {
                    write!(f, ", {} attempts", stored.attempts)?;
                }
                let opens = stored.opens.to_string();
                write!(f, "), opens {}", opens.get(11..19).unwrap_or(&opens))?;
            }
            None => write!(f, "✗ nothing stored")?,
        }
        for failure in &self.failures {
            write!(f, "; {}: {}", failure.class, failure.text)?;
        }
        // What kept everything back is told with the failure.
        let told =
            |note: &&Note| self.failures.iter().any(|failure| failure.text.contains(&note.text));
        for note in self.notes.iter().filter(|note| !told(note)) {
            write!(f, "; {}: {}", note.subject, note.text)?;
        }
        for remark in &self.remarks {
            write!(f, "; {remark}")?;
        }
        Ok(())
    }
}
