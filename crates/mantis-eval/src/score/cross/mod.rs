//! Scoring of ranks across assets: of returns, and of changes of funding rates.

mod levels;
mod miner;
mod pooled;
mod profile;
mod scorer;

pub use pooled::forward_pairs;
pub use profile::CrossProfile;
pub(crate) use scorer::RankScorer;

use super::memory::Segments;
use super::{Declined, EmbeddingMatrix, Outcome};
use crate::Result;
use crate::workers::Progress;
use miner::Fits;
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One walk-forward segment that was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossSegment {
    /// Its number among all segments.
    pub segment: usize,
    /// AUC of the meta model on its rows.
    pub auc: f64,
}

/// What a cross-sectional challenge pays, and how it came to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossOutcome {
    /// The shares.
    pub outcome: Outcome,
    /// The segments judged.
    pub segments: Vec<CrossSegment>,
}

impl CrossOutcome {
    fn declined(reason: Declined) -> Self {
        Self { outcome: Outcome::declined(reason), segments: Vec::new() }
    }
}

/// What the miners of a challenge are known for from an earlier scoring of the same rows with the same profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CrossMemory {
    /// AUC of each hotkey in the selection for each segment.
    auc: BTreeMap<String, Vec<f32>>,
    /// Fits of each selected hotkey on its own values.
    fits: BTreeMap<String, Fits>,
    /// Importance of the miners of a segment's model and the AUC of that, if there is one.
    segments: Segments<Option<(Vec<f64>, f64)>>,
}

#[cfg(feature = "ledger")]
impl CrossMemory {
    pub(crate) fn size(&self) -> usize {
        self.auc.len() + self.fits.len() + self.segments.len()
    }

    /// Leaves out what is known of a hotkey.
    pub(crate) fn forget(&mut self, hotkey: &str) {
        self.auc.remove(hotkey);
        self.fits.remove(hotkey);
        self.segments.forget(hotkey);
    }
}

/// Scores forecasts of which assets gain more than the median over `blocks_ahead`, as the validator does: for each
/// walk-forward segment the best miners by AUC enter a bootstrapped logistic regression with their out-of-sample
/// decisions, and pay is |coefficient| times the skill of that model on the segment, recent ones weighing more.
///
/// `prices` has the rows of the matrix and one column per asset; a price that is not positive is missing. The fits stop
/// where the validator's solver stops.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) or [`Error::Length`](crate::Error::Length) for a bad profile or shape,
/// [`Error::Poisoned`](crate::Error::Poisoned) for a value that is not finite where a fit needs it (there the validator
/// fails altogether), [`Error::Stopped`](crate::Error::Stopped) when `progress` breaks.
///
/// ```
/// use mantis_eval::score::{CrossProfile, Declined, EmbeddingMatrix, score_xsec};
/// use ndarray::Array2;
/// use std::ops::ControlFlow;
///
/// let hotkeys = ["me".to_owned()];
/// let values = Array2::from_elem((600, 3), 0.5_f32);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 3, values.view())?;
/// let prices = Array2::from_elem((600, 3), 1.0);
/// let mut go_on = |_, _| ControlFlow::Continue(());
/// let profile = CrossProfile::default();
/// let found = score_xsec(&matrix, prices.view(), 1200, &profile, 1, &mut go_on)?;
/// assert_eq!(found.outcome.declined, Some(Declined::TooFewRows));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn score_xsec(
    matrix: &EmbeddingMatrix<'_>,
    prices: ArrayView2<'_, f64>,
    blocks_ahead: u32,
    profile: &CrossProfile,
    threads: usize,
    progress: Progress<'_>,
) -> Result<CrossOutcome> {
    let scorer = RankScorer::of_returns(matrix, prices, blocks_ahead, profile)?;
    judge_ranks(scorer, threads, &mut CrossMemory::default(), progress)
}

/// What the challenge of a scorer pays; without one it has too few rows. `memory` holds what is known of the miners, and
/// what is new is added to it.
pub(crate) fn judge_ranks(
    scorer: Option<RankScorer<'_, '_>>,
    threads: usize,
    memory: &mut CrossMemory,
    progress: Progress<'_>,
) -> Result<CrossOutcome> {
    match scorer {
        Some(scorer) => scorer.score(threads, memory, progress),
        None => Ok(CrossOutcome::declined(Declined::TooFewRows)),
    }
}
/// Scores forecasts of which funding rates change more than the median over `blocks_ahead`, as the validator does; as
/// [`score_xsec`], but rows are paired by their minute (`sidx`), training keeps the whole horizon away from what is
/// judged, and values of an asset that hardly vary count as absent.
///
/// `rates` has the rows of the matrix and one column per asset, NaN where a rate is missing. Without `sidx`, rows are
/// paired by position.
///
/// # Errors
/// As [`score_xsec`].
///
/// ```
/// use mantis_eval::score::{CrossProfile, Declined, EmbeddingMatrix, score_funding};
/// use ndarray::Array2;
/// use std::ops::ControlFlow;
///
/// let hotkeys = ["me".to_owned()];
/// let values = Array2::from_elem((600, 2), 0.5_f32);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view())?;
/// let rates = Array2::from_elem((600, 2), 1e-4);
/// let mut go_on = |_, _| ControlFlow::Continue(());
/// let profile = CrossProfile::default();
/// let found = score_funding(&matrix, rates.view(), None, 2400, &profile, 1, &mut go_on)?;
/// assert_eq!(found.outcome.declined, Some(Declined::TooFewRows));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn score_funding(
    matrix: &EmbeddingMatrix<'_>,
    rates: ArrayView2<'_, f64>,
    sidx: Option<&[i64]>,
    blocks_ahead: u32,
    profile: &CrossProfile,
    threads: usize,
    progress: Progress<'_>,
) -> Result<CrossOutcome> {
    let scorer = RankScorer::of_funding(matrix, rates, sidx, blocks_ahead, profile)?;
    judge_ranks(scorer, threads, &mut CrossMemory::default(), progress)
}
