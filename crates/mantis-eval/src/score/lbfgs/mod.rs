//! Scoring of bucket probabilities and of quantiles of the extremes.

mod classifier;
mod cohorts;
mod profile;
mod quantile;

pub use profile::LbfgsProfile;

use super::cluster::Joint;
use super::helpers::{check_rows, make_bins, round_half_even};
use super::memory::Segments;
use super::{Declined, EmbeddingMatrix, Outcome};
use crate::Result;
use crate::metrics::count;
use crate::workers::{Progress, Workers};
use cohorts::Cohorts;
use serde::{Deserialize, Serialize};

const WHAT: &str = "score_lbfgs";
const DIM: usize = 17;
const BUCKETS: usize = 5;

/// What a bucket and quantile challenge pays, by path and together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LbfgsOutcome {
    /// What the bucket probabilities earn.
    pub classifier: Outcome,
    /// What the quantiles earn.
    pub quantiles: Outcome,
    /// Both together, after the decay by rank.
    pub blended: Outcome,
    /// Groups of miners that say the same; each shares one place.
    pub cohorts: Vec<Vec<String>>,
}

/// Scores bucket probabilities and quantiles as the validator does. Buckets: per walk-forward segment a bootstrapped
/// logistic regression per bucket over the best miners, times the balanced-accuracy lift of each, discounted by agreement
/// with better ones. Quantiles: in sample, one model per outer bucket and threshold. Miners that move together share one
/// place; 75 % of the pay is for the buckets.
///
/// Fits run to their optimum, which the validator's solver nearly reaches.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) or [`Error::Length`](crate::Error::Length) for a bad profile or shape,
/// [`Error::NotPositive`](crate::Error::NotPositive) for a price, [`Error::Poisoned`](crate::Error::Poisoned) for
/// infinite probabilities, [`Error::Stopped`](crate::Error::Stopped) when `progress` breaks.
///
/// ```
/// use mantis_eval::score::{Declined, EmbeddingMatrix, LbfgsProfile, score_lbfgs};
/// use ndarray::Array2;
/// use std::ops::ControlFlow;
///
/// let hotkeys = ["me".to_owned()];
/// let values = Array2::from_elem((100, 17), 0.2_f32);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 17, values.view())?;
/// let mut go_on = |_, _| ControlFlow::Continue(());
/// let profile = LbfgsProfile::default();
/// let found = score_lbfgs(&matrix, &[1.0; 100], 300, &profile, 1, &mut go_on)?;
/// assert_eq!(found.blended.declined, Some(Declined::TooFewRows));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn score_lbfgs(
    matrix: &EmbeddingMatrix<'_>,
    price: &[f64],
    blocks_ahead: u32,
    profile: &LbfgsProfile,
    threads: usize,
    progress: Progress<'_>,
) -> Result<LbfgsOutcome> {
    let memory = &mut LbfgsMemory::default();
    score_lbfgs_from(matrix, price, blocks_ahead, profile, threads, memory, progress)
}

/// What is known of the miners from an earlier scoring of the same rows with the same profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LbfgsMemory {
    /// Who moves together.
    joint: Option<Joint>,
    /// Sums of squared coefficients of the miners in the bucket models of a segment.
    segments: Segments<Vec<f64>>,
}

#[cfg(feature = "ledger")]
impl LbfgsMemory {
    pub(crate) fn size(&self) -> usize {
        self.joint.as_ref().map_or(0, Joint::known) + self.segments.len()
    }

    /// Leaves out what is known of a hotkey.
    pub(crate) fn forget(&mut self, hotkey: &str) {
        self.joint.iter_mut().for_each(|joint| joint.forget(hotkey));
        self.segments.forget(hotkey);
    }
}

