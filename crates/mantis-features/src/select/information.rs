//! Selection by mutual information with the label.

use serde::{Deserialize, Serialize};

use super::common::{Screened, check_count, check_share};
use super::{FeatureSelector, Selection, TrainingView};
use crate::learn::dot;
use crate::similarity::{Bins, mutual_information};
use crate::{Error, Result};

const WHAT: &str = "information selection";

/// Chooses the columns that share most information with the label, without those too like a chosen one.
///
/// The score is the mutual information in nats of the column in quantile bins and the label, corrected for the count of cells
/// (Miller 1955): it sees any dependence, not the linear one alone, and is about 0 for a column of noise.
///
/// | name | default | range |
/// |---|---|---|
/// | `n` | 10 | >= 1 |
/// | `bins` | 16 | 2..=128 |
/// | `redundancy` | 0.9 | (0, 1] |
/// | `duplicate_threshold` | 0.999 | (0, 1] |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InformationSelector {
    /// Columns to choose.
    pub n: usize,
    /// Quantile bins.
    pub bins: usize,
    /// Columns at least this correlated with a chosen one are not chosen.
    pub redundancy: f64,
    /// Columns more correlated than this with an earlier one are duplicates.
    pub duplicate_threshold: f64,
}

impl Default for InformationSelector {
    fn default() -> Self {
        Self { n: 10, bins: 16, redundancy: 0.9, duplicate_threshold: 0.999 }
    }
}

impl FeatureSelector for InformationSelector {
    /// # Errors
    /// As [`TmfgSelector`](super::TmfgSelector), with one column being enough.
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection> {
        check_count(WHAT, self.n)?;
        check_share(WHAT, "redundancy", self.redundancy)?;
        if !(2..=128).contains(&self.bins) {
            let (parameter, expected, got) = ("bins", "2 to 128", self.bins as f64);
            return Err(Error::Parameter { what: WHAT, parameter, expected, got });
        }
        let screened = Screened::new(WHAT, train, self.duplicate_threshold)?.require(WHAT, 1)?;
        let label = Bins::label(train.up());
        let score = |&j: &usize| {
            let bins = Bins::quantiles(train.column(j), self.bins, train.weights());
            mutual_information(&bins, &label, train.weights())
        };
        let scores: Vec<f64> = screened.columns.iter().map(score).collect();
        let units = screened.units.clone();
        let redundant = |node: usize, other: usize| {
            let r = dot(&units[node], &units[other]);
            (r.abs() >= self.redundancy).then_some(r)
        };
        Ok(screened.choose(&scores, self.n, None, redundant))
    }
}
