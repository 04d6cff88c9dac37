//! Parameters of the trees.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How trees are grown, for the probability of "up" (logistic loss).
///
/// | name | default | range | name in LightGBM | in the mining guide |
/// |---|---|---|---|---|
/// | `rounds` | 100 | >= 1 | `num_iterations` | |
/// | `patience` | 10 | >= 1 | `early_stopping_rounds` | |
/// | `depth` | 6 | 1..=30 | `max_depth` | 6 |
/// | `leaves` | 63 | 2..=131072 | `num_leaves` | |
/// | `rate` | 0.1 | (0, 1] | `learning_rate` | 0.1 |
/// | `row_share` | 0.8 | (0, 1] | `bagging_fraction`, every round | 0.8 |
/// | `column_share` | 0.8 | (0, 1] | `feature_fraction` | 0.8 |
/// | `leaf_rows` | 200 | >= 1 | `min_data_in_leaf` | |
/// | `l2` | 20 | >= 0 | `lambda_l2` | |
///
/// `leaf_rows` and `l2` are not in the guide. Hourly directions are close to noise, and trees with leaves of a few rows
/// learn it by heart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GbdtParams {
    /// Most trees.
    pub rounds: usize,
    /// Trees without improvement after which to stop.
    pub patience: usize,
    /// Deepest leaf.
    pub depth: usize,
    /// Most leaves of a tree.
    pub leaves: usize,
    /// Weight of each tree.
    pub rate: f64,
    /// Share of the rows that each tree sees.
    pub row_share: f64,
    /// Share of the columns that each tree sees.
    pub column_share: f64,
    /// Fewest rows of a leaf.
    pub leaf_rows: usize,
    /// L2 penalty on the values of the leaves.
    pub l2: f64,
    /// Seed of the samples.
    pub seed: u32,
}

impl Default for GbdtParams {
    fn default() -> Self {
        Self {
            rounds: 100,
            patience: 10,
            depth: 6,
            leaves: 63,
            rate: 0.1,
            row_share: 0.8,
            column_share: 0.8,
            leaf_rows: 200,
            l2: 20.0,
            seed: 42,
        }
    }
}

impl GbdtParams {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first one outside its range.
    pub fn check(&self) -> Result<()> {
        let share = |x: f64| x > 0.0 && x <= 1.0;
        let checks = [
            ("rounds", self.rounds >= 1, "at least 1", self.rounds as f64),
            ("patience", self.patience >= 1, "at least 1", self.patience as f64),
            ("depth", (1..=30).contains(&self.depth), "from 1 to 30", self.depth as f64),
            (
                "leaves",
                (2..=131_072).contains(&self.leaves),
                "from 2 to 131072",
                self.leaves as f64,
            ),
            ("rate", share(self.rate), "above 0 and at most 1", self.rate),
            ("row_share", share(self.row_share), "above 0 and at most 1", self.row_share),
            ("column_share", share(self.column_share), "above 0 and at most 1", self.column_share),
            ("leaf_rows", self.leaf_rows >= 1, "at least 1", self.leaf_rows as f64),
            ("l2", self.l2 >= 0.0 && self.l2.is_finite(), "at least 0", self.l2),
        ];
        match checks.into_iter().find(|(_, good, _, _)| !good) {
            None => Ok(()),
            Some((parameter, _, expected, got)) => {
                Err(Error::Parameter { what: "GBDT", parameter, expected, got })
            }
        }
    }
}
