//! `mine status`.

use std::path::Path;

use clap::Args;
use mantis_data::Timestamp;
use mantis_data::input::{self, most};
use mantis_submit::miner::{CycleReport, State, StateFile};
use serde::Serialize;

use crate::Result;

/// How a miner is doing, from its state file.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// As [`State::health`] has it.
    pub healthy: bool,
    /// Seconds since an object was stored.
    pub object_age_seconds: Option<f64>,
    /// What the file holds.
    pub state: State,
}

/// What `mine status` was asked for.
#[derive(Args, Clone, Debug)]
pub struct StatusOptions {
    /// File with the miner's state
    #[arg(long, value_name = "FILE", default_value = "mine-state.json")]
    pub state: std::path::PathBuf,
    /// Tell how it was doing at this time, to try recorded data
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub now: Option<Timestamp>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Reads the state file; nothing is sent.
///
/// # Errors
/// If there is none, or it cannot be read.
pub fn status(file: &Path, now: Timestamp) -> Result<Status> {
    // Unlike a miner, a look must not put a damaged file aside, nor take a missing one for new.
    let bytes = input::bytes(file, most::DOCUMENT)
        .map_err(|source| crate::Error::Read { path: file.to_owned(), source })?;
    let state: State = serde_json::from_slice(&bytes).map_err(|error| crate::Error::Read {
        path: StateFile::new(file).path().to_owned(),
        source: error.into(),
    })?;
    let age = |report: &CycleReport| (now.as_micros() - report.time.as_micros()) as f64 / 1e6;
    let object_age_seconds = state.last_upload.as_ref().map(age);
    let healthy = state.health(now).ok;
    Ok(Status { healthy, object_age_seconds, state })
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = &self.state;
        let hotkey = state.hotkey.map_or_else(|| "no hotkey".to_owned(), |key| key.to_string());
        writeln!(f, "{} {hotkey}", if self.healthy { "✓ healthy" } else { "✗ not healthy" })?;
        match (self.object_age_seconds, &state.last_upload) {
            (Some(age), Some(report)) => writeln!(f, "  last object {age:.0} s ago: {report}")?,
            _ => writeln!(f, "  no object stored yet")?,
        }
        if let Some(last) = state.last_cycle.as_ref().filter(|last| !last.is_stored()) {
            writeln!(f, "  last cycle: {last}")?;
            writeln!(f, "  {} cycles without an object", state.failures_in_a_row)?;
        }
        let failures: Vec<String> =
            state.failures.iter().map(|(class, count)| format!("{class} {count}")).collect();
        let failures = if failures.is_empty() { "none".to_owned() } else { failures.join(", ") };
        writeln!(f, "  {} cycles, failures: {failures}", state.cycles)?;
        match (&state.commit.url, state.commit.block, state.commit.sent_at) {
            (Some(url), Some(block), _) => writeln!(f, "  committed {url} at block {block}")?,
            (Some(url), None, Some(at)) => writeln!(f, "  commitment of {url} sent at {at}")?,
            _ => writeln!(f, "  no commitment seen")?,
        }
        if let Some(head) = state.head {
            writeln!(f, "  block {} seen, of {}", head.block, head.time)?;
        }
        state.models.iter().rev().take(3).try_for_each(|model| writeln!(f, "  {model}"))
    }
}
