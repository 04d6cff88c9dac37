//! The training matrix of one challenge.

use crate::Result;
use crate::score::{BreakoutSample, EmbeddingMatrix, Evidence};
use half::f16;
use mantis_data::challenge::Challenge;
use ndarray::Array2;

/// What happened, row by row.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// Binary: the relative return over the horizon.
    Returns(Vec<f32>),
    /// Hit-first, and buckets with quantiles: the price.
    Price(Vec<f64>),
    /// Ranks and positions: prices or rates, rows x assets.
    Assets(Array2<f64>),
    /// Breakouts, which have no rows.
    Breakouts(Vec<BreakoutSample>),
}

/// The training data of one challenge, exactly as the validator builds them. Embeddings are kept in half precision, as
/// they are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The challenge.
    pub challenge: Challenge,
    /// Hotkeys in column order; empty for breakouts.
    pub hotkeys: Vec<String>,
    /// Minute (block / 5) of every row.
    pub sidx: Vec<i64>,
    /// What happened.
    pub observed: Observed,
    /// One block per hotkey, in it one vector per row; room for `stride` rows.
    pub(super) values: Vec<f16>,
    pub(super) stride: usize,
}

impl Dataset {
    /// The embeddings.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for a challenge without values.
    pub fn matrix(&self) -> Result<EmbeddingMatrix<'_>> {
        let dim = self.challenge.stored_dim;
        EmbeddingMatrix::from_halves(&self.hotkeys, dim, self.stride, &self.values)
            .map(|matrix| matrix.first(self.sidx.len()))
    }

    /// What the scorer of the challenge needs.
    ///
    /// # Errors
    /// As [`Dataset::matrix`].
    pub fn evidence(&self) -> Result<Evidence<'_>> {
        Ok(match &self.observed {
            Observed::Returns(returns) => Evidence::Returns(self.matrix()?, returns),
            Observed::Price(price) => Evidence::Price(self.matrix()?, price),
            Observed::Assets(table) => {
                Evidence::Assets(self.matrix()?, table.view(), Some(&self.sidx))
            }
            Observed::Breakouts(samples) => Evidence::Breakouts(samples),
        })
    }

    /// Breakouts have no matrix.
    #[cfg(feature = "ledger")]
    pub(crate) fn breakouts(challenge: Challenge, samples: Vec<BreakoutSample>) -> Self {
        Self {
            challenge,
            hotkeys: Vec::new(),
            sidx: Vec::new(),
            observed: Observed::Breakouts(samples),
            values: Vec::new(),
            stride: 0,
        }
    }

    /// Adds a miner, or replaces the one of that name. `vector` gives its values at a minute, or nothing.
    pub fn insert(&mut self, hotkey: &str, vector: impl Fn(i64) -> Option<Vec<f32>>) {
        let dim = self.challenge.stored_dim;
        let block = self.stride * dim;
        let mut values = vec![f16::ZERO; block];
        for (row, &sidx) in self.sidx.iter().enumerate() {
            if let Some(vector) = vector(sidx) {
                for (to, v) in values[row * dim..(row + 1) * dim].iter_mut().zip(vector) {
                    *to = f16::from_f32(v);
                }
            }
        }
        match self.hotkeys.iter().position(|h| h == hotkey) {
            Some(j) => self.values[j * block..(j + 1) * block].copy_from_slice(&values),
            None => {
                // Columns are in the order of names.
                let j = self.hotkeys.partition_point(|h| h.as_str() < hotkey);
                self.hotkeys.insert(j, hotkey.to_owned());
                self.values.splice(j * block..j * block, values);
            }
        }
    }
}
