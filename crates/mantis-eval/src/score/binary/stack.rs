//! The meta model: out-of-sample columns of the selected miners, elastic net, bootstrap.

use super::miner::Miner;
use super::profile::{BinaryProfile, ClassWeight};
use crate::metrics::count;
use crate::score::bootstrap::{median_of_means, replicate_rows};
use crate::score::helpers::out_of_sample_segments;
use crate::workers::Workers;
use crate::{Error, Result};
use mantis_features::learn::ElasticNet;
use ndarray::Array2;

/// Predictions of one miner, each made by a model of earlier rows only; NaN where there is none.
pub(super) fn out_of_sample(
    miner: &mut Miner,
    rows: usize,
    profile: &BinaryProfile,
) -> Result<Vec<f32>> {
    let mut column = vec![f32::NAN; rows];
    for (start, first, end) in out_of_sample_segments(rows, profile.chunk_size, profile.lag) {
        if start < profile.min_base_train {
            continue;
        }
        let Some(model) = miner.fit(profile, &(0..first - profile.lag))? else {
            continue;
        };
        for (t, value) in miner.decisions(&model, &(first..end))? {
            #[expect(clippy::cast_possible_truncation, reason = "the validator stores f32")]
            let stored = value as f32;
            column[t] = stored;
        }
    }
    Ok(column)
}

/// Rows with at least one prediction, missing ones as 0.
pub(super) struct MetaRows {
    x: Array2<f64>,
    up: Vec<bool>,
    weights: Vec<f64>,
}

impl MetaRows {
    pub(super) fn new(columns: &[&[f32]], up: &[bool], weights: &[f64]) -> Self {
        let rows: Vec<usize> =
            (0..up.len()).filter(|&t| columns.iter().any(|c| !c[t].is_nan())).collect();
        let value = |t: usize, c: usize| {
            let v = columns[c][t];
            if v.is_nan() { 0.0 } else { f64::from(v) }
        };
        Self {
            x: Array2::from_shape_fn((rows.len(), columns.len()), |(i, c)| value(rows[i], c)),
            up: rows.iter().map(|&t| up[t]).collect(),
            weights: rows.iter().map(|&t| weights[t]).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.up.len()
    }

    /// |coefficients| of one elastic net; `None` when the rows hold one class only.
    fn importance(&self, max_iter: usize, profile: &BinaryProfile) -> Result<Option<Vec<f64>>> {
        let ups = self.up.iter().filter(|&&u| u).count();
        if ups == 0 || ups == self.up.len() {
            return Ok(None);
        }
        let net = ElasticNet {
            c: profile.meta_c,
            l1_ratio: profile.meta_l1_ratio,
            balanced: profile.meta_class_weight == Some(ClassWeight::Balanced),
            max_iter,
            ..ElasticNet::default()
        };
        let model = net
            .fit(self.x.view(), &self.up, Some(&self.weights))
            .map_err(|source| Error::Learn { what: "meta model", source })?;
        Ok(Some(model.weights.iter().map(|w| w.abs()).collect()))
    }

    /// One bootstrap replicate. A row that was drawn twice has twice the weight, which is the same
    /// problem as two equal rows.
    fn replicate(&self, seed: u64, block: usize) -> Self {
        let drawn = replicate_rows(seed, self.len(), block);
        let mut times = vec![0usize; self.len()];
        for &row in &drawn {
            times[row] += 1;
        }
        let rows: Vec<usize> = (0..self.len()).filter(|&i| times[i] > 0).collect();
        Self {
            x: self.x.select(ndarray::Axis(0), &rows),
            up: rows.iter().map(|&i| self.up[i]).collect(),
            weights: rows.iter().map(|&i| self.weights[i] * count(times[i])).collect(),
        }
    }

    /// Importance of each column: the bootstrap's, or that of a single fit when there are too few
    /// rows for a bootstrap; `None` when neither is possible.
    pub(super) fn fit(
        &self,
        profile: &BinaryProfile,
        workers: &Workers,
        step: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Option<Vec<f64>>> {
        let block = profile.meta_bootstrap_block;
        if profile.meta_bootstrap_n > 1 && self.len() >= block.saturating_mul(2) {
            let seeds: Vec<u64> = (profile.seed..).take(profile.meta_bootstrap_n).collect();
            let fit = |&seed: &u64| {
                let replicate = self.replicate(seed, block);
                replicate.importance(profile.meta_bootstrap_max_iter, profile)
            };
            let survivors: Vec<Vec<f64>> =
                workers.map(&seeds, fit, step)?.into_iter().flatten().collect();
            if let Some(aggregate) = median_of_means(&survivors) {
                return Ok(Some(aggregate));
            }
        }
        if self.len() < profile.min_meta_train_rows {
            return Ok(None);
        }
        self.importance(profile.meta_max_iter, profile)
    }
}
