//! Any selector, by its name.

use serde::{Deserialize, Serialize};

use super::{
    Chain, CombinedSelector, FeatureSelector, ForestSelector, InformationSelector, Selection,
    StabilitySelector, TmfgSelector, TopologicalSelector, TrainingView,
};
use crate::Result;

/// A selector chosen by name, in a configuration or on a command line.
///
/// | `method` | selector |
/// |---|---|
/// | `tmfg` | [`TmfgSelector`] |
/// | `forest` | [`ForestSelector`] |
/// | `combined` | [`CombinedSelector`] |
/// | `topological` | [`TopologicalSelector`] |
/// | `information` | [`InformationSelector`] |
/// | `stability` | [`StabilitySelector`] with its `inner` selector |
/// | `chain` | [`Chain`] of its `steps` |
///
/// ```
/// use mantis_features::select::Selector;
///
/// let text = r#"{ "method": "chain", "steps": [
///     { "method": "information", "n": 60, "redundancy": 1.0 },
///     { "method": "tmfg", "similarity": "spearman" }
/// ] }"#;
/// let chain: Selector = serde_json::from_str(text)?;
/// assert_eq!((chain.name(), chain.n()), ("chain", 10));
/// assert_eq!(Selector::named("forest").map(|s| s.name()), Some("forest"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Selector {
    /// Relevance and position in the graph.
    Tmfg(TmfgSelector),
    /// Importance in a random forest.
    Forest(ForestSelector),
    /// Both.
    Combined(CombinedSelector),
    /// Position in the graph alone.
    Topological(TopologicalSelector),
    /// Mutual information with the label.
    Information(InformationSelector),
    /// What other samples of the rows choose as well.
    Stability(Box<StabilitySelector<Selector>>),
    /// One after the other.
    Chain {
        /// The selectors.
        steps: Vec<Selector>,
    },
}

impl Default for Selector {
    fn default() -> Self {
        Self::Tmfg(TmfgSelector::default())
    }
}

impl Selector {
    /// All names.
    pub const NAMES: [&str; 7] =
        ["tmfg", "forest", "combined", "topological", "information", "stability", "chain"];

    /// The selector of that name with its defaults; `stability` around `tmfg`, and the `chain` of `information`, which keeps 60
    /// columns, and `tmfg`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let wide = InformationSelector { n: 60, redundancy: 1.0, ..InformationSelector::default() };
        Some(match name {
            "tmfg" => Self::default(),
            "forest" => Self::Forest(ForestSelector::default()),
            "combined" => Self::Combined(CombinedSelector::default()),
            "topological" => Self::Topological(TopologicalSelector::default()),
            "information" => Self::Information(InformationSelector::default()),
            "stability" => Self::Stability(Box::new(StabilitySelector::new(Self::default()))),
            "chain" => Self::Chain { steps: vec![Self::Information(wide), Self::default()] },
            _ => return None,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Tmfg(_) => "tmfg",
            Self::Forest(_) => "forest",
            Self::Combined(_) => "combined",
            Self::Topological(_) => "topological",
            Self::Information(_) => "information",
            Self::Stability(_) => "stability",
            Self::Chain { .. } => "chain",
        }
    }

    /// Columns that it chooses at most; those of the last step of a chain.
    #[must_use]
    pub fn n(&self) -> usize {
        match self {
            Self::Tmfg(s) => s.n,
            Self::Forest(s) => s.n,
            Self::Combined(s) => s.n,
            Self::Topological(s) => s.n,
            Self::Information(s) => s.n,
            Self::Stability(s) => s.n,
            Self::Chain { steps } => steps.last().map_or(0, Self::n),
        }
    }

    /// The same, choosing `n` columns at most.
    #[must_use]
    pub fn with_n(mut self, n: usize) -> Self {
        match &mut self {
            Self::Tmfg(s) => s.n = n,
            Self::Forest(s) => s.n = n,
            Self::Combined(s) => s.n = n,
            Self::Topological(s) => s.n = n,
            Self::Information(s) => s.n = n,
            Self::Stability(s) => {
                s.n = n;
                s.inner = s.inner.clone().with_n(n);
            }
            Self::Chain { steps } => {
                if let Some(last) = steps.pop() {
                    steps.push(last.with_n(n));
                }
            }
        }
        self
    }
}

impl FeatureSelector for Selector {
    /// # Errors
    /// Those of the selector.
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection> {
        match self {
            Self::Tmfg(s) => s.select(train),
            Self::Forest(s) => s.select(train),
            Self::Combined(s) => s.select(train),
            Self::Topological(s) => s.select(train),
            Self::Information(s) => s.select(train),
            Self::Stability(s) => s.select(train),
            Self::Chain { steps } => {
                let chain =
                    steps.iter().fold(Chain::default(), |chain, step| chain.then(step.clone()));
                chain.select(train)
            }
        }
    }
}
