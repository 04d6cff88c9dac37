//! Scoring of one binary challenge.

mod miner;
mod profile;
mod select;
mod stack;
#[cfg(test)]
mod tests;

pub use profile::{BinaryProfile, ClassWeight};

use super::helpers::time_weights;
use super::{Declined, EmbeddingMatrix};
use crate::workers::{Progress, Workers};
use crate::{Error, Result};
use miner::{Miner, Target};
use serde::{Deserialize, Serialize};
use stack::MetaRows;
use std::collections::BTreeMap;

const WHAT: &str = "score_binary";
/// Fewer rows than this are never scored.
const MIN_ROWS: usize = 500;

/// What the validator would pay on one binary challenge, and how it came to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BinaryOutcome {
    /// Share of every selected hotkey, best AUC first; the shares sum to 1. Empty when the scorer
    /// declines.
    pub salience: Vec<(String, f64)>,
    /// Walk-forward AUC of every hotkey in column order; 0.5 for one that cannot be judged.
    pub auc: Vec<f32>,
    /// Rows scored, after the cut to the newest rows.
    pub rows: usize,
    /// Rows with at least one out-of-sample prediction.
    pub meta_rows: usize,
    /// Importance behind each share, in the same order.
    pub importance: Vec<f64>,
    /// Why the shares are empty.
    pub declined: Option<Declined>,
}

impl BinaryOutcome {
    fn declined(rows: usize, auc: Vec<f32>, reason: Declined) -> Self {
        let (salience, importance) = (Vec::new(), Vec::new());
        Self { salience, auc, rows, meta_rows: 0, importance, declined: Some(reason) }
    }
}

/// Scores one binary challenge as the validator does: walk-forward selection by daily AUC,
/// out-of-sample columns of an expanding fit, and shares of |coefficient| in a bootstrapped
/// elastic net over all selected miners.
///
/// `returns[t]` is the return over the `lag` rows after row `t`; "up" means above `ret_eps`. Every
/// fit runs to its optimum. The result is the same bits on any number of `threads`. `progress`
/// receives (done, total).
///
/// # Errors
/// [`Error::Parameter`] for a profile outside its ranges or `threads` = 0; [`Error::Length`] when
/// `returns` has another length than the matrix has rows; [`Error::NotFinite`] for a return that
/// is not finite; [`Error::Stopped`] when `progress` breaks; [`Error::Learn`] when a fit fails.
///
/// ```
/// use mantis_eval::score::{BinaryProfile, Declined, EmbeddingMatrix, score_binary};
/// use ndarray::Array2;
/// use std::ops::ControlFlow;
///
/// // Sixty rows are an hour; the scorer wants days.
/// let values = Array2::from_elem((60, 2), 0.5_f32);
/// let hotkeys = ["me".to_owned()];
/// let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view())?;
/// let outcome = score_binary(&matrix, &[0.001; 60], &BinaryProfile::default(), 1, &mut |_, _| {
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(outcome.declined, Some(Declined::TooFewRows));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn score_binary(
    matrix: &EmbeddingMatrix<'_>,
    returns: &[f32],
    profile: &BinaryProfile,
    threads: usize,
    progress: Progress<'_>,
) -> Result<BinaryOutcome> {
    let memory = &mut BinaryMemory::default();
    score_binary_from(matrix, returns, profile, threads, memory, progress)
}

/// What is known of miners from an earlier scoring of the same rows with the same profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct BinaryMemory {
    /// Walk-forward AUC by hotkey.
    pub(crate) auc: BTreeMap<String, f32>,
    /// Out-of-sample decisions of those that were selected.
    pub(crate) columns: BTreeMap<String, Vec<f32>>,
}

