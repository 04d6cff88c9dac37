//! Another symbol's columns and labels, for models that are fitted on several.

use std::ops::ControlFlow;
use std::sync::Arc;

use mantis_data::{Panel, Timestamp};
use mantis_features::FeatureFrame;
use mantis_features::label::{self, Labels};
use mantis_features::plan::{ComputeOptions, FeaturePlan};

use crate::Result;
use crate::dataset::{Dataset, first_needed, stopped};
use crate::recipe::Recipe;

/// The columns of a recipe about another symbol than its own, with labels.
#[derive(Clone, Debug)]
pub struct Companion {
    own: FeaturePlan,
    plan: FeaturePlan,
    frame: Arc<FeatureFrame>,
    labels: Arc<Labels>,
}

impl Companion {
    /// Computes the columns and labels of a symbol.
    pub(crate) fn new(
        recipe: &Recipe,
        symbol: &str,
        panel: &Panel,
        threads: usize,
        report: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Self> {
        let plan = recipe.plan.about(symbol);
        let missing = || mantis_features::Error::MissingSymbol { symbol: symbol.to_owned() };
        let bars = panel.bars(symbol).ok_or_else(missing)?;
        let options = ComputeOptions::default()
            .with_threads(threads)
            .with_from_row(first_needed(recipe, bars))
            .with_progress(report);
        let frame = Arc::new(plan.compute(panel, &options).map_err(stopped)?);
        let labels = Arc::new(label::direction(bars, recipe.horizon)?);
        Ok(Self { own: recipe.plan.clone(), plan, frame, labels })
    }

    /// The symbol.
    #[must_use]
    pub fn symbol(&self) -> &str {
        self.plan.symbol()
    }

    /// When each of its rows is known.
    #[must_use]
    pub fn known_at(&self) -> &[Timestamp] {
        self.frame.known_at()
    }

    /// Its values of columns of the recipe's plan, in the order of the names; nothing if it has not the series behind one of them.
    #[must_use]
    pub fn columns<S: AsRef<str>>(&self, names: &[S]) -> Option<Vec<&[f64]>> {
        let column = |name: &S| {
            let same = |(_, column): &(usize, &mantis_features::registry::ColumnSpec)| {
                column.name() == name.as_ref()
            };
            let (at, _) = self.own.columns().iter().enumerate().find(same)?;
            self.frame.column(&self.plan.columns()[at].name())
        };
        names.iter().map(column).collect()
    }

    /// Its rows within the training span of a dataset, with their outcomes, which were known when that span ended.
    #[must_use]
    pub fn training(&self, dataset: &Dataset) -> Vec<(usize, bool)> {
        let (known_at, own) = (self.frame.known_at(), dataset.frame.known_at());
        let span = &own[dataset.split.train.clone()];
        let (Some(first), Some(last)) = (span.first(), span.last()) else { return Vec::new() };
        let from = known_at.partition_point(|known| known < first);
        let to = known_at.partition_point(|known| known <= last);
        let end = dataset.split.dates.train_end;
        (from.max(self.frame.first_row())..to)
            .filter(|&row| self.labels.resolves_at[row] <= end)
            .filter_map(|row| self.labels.up[row].map(|up| (row, up)))
            .collect()
    }
}
