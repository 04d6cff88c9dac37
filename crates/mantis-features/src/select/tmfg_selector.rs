//! Selection by relevance and position in the TMFG.

use serde::{Deserialize, Serialize};

use super::common::{Screened, check_count, check_share, relative};
use super::{FeatureSelector, Selection, TrainingView};
use crate::Result;
use crate::similarity::Similarity;

const WHAT: &str = "TMFG selection";

/// Chooses relevant, well connected and not redundant columns.
///
/// 1. Constant columns are left out, and of columns with `|r| > duplicate_threshold` all but the first.
/// 2. The TMFG of the squared similarities of the rest is built.
/// 3. Score = relevance x strength / mean strength, where relevance is the absolute point-biserial correlation with the
///    label and strength the sum of a node's edge weights.
/// 4. Nodes are taken by falling score (ties: lowest column), except those with an edge to a node already taken and
///    `|r| >= redundancy`, until `n` are. Fewer are returned when no more qualify.
///
/// | name | default | range |
/// |---|---|---|
/// | `n` | 10 | >= 1 |
/// | `similarity` | Pearson | see [`Similarity`] |
/// | `duplicate_threshold` | 0.999 | (0, 1] |
/// | `redundancy` | 0.9 | (0, 1] |
///
/// Ranking nodes of the filtered graph follows Briola and Aste (2023), "Topological Feature Selection", PMLR 221:534.
/// DIFFERENCE to it: that method ranks by degree alone, which favours the hubs of redundant groups, never looks at the
/// label, and sets weights below the mean to zero.
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_features::select::{FeatureSelector, TmfgSelector, TrainingView};
/// use mantis_features::split::{Split, SplitDates};
///
/// let hour = |h: i64| Timestamp::from_micros(h * Interval::HOUR.as_micros());
/// let known_at: Vec<_> = (0..200).map(hour).collect();
/// let resolves_at: Vec<_> = (1..201).map(hour).collect();
/// let dates = SplitDates { train_end: hour(100), validation_end: hour(150), test_end: hour(200) };
/// let split = Split::by_dates(&known_at, &resolves_at, dates, Interval::HOUR)?;
///
/// let names: Vec<String> = (0..6).map(|j| format!("wave_{j}")).collect();
/// let wave = |j: i32| (0..200).map(|t| (f64::from(t) * (0.3 + 0.2 * f64::from(j))).sin()).collect();
/// let columns: Vec<Vec<f64>> = (0..6).map(wave).collect();
/// let up: Vec<_> = columns[4].iter().map(|&v| Some(v > 0.0)).collect();
/// let train = TrainingView::new(&names, &columns, &up, &split)?;
/// let selection = TmfgSelector { n: 2, ..TmfgSelector::default() }.select(&train)?;
/// assert!(selection.names.contains(&names[4]));
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TmfgSelector {
    /// Columns to choose.
    pub n: usize,
    /// What the graph is built on.
    pub similarity: Similarity,
    /// Columns more correlated than this with an earlier one are duplicates.
    pub duplicate_threshold: f64,
    /// Graph neighbours at least this correlated with a chosen column are not chosen.
    pub redundancy: f64,
}

impl Default for TmfgSelector {
    fn default() -> Self {
        Self {
            n: 10,
            similarity: Similarity::default(),
            duplicate_threshold: 0.999,
            redundancy: 0.9,
        }
    }
}

impl FeatureSelector for TmfgSelector {
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for a parameter out of range, [`Error::OneClass`](crate::Error::OneClass)
    /// for labels of one kind, [`Error::NotFinite`](crate::Error::NotFinite) naming a column with NaN or infinite values,
    /// [`Error::TooFewColumns`](crate::Error::TooFewColumns) when fewer than four columns are left for the graph.
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection> {
        check_count(WHAT, self.n)?;
        check_share(WHAT, "redundancy", self.redundancy)?;
        let screened = Screened::new(WHAT, train, self.duplicate_threshold)?.require(WHAT, 4)?;
        let graph = screened.graph(train, self.similarity)?;
        let position = relative(&graph.strength());
        let scores: Vec<f64> =
            screened.kept_relevance().iter().zip(position).map(|(r, s)| r * s).collect();
        Ok(screened.choose_apart(&scores, self.n, graph, self.redundancy))
    }
}
