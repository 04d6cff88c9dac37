//! The path that pays for bucket probabilities.

use super::{BUCKETS, DIM, LbfgsProfile, WHAT};
use crate::metrics::count;
use crate::score::fit::{Bootstrap, Problem, robust_importance, signs};
use crate::score::helpers::recent_mass_weights;
use crate::score::memory::Segments;
use crate::score::{Declined, EmbeddingMatrix};
use crate::workers::Workers;
use crate::{Error, Result};
use std::ops::Range;

/// Smallest probability.
const FLOOR: f32 = 1e-6;
/// A raw value above this says something.
const SAYS: f32 = 0.01;
/// Balanced accuracy of saying always the same.
const CHANCE: f64 = 0.2;

/// Probabilities and calls of one miner in the labelled rows.
struct Forecaster {
    hotkey: String,
    /// Bucket by bucket.
    p: [Vec<f32>; BUCKETS],
    calls: Vec<u8>,
}

impl Forecaster {
    /// `None` for a miner that hardly says anything.
    fn new(
        matrix: &EmbeddingMatrix<'_>,
        j: usize,
        labels: &[(u8, usize)],
        profile: &LbfgsProfile,
    ) -> Result<Option<Self>> {
        let values = matrix.values_of(j)?;
        let n = labels.len();
        let mut p: [Vec<f32>; BUCKETS] = std::array::from_fn(|_| Vec::with_capacity(n));
        let mut calls = Vec::with_capacity(n);
        let mut active = 0;
        for &(_, t) in labels {
            let raw: [f32; BUCKETS] = std::array::from_fn(|c| values[t * DIM + c]);
            active += usize::from(raw.iter().any(|&v| v > SAYS));
            let floored = raw.map(|v| if v.is_nan() { FLOOR } else { v.max(FLOOR) });
            let sum: f32 = floored.iter().sum();
            if !sum.is_finite() {
                return Err(Error::Poisoned {
                    what: WHAT,
                    challenge: None,
                    hotkey: matrix.hotkeys()[j].clone(),
                    row: matrix.skipped() + t,
                    sidx: None,
                    value: f64::from(sum),
                });
            }
            let shares = floored.map(|v| v / sum);
            for (column, share) in p.iter_mut().zip(shares) {
                column.push(share);
            }
            calls.push(first_largest(&shares));
        }
        if count(active) / count(n) <= profile.min_active {
            return Ok(None);
        }
        Ok(Some(Self { hotkey: matrix.hotkeys()[j].clone(), p, calls }))
    }
}

/// Position of the first of the largest values.
fn first_largest<T: PartialOrd>(values: &[T; BUCKETS]) -> u8 {
    let mut best = 0;
    for c in 1..BUCKETS {
        if values[c] > values[best] {
            best = c;
        }
    }
    best as u8
}

/// Recall by bucket; nothing for a bucket that does not occur.
fn recalls(truth: &[u8], calls: &[u8]) -> [Option<f64>; BUCKETS] {
    let mut counts = [[0_usize; 2]; BUCKETS];
    for (&y, &call) in truth.iter().zip(calls) {
        counts[usize::from(y)][0] += 1;
        counts[usize::from(y)][1] += usize::from(y == call);
    }
    counts.map(|[n, right]| (n > 0).then(|| count(right) / count(n)))
}

/// Balanced accuracy in which a bucket that does not occur counts as missed.
fn strict_accuracy(truth: &[u8], calls: &[u8]) -> f64 {
    recalls(truth, calls).iter().flatten().sum::<f64>() / count(BUCKETS)
}

/// Balanced accuracy over the buckets that occur.
fn balanced_accuracy(truth: &[u8], calls: &[u8]) -> f64 {
    let recalls = recalls(truth, calls);
    let present = recalls.iter().flatten().count();
    recalls.iter().flatten().sum::<f64>() / count(present)
}

