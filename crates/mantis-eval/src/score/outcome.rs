//! What a scorer returns.

use serde::{Deserialize, Serialize};

/// Name under which the unpaid part of a challenge stands among the hotkeys.
pub const BURN: &str = "__burn__";

/// Why nobody is paid; bad input is an error instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Declined {
    /// Too few rows for the windows of this scorer.
    TooFewRows,
    /// No hotkey was given.
    NoHotkeys,
    /// All outcomes are the same.
    OneClass,
    /// The rows end before the first selection refit.
    NoRefit,
    /// No miner passes the selection.
    NobodySelected,
    /// Too few rows with predictions for a meta fit, or one class only.
    NoMetaFit,
    /// The model gives every miner a zero coefficient.
    NoImportance,
    /// Too few events.
    TooFewEvents,
    /// All events fall into one episode.
    OneEpisode,
    /// The rows end before the first walk-forward segment that can be judged.
    NoSegment,
}

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooFewRows => "too few rows",
            Self::NoHotkeys => "no hotkey",
            Self::OneClass => "all outcomes are the same",
            Self::NoRefit => "the rows end before the first selection",
            Self::NobodySelected => "no miner passes the selection",
            Self::NoMetaFit => "too few rows with predictions",
            Self::NoImportance => "no miner has any weight in the model",
            Self::TooFewEvents => "too few events",
            Self::OneEpisode => "all events fall into one episode",
            Self::NoSegment => "the rows end before the first segment that can be judged",
        })
    }
}

/// Shares of one challenge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Share of every paid hotkey in the order of the validator's own result; empty when the scorer declines.
    pub salience: Vec<(String, f64)>,
    /// Why the shares are empty.
    pub declined: Option<Declined>,
}

impl Outcome {
    pub(crate) fn declined(reason: Declined) -> Self {
        Self { salience: Vec::new(), declined: Some(reason) }
    }

    /// Importances scaled to a sum of 1.
    pub(crate) fn shares(importances: impl IntoIterator<Item = (String, f64)>) -> Self {
        let mut salience: Vec<(String, f64)> = importances.into_iter().collect();
        let total: f64 = salience.iter().map(|(_, importance)| importance).sum();
        if total <= 0.0 {
            return Self::declined(Declined::NoImportance);
        }
        salience.iter_mut().for_each(|(_, importance)| *importance /= total);
        Self { salience, declined: None }
    }
}
