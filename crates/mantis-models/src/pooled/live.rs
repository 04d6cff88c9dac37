//! What a model says of the newest bars.

use mantis_data::{Panel, Timestamp};
use mantis_features::FeatureFrame;
use mantis_features::plan::{FeaturePlan, RecentRows};

use super::PooledModel;
use crate::artifact::history_start;
use crate::{Error, Result};

/// Probabilities at the last bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// When the bar closed.
    pub time: Timestamp,
    /// Probability of "yes" for each question.
    pub p: Vec<f64>,
}

impl PooledModel {
    /// Probabilities at the last bar of an asset. Pass `panel.as_of(now)`.
    ///
    /// # Errors
    /// [`Error::HistoryStart`] for a panel that starts elsewhere than in training, [`Error::NoForecast`] for a column without
    /// a value, and those of the features.
    pub fn latest(&self, panel: &Panel, asset: usize, side: f32, threads: usize) -> Result<Live> {
        self.check_history(panel, asset)?;
        let rows = panel.bars(&self.recipe.symbols[asset]).map_or(0, mantis_data::Bars::len);
        let frame = self.recipe.frame(panel, asset, rows.saturating_sub(1), threads)?;
        self.last_of(&frame, panel, asset, side)
    }

    /// The rows that [`PooledModel::latest_of`] keeps of an asset. Models that read the same columns of a symbol may share them.
    ///
    /// # Errors
    /// Those of [`FeaturePlan::of`] for a column that does not exist.
    pub fn recent_rows(&self, asset: usize) -> Result<RecentRows> {
        let plan = FeaturePlan::of(&self.recipe.symbols[asset], &self.recipe.columns)?;
        Ok(RecentRows::new(&plan, 1))
    }

    /// As [`PooledModel::latest`], to the bit, for one panel after another: only what is new in each is computed.
    ///
    /// # Errors
    /// As [`PooledModel::latest`].
    pub fn latest_of(
        &self,
        rows: &mut RecentRows,
        panel: &Panel,
        asset: usize,
        side: f32,
    ) -> Result<Live> {
        self.check_history(panel, asset)?;
        let frame = rows.of(panel)?;
        frame.require_complete()?;
        self.last_of(&frame, panel, asset, side)
    }

    fn check_history(&self, panel: &Panel, asset: usize) -> Result<()> {
        let symbol = &self.recipe.symbols[asset];
        let (got, expected) = (history_start(panel, symbol)?, self.history_start[asset]);
        if got == expected {
            return Ok(());
        }
        Err(Error::HistoryStart { symbol: symbol.clone(), got, expected })
    }

    /// What the model says of the last row of a frame, which is the last bar of the asset.
    fn last_of(
        &self,
        frame: &FeatureFrame,
        panel: &Panel,
        asset: usize,
        side: f32,
    ) -> Result<Live> {
        let (last, time) = (frame.len() - 1, frame.known_at()[frame.len() - 1]);
        let symbol = &self.recipe.symbols[asset];
        match self.at(frame, asset, last, side)? {
            Some(p) => Ok(Live { time, p }),
            None => {
                let bad = |name: &&String| {
                    frame.column(name).is_none_or(|column| !column[last].is_finite())
                };
                let column = self.recipe.columns.iter().find(bad).cloned().unwrap_or_default();
                let plan = FeaturePlan::of(symbol, &self.recipe.columns)?;
                let spec = plan.columns().iter().find(|spec| spec.name() == column);
                let newest = panel.bars(symbol).map_or(0, |bars| bars.len() - 1);
                let series = spec.and_then(|spec| plan.absent(panel, spec, newest));
                let symbol = symbol.clone();
                Err(Error::NoForecast { symbol, time, column, series, bars_ago: 0 })
            }
        }
    }
}
