//! Breakouts of trading ranges: finding them and scoring forecasts of how they end.

mod profile;
mod range;
mod replay;

pub use profile::BreakoutProfile;
pub use replay::{Breakout, BreakoutTracker, PendingBreakout, TrackerEvent, replay_breakouts};

use super::fit::{Problem, signs};
use super::{Declined, Outcome};
use crate::metrics::{count, roc_auc};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks between two stored minutes.
pub(crate) const BLOCKS_PER_ROW: i64 = 5;
const WHAT: &str = "score_breakout";

/// A decided breakout with the forecasts that stood when it began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BreakoutSample {
    /// What happened.
    #[serde(flatten)]
    pub event: Breakout,
    /// Position of its asset among those of the challenge.
    #[serde(default)]
    pub asset: usize,
    /// Probabilities of continuation and of reversal by hotkey.
    pub embeddings: BTreeMap<String, [f32; 2]>,
}

/// The episode of every event: events are in one episode while the next trigger comes within `gap` minutes.
///
/// ```
/// use mantis_eval::score::breakout_episodes;
///
/// assert_eq!(breakout_episodes(&[5000, 10, 1400], 1440), [1, 0, 0]);
/// ```
#[must_use]
pub fn breakout_episodes(trigger_sidx: &[i64], gap: i64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..trigger_sidx.len()).collect();
    order.sort_by_key(|&i| trigger_sidx[i]);
    let mut episodes = vec![0; trigger_sidx.len()];
    let mut episode = 0;
    for pair in order.windows(2) {
        if trigger_sidx[pair[1]] - trigger_sidx[pair[0]] > gap {
            episode += 1;
        }
        episodes[pair[1]] = episode;
    }
    episodes
}

/// Scores forecasts of breakouts as the validator does: the first value of all miners that foresee better than chance
/// enters one logistic regression over all events, each event weighted by the inverse size of its episode, and pay is
/// the |coefficient|.
///
/// # Errors
/// [`Error::Parameter`] for a bad profile, [`Error::Poisoned`] for a forecast that is not finite.
///
/// ```
/// use mantis_eval::score::{BreakoutProfile, Declined, score_breakout};
///
/// let outcome = score_breakout(&[], &BreakoutProfile::default())?;
/// assert_eq!(outcome.declined, Some(Declined::TooFewEvents));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn score_breakout(samples: &[BreakoutSample], profile: &BreakoutProfile) -> Result<Outcome> {
    profile.check()?;
    if samples.len() < profile.min_events {
        return Ok(Outcome::declined(Declined::TooFewEvents));
    }
    let triggers: Vec<i64> = samples.iter().map(|s| s.event.trigger_sidx).collect();
    let episodes = breakout_episodes(&triggers, profile.episode_gap);
    let hotkeys: BTreeSet<&String> = samples.iter().flat_map(|s| s.embeddings.keys()).collect();
    let mut names = Vec::new();
    let mut columns = Vec::new();
    for hotkey in hotkeys {
        let rows: Vec<(usize, f64)> = samples
            .iter()
            .enumerate()
            .filter_map(|(i, s)| Some((i, f64::from(s.embeddings.get(hotkey)?[0]))))
            .collect();
        if let Some(&(row, value)) = rows.iter().find(|(_, v)| !v.is_finite()) {
            return Err(Error::Poisoned {
                what: WHAT,
                challenge: None,
                hotkey: hotkey.clone(),
                row,
                sidx: Some(samples[row].event.trigger_sidx),
                value,
            });
        }
        if let Some(column) = column(&rows, samples, &episodes, profile)? {
            names.push(hotkey.clone());
            columns.push(column);
        }
    }
    if names.is_empty() {
        return Ok(Outcome::declined(Declined::NobodySelected));
    }
    let mut sizes = vec![0.0; episodes.iter().max().map_or(0, |last| last + 1)];
    episodes.iter().for_each(|&e| sizes[e] += 1.0);
    if sizes.len() < profile.min_episodes {
        return Ok(Outcome::declined(Declined::OneEpisode));
    }
    let weights: Vec<f64> = episodes.iter().map(|&e| 1.0 / sizes[e]).collect();
    let mean = weights.iter().sum::<f64>() / count(weights.len());
    let weights: Vec<f64> = weights.into_iter().map(|w| w / mean).collect();
    let sign = signs(samples.iter().map(|s| s.event.label == 1));
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let Some(problem) = Problem::new(&columns, &sign, weights, true) else {
        return Ok(Outcome::declined(Declined::OneClass));
    };
    let importance = problem.lbfgs(profile.c, profile.max_iter).importance();
    let mut outcome = Outcome::shares(names.into_iter().zip(importance));
    outcome.salience.retain(|(_, share)| *share > profile.min_share);
    Ok(outcome)
}

/// The z-scores of a miner that qualifies, 0 where it has no forecast.
fn column(
    rows: &[(usize, f64)],
    samples: &[BreakoutSample],
    episodes: &[usize],
    profile: &BreakoutProfile,
) -> Result<Option<Vec<f64>>> {
    const SMALLEST_STD: f64 = 1e-8;
    let own: BTreeSet<usize> = rows.iter().map(|&(i, _)| episodes[i]).collect();
    if own.len() < profile.min_episodes {
        return Ok(None);
    }
    let n = count(rows.len());
    let mean = rows.iter().map(|(_, v)| v).sum::<f64>() / n;
    let std = (rows.iter().map(|(_, v)| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let (up, score): (Vec<bool>, Vec<f64>) =
        rows.iter().map(|&(i, v)| (samples[i].event.label == 1, v)).unzip();
    let one_class = up.iter().all(|&u| u == up[0]);
    if std < profile.min_std || one_class || roc_auc(&up, &score)? <= 0.5 {
        return Ok(None);
    }
    let scale = if std < SMALLEST_STD { 1.0 } else { std };
    let mut column = vec![0.0; samples.len()];
    for &(i, value) in rows {
        column[i] = (value - mean) / scale;
    }
    Ok(Some(column))
}
