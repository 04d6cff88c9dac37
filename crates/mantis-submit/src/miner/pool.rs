//! The predictions that hold, whichever cycle they are from.

use std::collections::BTreeMap;

use mantis_data::{ChallengeTable, Embedding, Interval, Timestamp};

use crate::drift::DriftReport;
use crate::source::{Harvest, Note, Prediction};

/// A prediction from further in the future is from before a step of the clock.
const FUTURE: Interval = Interval::from_micros(5_000_000);

/// The newest prediction for each challenge.
#[derive(Debug, Default)]
pub(super) struct Pool(BTreeMap<String, Prediction>);

/// What may be submitted now.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) embeddings: Vec<Embedding>,
    pub(super) notes: Vec<Note>,
    /// Of the data of the oldest one, in seconds.
    pub(super) oldest_seconds: Option<f64>,
}

impl Pool {
    /// Takes what a source gave; its notes are returned.
    pub(super) fn take(&mut self, harvest: Harvest) -> Vec<Note> {
        for prediction in harvest.predictions {
            self.0.insert(prediction.embedding.challenge().ticker.clone(), prediction);
        }
        harvest.notes
    }

    /// What holds at `now`, in order of the table; what does not is noted.
    pub(super) fn select(
        &self,
        table: &ChallengeTable,
        drift: &DriftReport,
        now: Timestamp,
    ) -> Selection {
        let mut selection = Selection::default();
        for challenge in table.challenges() {
            let ticker = &challenge.ticker;
            let refused = drift.refusal_of(ticker).map(|difference| difference.to_string());
            let held = match (refused, self.0.get(ticker)) {
                (Some(refused), _) => Err(refused),
                (None, None) => Err("no prediction".to_owned()),
                (None, Some(prediction)) => fresh(prediction, now),
            };
            match held {
                Ok((embedding, age)) => {
                    selection.embeddings.push(embedding.clone());
                    let oldest = selection.oldest_seconds.unwrap_or(0.0).max(age);
                    selection.oldest_seconds = Some(oldest);
                }
                Err(text) => selection.notes.push(Note { subject: ticker.clone(), text }),
            }
        }
        selection
    }
}

/// The embedding and the age of its data in seconds, or why it does not count.
fn fresh(prediction: &Prediction, now: Timestamp) -> Result<(&Embedding, f64), String> {
    let age = (now.as_micros() - prediction.as_of.as_micros()) as f64 / 1e6;
    if prediction.as_of > now + FUTURE {
        return Err(format!("its data is of {}, which is to come", prediction.as_of));
    }
    if prediction.expires <= now {
        return Err(format!("stale, its data is {age:.0} s old"));
    }
    if prediction.embedding.is_absent() {
        return Err("zeros throughout, which is no prediction".to_owned());
    }
    Ok((&prediction.embedding, age.max(0.0)))
}