/// As [`score_lbfgs`] with what is known of the miners; what is new is added to it.
pub(crate) fn score_lbfgs_from(
    matrix: &EmbeddingMatrix<'_>,
    price: &[f64],
    blocks_ahead: u32,
    profile: &LbfgsProfile,
    threads: usize,
    memory: &mut LbfgsMemory,
    progress: Progress<'_>,
) -> Result<LbfgsOutcome> {
    profile.check()?;
    check_rows(WHAT, price, matrix.rows())?;
    let workers = Workers::new(WHAT, threads)?;
    let matrix = &matrix.last(profile.max_rows);
    let price = &price[price.len() - matrix.rows()..];
    let horizon = round_half_even(f64::from(blocks_ahead) / 5.0).max(1);
    let declined = |reason| {
        let outcome = Outcome::declined(reason);
        let (classifier, quantiles) = (outcome.clone(), outcome.clone());
        let cohorts = Vec::new();
        Ok(LbfgsOutcome { classifier, quantiles, blended: outcome, cohorts })
    };
    if matrix.hotkeys().is_empty() {
        return declined(Declined::NoHotkeys);
    }
    if matrix.dim() != DIM || price.len() < profile.min_required_samples.max(horizon + 1) {
        return declined(Declined::TooFewRows);
    }
    let cohorts = Cohorts::new(matrix, profile, &workers, &mut memory.joint)?;
    let labels = make_bins(price, horizon, horizon, profile.bucket_window());
    // Progress is reported in thousandths: nine tenths for the buckets.
    let mut part = |from: usize, width: usize, done: usize, total: usize| {
        workers.report(&mut *progress, from + width * done / total.max(1), 1000)
    };
    let classifier = if labels.len() < profile.min_required_samples {
        Outcome::declined(Declined::TooFewRows)
    } else {
        let mut step = |done, total| part(0, 900, done, total);
        let found = classifier::importances(
            matrix,
            &cohorts.scored,
            &labels,
            profile,
            &workers,
            &mut memory.segments,
            &mut step,
        )?;
        match found {
            Ok(importances) => paid(importances, profile, &cohorts),
            Err(reason) => Outcome::declined(reason),
        }
    };
    let mut step = |done, total| part(900, 100, done, total);
    let excursions = quantile::excursions(price, &labels, horizon, profile.quantile_window());
    let found =
        quantile::importances(matrix, &cohorts.scored, &excursions, profile, &workers, &mut step)?;
    let quantiles = match found {
        Some(importances) => paid(importances, profile, &cohorts),
        None => Outcome::declined(Declined::TooFewRows),
    };
    let blended = blend(&classifier, &quantiles, profile);
    Ok(LbfgsOutcome { classifier, quantiles, blended, cohorts: cohorts.groups })
}

/// The best miners, scaled to 1, cohorts split.
fn paid(mut importances: Vec<(String, f64)>, profile: &LbfgsProfile, cohorts: &Cohorts) -> Outcome {
    if importances.len() > profile.top_k {
        importances.sort_by(|a, b| b.1.total_cmp(&a.1));
        importances.truncate(profile.top_k);
    }
    let mut outcome = Outcome::shares(importances);
    outcome.salience = cohorts.split(outcome.salience);
    outcome
}

/// Both paths after their decay by rank, weighted and scaled to 1.
fn blend(classifier: &Outcome, quantiles: &Outcome, profile: &LbfgsProfile) -> Outcome {
    let mut blended: Vec<(String, f64)> = Vec::new();
    let parts = [(classifier, profile.classifier_part), (quantiles, 1.0 - profile.classifier_part)];
    for (path, part) in parts {
        for (hotkey, share) in decayed(&path.salience, profile.decay_top) {
            match blended.iter_mut().find(|(h, _)| *h == hotkey) {
                Some((_, sum)) => *sum += part * share,
                None => blended.push((hotkey, part * share)),
            }
        }
    }
    let mut outcome = Outcome::shares(blended);
    if outcome.declined.is_some() {
        outcome.declined = classifier.declined.or(quantiles.declined).or(outcome.declined);
    }
    outcome
}

/// Shares times `exp(-rank / tau)`; nothing when they are all alike.
fn decayed(salience: &[(String, f64)], top: f64) -> Vec<(String, f64)> {
    const ALIKE: f64 = 0.01;
    const DUST: f64 = 1e-6;
    let values = || salience.iter().map(|(_, share)| *share);
    let (least, most) = values().fold((f64::MAX, f64::MIN), |(l, m), v| (l.min(v), m.max(v)));
    let mean = values().sum::<f64>() / count(salience.len());
    if salience.is_empty() || mean <= 0.0 || (most - least) / mean < ALIKE {
        return Vec::new();
    }
    let tau = (top / 3.0).max(1.0);
    let mut ranked: Vec<(String, f64)> =
        salience.iter().filter(|(_, share)| *share > 0.0).cloned().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (rank, (_, share)) in ranked.iter_mut().enumerate() {
        *share *= (-count(rank) / tau).exp();
    }
    let total: f64 = ranked.iter().map(|(_, share)| share).sum();
    ranked.iter_mut().for_each(|(_, share)| *share /= total);
    ranked.retain(|(_, share)| *share > DUST);
    ranked
}
