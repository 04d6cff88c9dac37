//! What the program `embed` does: the live embedding of every challenge that there is a model of.

use std::time::Duration;

use mantis_data::{ChallengeTable, Timestamp};
use mantis_submit::source::EmbeddingSource;
use serde_json::{Map, Value, json};

use super::source::{ArtifactSettings, ArtifactSource};
use crate::Result;
use crate::ui::instant;

/// Embeddings of one time.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// The time.
    pub time: Timestamp,
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
    at(&mut ArtifactSource::open(settings, table.clone(), None)?, table, now)
}

/// The same at one time after another. Each is handed over as soon as it is there, with how long it took.
///
/// # Errors
/// As [`embed`], at the first time at which it fails.
pub fn embed_each(
    settings: ArtifactSettings,
    table: &ChallengeTable,
    times: &[Timestamp],
    mut tell: impl FnMut(Embedded, Duration),
) -> Result<()> {
    let mut source = ArtifactSource::open(settings, table.clone(), None)?;
    for &now in times {
        let started = instant();
        let embedded = at(&mut source, table, now)?;
        tell(embedded, instant() - started);
    }
    Ok(())
}

fn at(source: &mut ArtifactSource, table: &ChallengeTable, now: Timestamp) -> Result<Embedded> {
    let harvest = source.embed(now, now)?;
    let mut embedded = Embedded {
        time: now,
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
            "time": self.time.to_string(),
            "profile": self.profile,
            "embeddings": self.embeddings,
            "as_of": self.as_of,
            "warnings": self.warnings,
        })
    }
}
