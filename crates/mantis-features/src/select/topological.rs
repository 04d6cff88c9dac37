//! Topological feature selection: centrality in the filtered graph alone.

use serde::{Deserialize, Serialize};

use super::common::{Screened, check_count};
use super::{FeatureSelector, Selection, TrainingView};
use crate::Result;
use crate::similarity::Similarity;

const WHAT: &str = "topological selection";

/// What makes a node of the graph central.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Centrality {
    /// Number of edges.
    #[default]
    Degree,
    /// Sum of the weights of the edges.
    Strength,
}

/// Chooses the most central nodes of the TMFG of squared similarities (Briola and Aste 2023, "Topological Feature Selection",
/// PMLR 221:534). The label is not looked at.
///
/// | name | default | range |
/// |---|---|---|
/// | `n` | 10 | >= 1 |
/// | `similarity` | Pearson | see [`Similarity`] |
/// | `centrality` | degree | |
/// | `duplicate_threshold` | 0.999 | (0, 1] |
///
/// DIFFERENCE to the authors' code: constant columns and near-duplicates are left out first, because degree favours the hubs of
/// redundant groups; weights below the mean are not set to 0, which their graph builder cannot take; and ties keep the order of
/// the columns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopologicalSelector {
    /// Columns to choose.
    pub n: usize,
    /// What the graph is built on.
    pub similarity: Similarity,
    /// What the nodes are ranked by.
    pub centrality: Centrality,
    /// Columns more correlated than this with an earlier one are duplicates.
    pub duplicate_threshold: f64,
}

impl Default for TopologicalSelector {
    fn default() -> Self {
        Self {
            n: 10,
            similarity: Similarity::default(),
            centrality: Centrality::default(),
            duplicate_threshold: 0.999,
        }
    }
}

impl FeatureSelector for TopologicalSelector {
    /// # Errors
    /// As [`TmfgSelector`](super::TmfgSelector).
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection> {
        check_count(WHAT, self.n)?;
        let screened = Screened::new(WHAT, train, self.duplicate_threshold)?.require(WHAT, 4)?;
        let graph = screened.graph(train, self.similarity)?;
        let scores = match self.centrality {
            Centrality::Degree => graph.degree().into_iter().map(|d| d as f64).collect(),
            Centrality::Strength => graph.strength(),
        };
        Ok(screened.choose(&scores, self.n, Some(graph), |_, _| None))
    }
}