/// Importance of every paid hotkey, or why there is none.
pub(super) fn importances(
    matrix: &EmbeddingMatrix<'_>,
    scored: &[usize],
    labels: &[(u8, usize)],
    profile: &LbfgsProfile,
    workers: &Workers,
    memory: &mut Segments<Vec<f64>>,
    step: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<std::result::Result<Vec<(String, f64)>, Declined>> {
    let n = labels.len();
    let segments: Vec<Range<usize>> = (2 * profile.wf_chunk..n)
        .step_by(profile.wf_chunk)
        .map(|from| from..(from + profile.wf_chunk).min(n))
        .take_while(|rows| rows.len() >= profile.least_piece)
        .collect();
    let fits = BUCKETS * (profile.bootstrap_n + 1);
    let total = scored.len() + segments.len() * fits;
    let miners: Vec<Forecaster> = workers
        .map(scored, |&j| Forecaster::new(matrix, j, labels, profile), &mut |done| {
            step(done, total)
        })?
        .into_iter()
        .flatten()
        .collect();
    if miners.len() < 2 {
        return Ok(Err(Declined::NobodySelected));
    }
    if segments.is_empty() {
        return Ok(Err(Declined::NoSegment));
    }
    let truth: Vec<u8> = labels.iter().map(|&(class, _)| class).collect();
    let scorer = Scorer { miners: &miners, truth: &truth, profile, workers };
    let mut importance = vec![0.0; miners.len()];
    let mut weights = 0.0;
    for (number, rows) in segments.iter().enumerate() {
        let done = scored.len() + number * fits;
        let mut inner = |d: usize| step(done + d, total);
        let Some(worth) = scorer.segment(number, rows, memory, &mut inner)? else { continue };
        let weight = profile.recency_gamma.powf(count(segments.len() - 1 - number));
        weights += weight;
        for (sum, worth) in importance.iter_mut().zip(worth) {
            *sum += weight * worth;
        }
    }
    if weights <= 0.0 {
        return Ok(Err(Declined::NobodySelected));
    }
    importance.iter_mut().for_each(|i| *i /= weights);
    scorer.reward_uniqueness(&mut importance);
    let named = miners.iter().map(|m| m.hotkey.clone()).zip(importance);
    Ok(Ok(named.filter(|(_, i)| *i > 0.0).collect()))
}

struct Scorer<'a> {
    miners: &'a [Forecaster],
    truth: &'a [u8],
    profile: &'a LbfgsProfile,
    workers: &'a Workers,
}

