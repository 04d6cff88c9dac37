//! Whether a new artifact takes the place of the one in use.

use std::fmt;
use std::path::Path;

use mantis_data::{DataDir, Timestamp, open_data_dir};
use mantis_models::Artifact;

use crate::{Error, Result};

/// Fewest forecasts that decide: a week of hours.
pub const MIN_FORECASTS: usize = 168;

/// What became of a new artifact, and why.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// It is not worse on what neither has seen.
    Promoted {
        /// Forecasts compared.
        count: usize,
        /// Mean log loss of the new one.
        new: f64,
        /// Mean log loss of the one in use.
        old: f64,
    },
    /// It is worse.
    Worse {
        /// Forecasts compared.
        count: usize,
        /// Mean log loss of the new one.
        new: f64,
        /// Mean log loss of the one in use.
        old: f64,
    },
    /// There is too little that neither was fitted on.
    TooLittle {
        /// Forecasts that could be compared.
        count: usize,
    },
    /// There is none in use.
    First,
}

impl Verdict {
    /// Whether the new artifact takes over.
    #[must_use]
    pub const fn promotes(&self) -> bool {
        matches!(self, Self::Promoted { .. } | Self::First)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Promoted { count, new, old } => {
                write!(f, "promoted: log loss {new:.5}, before {old:.5}, on {count} unseen hours")
            }
            Self::Worse { count, new, old } => {
                write!(f, "kept back: log loss {new:.5}, in use {old:.5}, on {count} unseen hours")
            }
            Self::TooLittle { count } => write!(
                f,
                "kept back: {count} hours that neither was fitted on, {MIN_FORECASTS} are needed; train with an earlier end"
            ),
            Self::First => f.write_str("promoted: none was in use"),
        }
    }
}

/// Compares two artifacts by the log loss of their forecasts for the bars after the data that
/// either was fitted on, up to `now`.
///
/// # Errors
/// For a new artifact that cannot be loaded or makes no forecasts.
pub fn compare(new: &Path, old: &Path, data_dir: &Path, now: Timestamp) -> Result<Verdict> {
    let new = Artifact::load(new)?;
    let Ok(old) = Artifact::load(old) else { return Ok(Verdict::First) };
    if new.features().symbol() != old.features().symbol() {
        return Err(Error::usage("the new artifact is of another symbol; check the training"));
    }
    let data = open_data_dir(data_dir)?;
    let from = fitted_until(&new).max(fitted_until(&old));
    let (new, old) = (losses(&new, &data, from, now)?, losses(&old, &data, from, now)?);
    let pairs: Vec<(f64, f64)> = new
        .iter()
        .filter_map(|(time, loss)| {
            let at = old.binary_search_by_key(time, |(time, _)| *time).ok()?;
            Some((*loss, old[at].1))
        })
        .collect();
    let count = pairs.len();
    if count < MIN_FORECASTS {
        return Ok(Verdict::TooLittle { count });
    }
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count as f64;
    let (new, old) = (mean(|pair| pair.0), mean(|pair| pair.1));
    Ok(if new <= old {
        Verdict::Promoted { count, new, old }
    } else {
        Verdict::Worse { count, new, old }
    })
}

/// The end of the data that any part of it was fitted on, labels included.
fn fitted_until(artifact: &Artifact) -> Timestamp {
    artifact.recipe().dates.validation_end
}

/// Log loss of each forecast after `from` whose outcome is known at `now`, by its time.
fn losses(
    artifact: &Artifact,
    data: &DataDir,
    from: Timestamp,
    now: Timestamp,
) -> Result<Vec<(Timestamp, f64)>> {
    let panel = crate::artifacts::panel(data, artifact, now)?;
    let symbol = artifact.features().symbol();
    let missing = || mantis_features::Error::MissingSymbol { symbol: symbol.to_owned() };
    let bars = panel.bars(symbol).ok_or_else(missing)?;
    let horizon = artifact.recipe().horizon;
    let first = bars.open_time().partition_point(|&open| open < from);
    let steps = artifact.recipe().lstm.steps;
    let frame = artifact.frame(&panel, first.saturating_sub(steps), 1)?;
    let forecasts = artifact.forecasts(&frame, first..frame.len(), 1)?;
    let loss = |forecast: &mantis_models::Forecast| {
        let row = bars.open_time().partition_point(|&open| open + bars.interval() < forecast.time);
        let future = bars.position(*bars.open_time().get(row)? + horizon)?;
        let up = bars.close()[future] > bars.close()[row];
        let p = if up { forecast.p_up } else { 1.0 - forecast.p_up };
        Some((forecast.time, -p.clamp(1e-12, 1.0).ln()))
    };
    Ok(forecasts.iter().filter_map(loss).collect())
}
