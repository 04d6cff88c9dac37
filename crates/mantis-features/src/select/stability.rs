//! Selection of what other samples of the training rows would have chosen as well.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::{FeatureSelector, Selection, TrainingView};
use crate::learn::below;
use crate::{Error, Result};

const WHAT: &str = "stability selection";

/// Runs a selector on block bootstrap samples of the training rows and keeps the columns that it chooses again and again
/// (Meinshausen and Bühlmann 2010; blocks after Künsch 1989, because neighbouring rows are not independent).
///
/// The score of a column is the share of samples in which it was chosen. Columns chosen in `threshold` of them or more are
/// taken, the most often chosen first, `n` at most.
///
/// | name | default | range |
/// |---|---|---|
/// | `inner` | | any selector |
/// | `rounds` | 30 | >= 1 |
/// | `block` | 168 | 1 to the number of rows |
/// | `threshold` | 0.6 | (0, 1] |
/// | `n` | 10 | >= 1 |
/// | `seed` | 42 | any |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StabilitySelector<S> {
    /// The selector that is run on each sample.
    pub inner: S,
    /// Samples.
    pub rounds: usize,
    /// Rows of a block.
    pub block: usize,
    /// Share of samples in which a column must be chosen.
    pub threshold: f64,
    /// Columns to choose at most.
    pub n: usize,
    /// Seed of the samples.
    pub seed: u64,
}

impl<S> StabilitySelector<S> {
    /// With the defaults of the table.
    pub fn new(inner: S) -> Self {
        Self { inner, rounds: 30, block: 168, threshold: 0.6, n: 10, seed: 42 }
    }
}

impl<S: FeatureSelector> FeatureSelector for StabilitySelector<S> {
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range, and those of the inner selector, on all rows or on a sample.
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection> {
        let rows = train.up().len();
        super::common::check_count(WHAT, self.n)?;
        super::common::check_share(WHAT, "threshold", self.threshold)?;
        let bad = |parameter, expected, got: usize| {
            Err(Error::Parameter { what: WHAT, parameter, expected, got: got as f64 })
        };
        if self.rounds == 0 {
            return bad("rounds", "at least 1", 0);
        }
        if self.block == 0 || self.block > rows {
            return bad("block", "1 to the number of training rows", self.block);
        }
        let whole = self.inner.select(train)?;
        let mut chosen = vec![0_usize; train.names().len()];
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        for _ in 0..self.rounds {
            let mut sample = Vec::with_capacity(rows + self.block);
            while sample.len() < rows {
                let first = below(&mut rng, rows - self.block + 1);
                sample.extend(first..first + self.block);
            }
            sample.truncate(rows);
            for column in self.inner.select(&train.with_rows(&sample))?.features {
                chosen[column] += 1;
            }
        }
        Ok(self.judge(train, whole, &chosen))
    }
}

impl<S> StabilitySelector<S> {
    fn judge(&self, train: &TrainingView<'_>, whole: Selection, chosen: &[usize]) -> Selection {
        let share = |column: usize| chosen[column] as f64 / self.rounds as f64;
        let mut order: Vec<usize> = (0..chosen.len()).collect();
        order.sort_by_key(|&column| std::cmp::Reverse(chosen[column]));
        let stable = |&column: &usize| chosen[column] > 0 && share(column) >= self.threshold;
        let features: Vec<usize> = order.into_iter().filter(stable).take(self.n).collect();
        let reasons = whole
            .reasons
            .iter()
            .enumerate()
            .map(|(column, reason)| {
                let verdict = match (features.contains(&column), stable(&column)) {
                    (true, _) => "chosen",
                    (false, true) => "left out after enough were chosen",
                    (false, false) => "left out",
                };
                let (times, rounds) = (chosen[column], self.rounds);
                format!("{verdict}: chosen in {times} of {rounds} samples; on all rows {reason}")
            })
            .collect();
        Selection {
            names: features.iter().map(|&column| train.names()[column].clone()).collect(),
            scores: features.iter().map(|&column| share(column)).collect(),
            candidates: (0..chosen.len()).map(|column| Some(share(column))).collect(),
            features,
            reasons,
            ..whole
        }
    }
}