impl Scorer<'_> {
    /// What each miner is worth in one segment: its lift times its part in the joint fit, not scaled to a sum, so that a
    /// segment in which miners say more counts more. `None` when it says nothing.
    fn segment(
        &self,
        number: usize,
        rows: &Range<usize>,
        memory: &mut Segments<Vec<f64>>,
        step: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Option<Vec<f64>>> {
        let truth = &self.truth[rows.clone()];
        if truth.iter().all(|&y| y == truth[0]) {
            return Ok(None);
        }
        let lifts: Vec<f64> = self
            .miners
            .iter()
            .map(|m| (strict_accuracy(truth, &m.calls[rows.clone()]) - CHANCE).max(0.0))
            .collect();
        if lifts.iter().all(|&lift| lift == 0.0) {
            return Ok(None);
        }
        let train = rows.start.saturating_sub(self.profile.max_train)..rows.start;
        let meta = self.meta(number, &train, memory, step)?;
        let worth: Vec<f64> = lifts.iter().zip(meta).map(|(lift, meta)| lift * meta).collect();
        let total: f64 = worth.iter().sum();
        if total <= 0.0 {
            return Ok(None);
        }
        let shares: Vec<f64> = worth.iter().map(|w| w / total).collect();
        let vote = |t: usize| {
            let mut votes = [0.0; BUCKETS];
            for (miner, share) in self.miners.iter().zip(&shares) {
                votes[usize::from(miner.calls[t])] += share;
            }
            first_largest(&votes)
        };
        let ensemble: Vec<u8> = rows.clone().map(vote).collect();
        Ok((balanced_accuracy(truth, &ensemble) > CHANCE).then_some(worth))
    }

    /// Sum over the buckets of squared bootstrap coefficients, scaled to a maximum of 1.
    fn meta(
        &self,
        number: usize,
        train: &Range<usize>,
        memory: &mut Segments<Vec<f64>>,
        step: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Vec<f64>> {
        let profile = self.profile;
        let truth = &self.truth[train.clone()];
        let accuracy: Vec<f64> =
            self.miners.iter().map(|m| strict_accuracy(truth, &m.calls[train.clone()])).collect();
        let mut chosen: Vec<usize> = (0..self.miners.len()).collect();
        chosen.sort_by(|&a, &b| accuracy[b].total_cmp(&accuracy[a]));
        chosen.truncate(profile.meta_k);
        let names = chosen.iter().map(|&j| self.miners[j].hotkey.clone()).collect();
        let find = || self.coefficients(number, train, &chosen, step);
        let found = memory.get_or(number, names, find)?;
        let largest = found.iter().copied().fold(0.0, f64::max);
        if largest <= 0.0 {
            return Ok(vec![1.0; self.miners.len()]);
        }
        let mut meta = vec![0.0; self.miners.len()];
        for (&j, sum) in chosen.iter().zip(found) {
            meta[j] = sum / largest;
        }
        Ok(meta)
    }

    /// Sum over the buckets of the squared bootstrap coefficients of the chosen miners.
    fn coefficients(
        &self,
        number: usize,
        train: &Range<usize>,
        chosen: &[usize],
        step: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Vec<f64>> {
        let profile = self.profile;
        let truth = &self.truth[train.clone()];
        let times: Vec<f64> = (0..train.len()).map(count).collect();
        let weights: Vec<f64> = recent_mass_weights(&times, profile.recent_samples, 0.5)
            .into_iter()
            .map(f64::from)
            .collect();
        let mut sums = vec![0.0; chosen.len()];
        for class in 0..BUCKETS {
            let sign = signs(truth.iter().map(|&y| usize::from(y) == class));
            let columns: Vec<&[f32]> =
                chosen.iter().map(|&j| &self.miners[j].p[class][train.clone()]).collect();
            let bootstrap = Bootstrap {
                seed: profile.seed + 1000 * (number as u64 + 1) + class as u64,
                replicates: profile.bootstrap_n,
                block: profile.bootstrap_block,
            };
            let done = class * (profile.bootstrap_n + 1);
            let mut inner = |d: usize| step(done + d);
            let found = bootstrapped(
                &columns,
                &sign,
                &weights,
                profile.classifier_c,
                bootstrap,
                self.workers,
                &mut inner,
            )?;
            for (sum, coefficient) in sums.iter_mut().zip(found.unwrap_or_default()) {
                *sum += coefficient * coefficient;
            }
        }
        Ok(sums)
    }

    /// Multiplies the importance of each miner by what is its own: the square of one minus its largest agreement with a
    /// miner ranked above it.
    fn reward_uniqueness(&self, importance: &mut [f64]) {
        let tail = self.truth.len().saturating_sub(self.profile.wf_chunk)..self.truth.len();
        let mut order: Vec<usize> =
            (0..importance.len()).filter(|&j| importance[j] > 0.0).collect();
        order.sort_by(|&a, &b| importance[b].total_cmp(&importance[a]));
        let calls = |j: usize| &self.miners[j].calls[tail.clone()];
        for (rank, &j) in order.iter().enumerate() {
            let agreement = order[..rank]
                .iter()
                .map(|&other| {
                    let same = calls(j).iter().zip(calls(other)).filter(|(a, b)| a == b).count();
                    count(same) / count(tail.len())
                })
                .fold(0.0, f64::max);
            importance[j] *= (1.0 - agreement).powi(2);
        }
    }
}

/// |coefficients| of the bootstrap, or of a single fit when there are too few rows for one; `None` with one outcome.
pub(super) fn bootstrapped<T: Copy + Into<f64> + Sync>(
    columns: &[&[T]],
    sign: &[f64],
    weights: &[f64],
    c: f64,
    bootstrap: Bootstrap,
    workers: &Workers,
    step: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Option<Vec<f64>>> {
    let Some(whole) = Problem::new(columns, sign, weights.to_vec(), true) else {
        return Ok(None);
    };
    let start = whole.newton(c, None);
    if bootstrap.possible(sign.len()) {
        let fit = |weights: Vec<f64>| {
            Problem::new(columns, sign, weights, true).map(|p| p.newton(c, Some(&start)))
        };
        let fits = bootstrap.fits(sign.len(), Some(weights), workers, fit, step)?;
        if let Some(importance) = robust_importance(&fits) {
            return Ok(Some(importance));
        }
    }
    Ok(Some(start.importance()))
}
