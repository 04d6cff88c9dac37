//! Selectors one after the other.

use std::fmt;

use super::{FeatureSelector, Selection, TrainingView};
use crate::{Error, Result};

/// Runs selectors one after the other, each on the columns that the one before chose.
///
/// Scores, relevance and graph are those of the last step; the reason of a column is that of the step that left it out.
///
/// ```
/// use mantis_features::select::{Chain, InformationSelector, TmfgSelector};
/// let chain = Chain::default()
///     .then(InformationSelector { n: 60, redundancy: 1.0, ..InformationSelector::default() })
///     .then(TmfgSelector::default());
/// assert_eq!(format!("{chain:?}"), "Chain of 2 selectors");
/// ```
#[derive(Default)]
pub struct Chain {
    steps: Vec<Box<dyn FeatureSelector>>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain of {} selectors", self.steps.len())
    }
}

impl Chain {
    /// The same chain with one more step at its end.
    #[must_use]
    pub fn then(mut self, selector: impl FeatureSelector + 'static) -> Self {
        self.steps.push(Box::new(selector));
        self
    }
}

impl FeatureSelector for Chain {
    /// # Errors
    /// [`Error::Parameter`] for a chain without steps, and those of the steps.
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection> {
        let Some((first, rest)) = self.steps.split_first() else {
            let (parameter, expected) = ("steps", "at least 1");
            return Err(Error::Parameter { what: "chain", parameter, expected, got: 0.0 });
        };
        let mut so_far = first.select(train)?;
        if !rest.is_empty() {
            so_far.reasons.iter_mut().for_each(|reason| *reason = format!("step 1: {reason}"));
        }
        for (k, step) in rest.iter().enumerate() {
            let columns = so_far.features.clone();
            let mut next = step.select(&train.with_columns(&columns))?;
            for (&column, reason) in columns.iter().zip(&next.reasons) {
                so_far.reasons[column] = format!("step {}: {reason}", k + 2);
            }
            // A column that an earlier step left out keeps the score that it had there.
            for (&column, &score) in columns.iter().zip(&next.candidates) {
                so_far.candidates[column] = score;
            }
            for list in [&mut next.features, &mut next.graph_nodes] {
                list.iter_mut().for_each(|at| *at = columns[*at]);
            }
            let Selection { reasons, relevance, candidates, .. } = so_far;
            so_far = Selection { reasons, relevance, candidates, ..next };
        }
        Ok(so_far)
    }
}
