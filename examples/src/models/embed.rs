//! What the program `embed` does: the live embedding of every challenge that there is a model of.

use mantis_data::{ChallengeTable, Timestamp};
use mantis_submit::source::EmbeddingSource;
use serde_json::{Map, Value, json};

use super::source::{ArtifactSettings, ArtifactSource};
use crate::Result;

/// Embeddings of one time.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Name of the table.
    pub profile: String,
    /// Ticker -> numbers, as `mine --embeddings` reads it; challenges without a model are absent.
    pub embeddings: Map<String, Value>,
    /// Ticker -> when the newest data behind it was known.
    pub as_of: Map<String, Value>,
    /// What is missing or stale, and why.
    pub warnings: Vec<String>,
}

/// Embeds as the miner does.
///
/// # Errors
/// If there is no model, or none can say anything.
pub fn embed(
    settings: ArtifactSettings,
    table: &ChallengeTable,
    now: Timestamp,
) -> Result<Embedded> {
    let mut source = ArtifactSource::open(settings, table.clone(), None)?;
    let harvest = source.embed(now, now)?;
    let mut embedded = Embedded {
        profile: table.name().to_owned(),
        embeddings: Map::new(),
        as_of: Map::new(),
        warnings: Vec::new(),
    };
    for prediction in harvest.predictions {
        let ticker = prediction.embedding.challenge().ticker.clone();
        embedded.as_of.insert(ticker.clone(), json!(prediction.as_of.to_string()));
        if now > prediction.expires {
            let known = prediction.as_of;
            embedded
                .warnings
                .push(format!("{ticker}: the newest bar closed {known}, which is stale"));
        }
        embedded.embeddings.insert(ticker, json!(prediction.embedding));
    }
    let notes = harvest.notes.into_iter().map(|note| format!("{}: {}", note.subject, note.text));
    embedded.warnings.extend(notes);
    Ok(embedded)
}

impl Embedded {
    /// All of it as one document.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "profile": self.profile,
            "embeddings": self.embeddings,
            "as_of": self.as_of,
            "warnings": self.warnings,
        })
    }
}