/// As [`score_binary`] with what is known of the miners; what is new is added to it.
pub(crate) fn score_binary_from(
    matrix: &EmbeddingMatrix<'_>,
    returns: &[f32],
    profile: &BinaryProfile,
    threads: usize,
    memory: &mut BinaryMemory,
    progress: Progress<'_>,
) -> Result<BinaryOutcome> {
    profile.check()?;
    if returns.len() != matrix.rows() {
        return Err(Error::Length { what: WHAT, expected: matrix.rows(), got: returns.len() });
    }
    if let Some(index) = returns.iter().position(|r| !r.is_finite()) {
        let value = f64::from(returns[index]);
        return Err(Error::NotFinite { what: WHAT, index, value });
    }
    let workers = Workers::new(WHAT, threads)?;
    let matrix = matrix.last(profile.max_rows());
    let rows = matrix.rows();
    let target = Target {
        up: returns[returns.len() - rows..].iter().map(|&r| r > profile.ret_eps).collect(),
        weights: time_weights(rows, profile.halflife_days, profile.indices_per_day),
    };
    let boundaries = select::refit_boundaries(rows, profile);
    let miners: Vec<usize> = (0..matrix.hotkeys().len()).collect();
    let early = if rows < MIN_ROWS || rows / 2 < profile.min_base_train {
        Some(Declined::TooFewRows)
    } else if miners.is_empty() {
        Some(Declined::NoHotkeys)
    } else if target.up.iter().all(|&u| u == target.up[0]) {
        Some(Declined::OneClass)
    } else if boundaries.is_empty() {
        Some(Declined::NoRefit)
    } else {
        None
    };
    if let Some(reason) = early {
        return Ok(BinaryOutcome::declined(rows, Vec::new(), reason));
    }

    let total = 2 * miners.len() + profile.meta_bootstrap_n;
    let name = |j: usize| &matrix.hotkeys()[j];
    let new: Vec<usize> =
        miners.iter().copied().filter(|&j| !memory.auc.contains_key(name(j))).collect();
    let known = miners.len() - new.len();
    let found = workers.map(
        &new,
        |&j| {
            let mut miner = Miner::new(&matrix, j, &target)?;
            select::walk_forward_auc(&mut miner, &target, &boundaries, profile)
        },
        &mut |done| workers.report(progress, known + done, total),
    )?;
    memory.auc.extend(new.iter().map(|&j| name(j).clone()).zip(found));
    let auc: Vec<f32> = miners.iter().map(|&j| memory.auc[name(j)]).collect();
    let chosen = select::choose(&auc, profile);
    if chosen.is_empty() {
        return Ok(BinaryOutcome::declined(rows, auc, Declined::NobodySelected));
    }
    let new: Vec<usize> =
        chosen.iter().copied().filter(|&j| !memory.columns.contains_key(name(j))).collect();
    let skipped = 2 * miners.len() - new.len();
    let found = workers.map(
        &new,
        |&j| stack::out_of_sample(&mut Miner::new(&matrix, j, &target)?, rows, profile),
        &mut |done| workers.report(progress, skipped + done, total),
    )?;
    memory.columns.extend(new.iter().map(|&j| name(j).clone()).zip(found));
    let columns: Vec<&[f32]> = chosen.iter().map(|&j| &memory.columns[name(j)][..]).collect();
    let meta = MetaRows::new(&columns, &target.up, &target.weights);
    let fitted = meta.fit(profile, &workers, &mut |done| {
        workers.report(progress, 2 * miners.len() + done, total)
    })?;
    let Some(importance) = fitted else {
        return Ok(BinaryOutcome::declined(rows, auc, Declined::NoMetaFit));
    };
    let sum: f64 = importance.iter().sum();
    if sum <= 0.0 {
        return Ok(BinaryOutcome::declined(rows, auc, Declined::NoImportance));
    }
    let shares = importance.iter().map(|i| i / sum);
    let salience = chosen.iter().map(|&j| matrix.hotkeys()[j].clone()).zip(shares).collect();
    Ok(BinaryOutcome { salience, auc, rows, meta_rows: meta.len(), importance, declined: None })
}
