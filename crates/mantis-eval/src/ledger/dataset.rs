//! The training matrix of one challenge.

use super::columns::{Column, zeros};
use crate::Result;
use crate::score::{BreakoutSample, Columns, EmbeddingMatrix, Evidence};
use half::f16;
use mantis_data::challenge::Challenge;
use ndarray::Array2;
use std::ops::Range;

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
/// they are stored, in memory or in a [`LedgerCache`](super::LedgerCache).
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The challenge.
    pub challenge: Challenge,
    /// Hotkeys in column order; empty for breakouts.
    pub hotkeys: Vec<String>,
    /// Minute (block / 5) of every row.
    pub sidx: Vec<i64>,
    /// What happened.
    pub observed: Observed,
    /// One for each hotkey.
    pub(super) columns: Vec<Column>,
}

impl Columns for Dataset {
    fn read(&self, j: usize, rows: Range<usize>, into: &mut Vec<f32>) -> Result<()> {
        self.columns[j].read(self.challenge.stored_dim, rows, into)
    }
}

impl Dataset {
    /// The embeddings.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for a challenge without values.
    pub fn matrix(&self) -> Result<EmbeddingMatrix<'_>> {
        let dim = self.challenge.stored_dim;
        EmbeddingMatrix::from_columns(&self.hotkeys, dim, self.sidx.len(), self)
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
    pub(crate) fn breakouts(challenge: Challenge, samples: Vec<BreakoutSample>) -> Self {
        Self {
            challenge,
            hotkeys: Vec::new(),
            sidx: Vec::new(),
            observed: Observed::Breakouts(samples),
            columns: Vec::new(),
        }
    }

    /// The minutes at which something is asked of a miner: those of the rows, or those at which breakouts began.
    #[must_use]
    pub fn asked(&self) -> Vec<i64> {
        match &self.observed {
            Observed::Breakouts(samples) => samples.iter().map(|s| s.event.trigger_sidx).collect(),
            _ => self.sidx.clone(),
        }
    }

    /// Adds a miner, or replaces the one of that name. `vector` gives its values at a minute, or nothing.
    pub fn insert(&mut self, hotkey: &str, vector: impl Fn(i64) -> Option<Vec<f32>>) {
        if let Observed::Breakouts(samples) = &mut self.observed {
            for sample in samples {
                let pair = vector(sample.event.trigger_sidx).map(|vector| {
                    [0, 1].map(|side| f16::from_f32(vector[2 * sample.asset + side]).to_f32())
                });
                match pair {
                    Some(pair) => sample.embeddings.insert(hotkey.to_owned(), pair),
                    None => sample.embeddings.remove(hotkey),
                };
            }
            return;
        }
        let dim = self.challenge.stored_dim;
        let mut values = zeros(self.sidx.len() * dim);
        for (row, &sidx) in self.sidx.iter().enumerate() {
            if let Some(vector) = vector(sidx) {
                for (to, v) in values[row * dim..(row + 1) * dim].iter_mut().zip(vector) {
                    *to = f16::from_f32(v);
                }
            }
        }
        let column = Column::Held(values);
        match self.hotkeys.iter().position(|h| h == hotkey) {
            Some(j) => self.columns[j] = column,
            None => {
                // Columns are in the order of names.
                let j = self.hotkeys.partition_point(|h| h.as_str() < hotkey);
                self.hotkeys.insert(j, hotkey.to_owned());
                self.columns.insert(j, column);
            }
        }
    }
}
