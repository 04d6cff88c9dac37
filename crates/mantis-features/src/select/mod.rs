//! Feature selection on the training rows of a split.

mod any;
mod chain;
mod common;
mod forest;
mod information;
mod stability;
mod tmfg_selector;
mod topological;

use serde::{Deserialize, Serialize};

use crate::Result;
pub use crate::split::TrainingView;
use crate::tmfg::Tmfg;

pub use any::Selector;
pub use chain::Chain;
pub use forest::{CombinedSelector, ForestSelector};
pub use information::InformationSelector;
pub use stability::StabilitySelector;
pub use tmfg_selector::TmfgSelector;
pub use topological::{Centrality, TopologicalSelector};

/// Chooses columns from training rows alone: a [`TrainingView`] holds no other row.
pub trait FeatureSelector {
    /// Chooses columns of the view.
    ///
    /// # Errors
    /// What the implementation documents.
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection>;
}

/// Outcome of a selection, with what is needed to explain it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// Chosen columns of the view, best first.
    pub features: Vec<usize>,
    /// Their names.
    pub names: Vec<String>,
    /// Their scores.
    pub scores: Vec<f64>,
    /// For every column of the view its score; none where it was left out before there were scores.
    pub candidates: Vec<Option<f64>>,
    /// For every column of the view, why it was chosen or left out.
    pub reasons: Vec<String>,
    /// For every column of the view, the absolute point-biserial correlation with the label (0 for a constant column).
    pub relevance: Vec<f64>,
    /// The graph that the choice was made on.
    pub graph: Option<Tmfg>,
    /// The column of the view behind every node of the graph.
    pub graph_nodes: Vec<usize>,
    /// Names of those columns.
    pub graph_names: Vec<String>,
}

#[cfg(test)]
mod tests;
