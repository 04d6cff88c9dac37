//! Where the numbers come from, cycle by cycle.

mod background;
mod command;
mod file;
mod json;
mod lines;

use mantis_data::{Embedding, Timestamp};

pub use background::Background;
pub use command::CommandSource;
pub use file::FileSource;
pub use json::parse_embeddings;
pub use lines::LineSource;

use crate::error::Result;

/// Makes predictions, once per cycle.
///
/// Whatever has a model implements this: it says what it knows, and by leaving a challenge out that
/// it does not know it. A neutral filler would be scored as a prediction.
///
/// ```
/// use mantis_data::{ChallengeTable, Embedding, Interval, Timestamp};
/// use mantis_submit::source::{EmbeddingSource, Harvest, Prediction};
///
/// /// Says the same of BTC for ever.
/// struct Stubborn(ChallengeTable);
///
/// impl EmbeddingSource for Stubborn {
///     fn name(&self) -> String {
///         "stubborn".to_owned()
///     }
///
///     fn embed(&mut self, now: Timestamp, _: Timestamp) -> mantis_submit::Result<Harvest> {
///         let btc = self.0.get("BTC").and_then(|btc| Embedding::from_probability(btc, 0.6));
///         let embedding = btc.map_err(|error| mantis_submit::source::failed("stubborn", error))?;
///         let expires = now + Interval::minutes(5);
///         let prediction = Prediction { embedding, as_of: now, expires };
///         Ok(Harvest { predictions: vec![prediction], ..Harvest::default() })
///     }
/// }
///
/// let table = ChallengeTable::profile("guide")?;
/// let now = Timestamp::parse("2026-01-01")?;
/// assert_eq!(Stubborn(table).embed(now, now)?.predictions.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait EmbeddingSource {
    /// What it is, for messages.
    fn name(&self) -> String;

    /// What is known at `now`. It must return by `deadline`: wrap what may not in
    /// [`Background`].
    ///
    /// # Errors
    /// Whatever keeps it from saying anything; predictions of earlier cycles stay in use until
    /// they expire.
    fn embed(&mut self, now: Timestamp, deadline: Timestamp) -> Result<Harvest>;
}

impl<S: EmbeddingSource + ?Sized> EmbeddingSource for Box<S> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn embed(&mut self, now: Timestamp, deadline: Timestamp) -> Result<Harvest> {
        (**self).embed(now, deadline)
    }
}

/// The numbers for one challenge, and how long they hold.
#[derive(Clone, PartialEq, Debug)]
pub struct Prediction {
    /// The numbers.
    pub embedding: Embedding,
    /// When the newest data that they rest on was known.
    pub as_of: Timestamp,
    /// When they are too old to be submitted.
    pub expires: Timestamp,
}

/// What a source gave in one cycle.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Harvest {
    /// At most one for each challenge; the last one counts.
    pub predictions: Vec<Prediction>,
    /// What is missing or stale, and why.
    pub notes: Vec<Note>,
}

/// A word about something that is missing or stale.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Note {
    /// What it is about: a ticker, or a source of data.
    pub subject: String,
    /// What is wrong.
    pub text: String,
}

/// The error of a source, from any error.
pub fn failed(source: &str, error: impl std::fmt::Display) -> crate::Error {
    crate::Error::Embeddings {
        from: source.to_owned(),
        problem: error.to_string(),
        hint: "predictions of earlier cycles stay in use until they expire",
    }
}

#[cfg(test)]
mod tests;
