//! Selection by the importance of columns in a random forest, alone or together with the graph.

use serde::{Deserialize, Serialize};

use super::common::{Screened, check_count, check_share, relative};
use super::{FeatureSelector, Selection, TrainingView};
use crate::Result;
use crate::learn::{Forest, Learner};
use crate::similarity::Similarity;

const WHAT: &str = "forest selection";

/// Chooses the columns with the largest share in the decrease of impurity of a random forest: what the mining guide calls its
/// approximation of TMFG.
///
/// | name | default | range |
/// |---|---|---|
/// | `n` | 10 | >= 1 |
/// | `forest` | see [`Forest`] | |
/// | `duplicate_threshold` | 0.999 | (0, 1] |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForestSelector {
    /// Columns to choose.
    pub n: usize,
    /// The forest.
    pub forest: Forest,
    /// Columns more correlated than this with an earlier one are duplicates.
    pub duplicate_threshold: f64,
}

impl Default for ForestSelector {
    fn default() -> Self {
        Self { n: 10, forest: Forest::default(), duplicate_threshold: 0.999 }
    }
}

impl FeatureSelector for ForestSelector {
    /// # Errors
    /// As [`TmfgSelector`](super::TmfgSelector), with one column being enough, and those of [`Forest`].
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection> {
        check_count(WHAT, self.n)?;
        let screened = Screened::new(WHAT, train, self.duplicate_threshold)?.require(WHAT, 1)?;
        let scores = self.forest.fit(&train.with_columns(&screened.columns))?.importance;
        Ok(screened.choose(&scores, self.n, None, |_, _| None))
    }
}

/// Chooses columns that predict and are well connected: forest importance x strength in the TMFG, both relative to their mean,
/// without graph neighbours of a chosen column that are too like it.
///
/// | name | default | range |
/// |---|---|---|
/// | `n` | 10 | >= 1 |
/// | `forest` | see [`Forest`] | |
/// | `similarity` | Pearson | see [`Similarity`] |
/// | `redundancy` | 0.9 | (0, 1] |
/// | `duplicate_threshold` | 0.999 | (0, 1] |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CombinedSelector {
    /// Columns to choose.
    pub n: usize,
    /// The forest.
    pub forest: Forest,
    /// What the graph is built on.
    pub similarity: Similarity,
    /// Graph neighbours at least this correlated with a chosen column are not chosen.
    pub redundancy: f64,
    /// Columns more correlated than this with an earlier one are duplicates.
    pub duplicate_threshold: f64,
}

impl Default for CombinedSelector {
    fn default() -> Self {
        Self {
            n: 10,
            forest: Forest::default(),
            similarity: Similarity::default(),
            redundancy: 0.9,
            duplicate_threshold: 0.999,
        }
    }
}

impl FeatureSelector for CombinedSelector {
    /// # Errors
    /// As [`TmfgSelector`](super::TmfgSelector), and those of [`Forest`].
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection> {
        check_count(WHAT, self.n)?;
        check_share(WHAT, "redundancy", self.redundancy)?;
        let screened = Screened::new(WHAT, train, self.duplicate_threshold)?.require(WHAT, 4)?;
        let graph = screened.graph(train, self.similarity)?;
        let importance = self.forest.fit(&train.with_columns(&screened.columns))?.importance;
        let pairs = relative(&importance).into_iter().zip(relative(&graph.strength()));
        let scores: Vec<f64> = pairs.map(|(importance, strength)| importance * strength).collect();
        Ok(screened.choose_apart(&scores, self.n, graph, self.redundancy))
    }
}
