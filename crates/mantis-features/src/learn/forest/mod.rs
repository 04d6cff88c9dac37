//! A seeded random forest of classification trees on binned columns.

mod bins;
mod grow;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

use super::learner::{Learner, Predict};
use crate::split::TrainingView;
use crate::{Error, Result, similarity};
use bins::Binned;
use grow::{Grower, Tree};

const WHAT: &str = "random forest";

/// Random forest (Breiman 2001): trees on bootstrap samples of the rows, each split the best of a random choice of columns.
///
/// Columns are cut into quantile bins once, so a tree costs O(rows x columns tried x depth). The same seed and data give the
/// same forest.
///
/// | name | default | range | name in scikit-learn |
/// |---|---|---|---|
/// | `trees` | 200 | >= 1 | `n_estimators` |
/// | `depth` | 8 | 1..=30 | `max_depth` |
/// | `min_leaf` | 50 | >= 1 | `min_samples_leaf` |
/// | `columns_tried` | none: square root of the columns | >= 1 | `max_features` |
/// | `bins` | 32 | 2..=256 | |
/// | `seed` | 42 | any | `random_state` |
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_features::learn::{Forest, Learner, Predict};
/// use mantis_features::split::{Split, SplitDates, TrainingView};
///
/// let hour = |h: i64| Timestamp::from_micros(h * Interval::HOUR.as_micros());
/// let known_at: Vec<_> = (0..400).map(hour).collect();
/// let resolves_at: Vec<_> = (1..401).map(hour).collect();
/// let dates = SplitDates { train_end: hour(300), validation_end: hour(300), test_end: hour(400) };
/// let split = Split::by_dates(&known_at, &resolves_at, dates, Interval::HOUR)?;
/// let names = ["noise", "signal"].map(String::from);
/// let wave = |step: f64| (0..400).map(move |t| (f64::from(t) * step).sin()).collect::<Vec<_>>();
/// let columns = [wave(0.71), wave(0.23)];
/// let up: Vec<_> = columns[1].iter().map(|&v| Some(v > 0.2)).collect();
///
/// let train = TrainingView::new(&names, &columns, &up, &split)?;
/// let forest = Forest { trees: 20, min_leaf: 5, ..Forest::default() }.fit(&train)?;
/// assert!(forest.importance[1] > 0.8);
/// assert!(forest.probability(&[0.0, 0.9])? > 0.8);
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Forest {
    /// Trees.
    pub trees: usize,
    /// Splits from the root to a leaf, at most.
    pub depth: usize,
    /// Rows of a leaf, at least.
    pub min_leaf: usize,
    /// Columns tried at a split.
    pub columns_tried: Option<usize>,
    /// Quantile bins per column.
    pub bins: usize,
    /// Seed of the bootstrap and of the columns tried.
    pub seed: u64,
}

impl Default for Forest {
    fn default() -> Self {
        Self { trees: 200, depth: 8, min_leaf: 50, columns_tried: None, bins: 32, seed: 42 }
    }
}

/// Fitted [`Forest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedForest {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Share of each column in the decrease of Gini impurity over all trees; they sum to 1 unless no tree has a split.
    pub importance: Vec<f64>,
    trees: Vec<Tree>,
}

impl Forest {
    fn check(&self) -> Result<()> {
        let ranges = [
            ("trees", self.trees, 1, usize::MAX, "at least 1"),
            ("depth", self.depth, 1, 30, "1 to 30"),
            ("min_leaf", self.min_leaf, 1, usize::MAX, "at least 1"),
            ("columns_tried", self.columns_tried.unwrap_or(1), 1, usize::MAX, "at least 1"),
            ("bins", self.bins, 2, 256, "2 to 256"),
        ];
        for (parameter, value, least, most, expected) in ranges {
            if value < least || value > most {
                let got = value as f64;
                return Err(Error::Parameter { what: WHAT, parameter, expected, got });
            }
        }
        Ok(())
    }
}

impl Learner for Forest {
    type Fitted = FittedForest;

    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range, [`Error::NotFinite`] naming a column, [`Error::OneClass`] for labels
    /// of one kind, [`Error::TooFewColumns`] without any column.
    fn fit(&self, train: &TrainingView<'_>) -> Result<FittedForest> {
        self.check()?;
        let columns: Vec<&[f64]> = train.columns().collect();
        similarity::check_columns(train.names(), &columns)?;
        let (rows, up) = (train.up().len(), train.up().iter().filter(|&&u| u).count());
        if columns.is_empty() {
            return Err(Error::TooFewColumns { what: WHAT, left: 0, least: 1 });
        }
        let some = |label: bool| {
            let weight = |row: usize| train.weights().map_or(1.0, |weights| weights[row]);
            (0..rows).any(|row| train.up()[row] == label && weight(row) > 0.0)
        };
        if !(some(true) && some(false)) {
            return Err(Error::OneClass { what: WHAT, rows, up });
        }
        let binned: Vec<Binned> = columns.iter().map(|c| Binned::new(c, self.bins)).collect();
        let tried = self.columns_tried.unwrap_or(columns.len().isqrt().max(1)).min(columns.len());
        let draw = Draw::new(rows, train.weights());
        let mut importance = vec![0.0; columns.len()];
        let mut trees = Vec::with_capacity(self.trees);
        for tree in 0..self.trees {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(tree as u64);
            let sample: Vec<u32> = (0..rows).map(|_| draw.row(&mut rng)).collect();
            let mut grower =
                Grower::new(&binned, train.up(), self, tried, &mut rng, &mut importance);
            trees.push(grower.grow(sample));
        }
        let total: f64 = importance.iter().sum();
        if total > 0.0 {
            importance.iter_mut().for_each(|share| *share /= total);
        }
        Ok(FittedForest { names: train.names().to_vec(), importance, trees })
    }
}

/// Draws rows with replacement, by their weights if they have any.
#[derive(Debug)]
struct Draw {
    rows: usize,
    /// Weight up to and with each row.
    until: Option<Vec<f64>>,
}

impl Draw {
    fn new(rows: usize, weights: Option<&[f64]>) -> Self {
        let until = weights.map(|weights| {
            let mut sum = 0.0;
            let add = |weight: &f64| {
                sum += weight;
                sum
            };
            weights.iter().map(add).collect()
        });
        Self { rows, until }
    }

    fn row(&self, rng: &mut ChaCha8Rng) -> u32 {
        let Some(until) = &self.until else { return below(rng, self.rows) as u32 };
        let share = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let at = share * until[self.rows - 1];
        // A product that rounds up to the whole is in no row.
        until.partition_point(|&sum| sum <= at).min(self.rows - 1) as u32
    }
}

/// A number in `0..n`; the bias of at most n / 2^64 is of no account.
pub(crate) fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize
}

impl Predict for FittedForest {
    fn probability(&self, row: &[f64]) -> Result<f64> {
        if row.len() != self.names.len() {
            let (what, input) = (WHAT, "row");
            return Err(Error::Length { what, input, got: row.len(), expected: self.names.len() });
        }
        if let Some(column) = row.iter().position(|v| !v.is_finite()) {
            let name = self.names[column].clone();
            return Err(Error::NotFinite { what: WHAT, column: name, row: 0, got: row[column] });
        }
        let sum: f64 = self.trees.iter().map(|tree| tree.probability(row)).sum();
        Ok(sum / self.trees.len() as f64)
    }
}

#[cfg(test)]
mod tests;
