//! The rows of one miner that take part, and the base model fitted on them.

use super::BinaryProfile;
use crate::score::EmbeddingMatrix;
use crate::{Error, Result};
use mantis_features::learn::{Intercept, Linear, Logistic, Workspace};
use ndarray::ArrayView2;
use std::ops::Range;

/// Labels and weights that all miners share, one per row.
pub(super) struct Target {
    pub(super) up: Vec<bool>,
    pub(super) weights: Vec<f64>,
}

/// The active rows of one miner (some value is not zero), packed together.
pub(super) struct Miner {
    dim: usize,
    /// Rising row numbers of the active rows.
    rows: Vec<usize>,
    x: Vec<f64>,
    up: Vec<bool>,
    weights: Vec<f64>,
    workspace: Workspace,
}

impl Miner {
    pub(super) fn new(matrix: &EmbeddingMatrix<'_>, j: usize, target: &Target) -> Result<Self> {
        let dim = matrix.dim();
        let values = matrix.cleaned(j)?;
        let (mut rows, mut x) = (Vec::new(), Vec::new());
        for (t, vector) in values.chunks_exact(dim).enumerate() {
            if vector.iter().any(|&v| v != 0.0) {
                rows.push(t);
                x.extend(vector.iter().map(|&v| f64::from(v)));
            }
        }
        let up = rows.iter().map(|&t| target.up[t]).collect();
        let weights = rows.iter().map(|&t| target.weights[t]).collect();
        Ok(Self { dim, rows, x, up, weights, workspace: Workspace::default() })
    }

    pub(super) fn first_row(&self) -> Option<usize> {
        self.rows.first().copied()
    }

    fn packed(&self, rows: &Range<usize>) -> Range<usize> {
        let from = self.rows.partition_point(|&t| t < rows.start);
        from..self.rows.partition_point(|&t| t < rows.end).max(from)
    }

    /// The base model of the active rows within `rows`; `None` with too few of them or with one
    /// class only.
    pub(super) fn fit(
        &mut self,
        profile: &BinaryProfile,
        rows: &Range<usize>,
    ) -> Result<Option<Linear>> {
        let packed = self.packed(rows);
        let up = &self.up[packed.clone()];
        let ups = up.iter().filter(|&&u| u).count();
        if packed.len() < profile.min_base_train || ups == 0 || ups == up.len() {
            return Ok(None);
        }
        let model = Logistic {
            c: profile.base_c,
            intercept: Intercept::Regularised,
            balanced: true,
            ..Logistic::default()
        };
        let design = design(&self.x, self.dim, &packed);
        model
            .fit_with(&mut self.workspace, design, up, Some(&self.weights[packed]))
            .map(Some)
            .map_err(|source| Error::Learn { what: "base model", source })
    }

    /// Row number and decision value of every active row within `rows`.
    pub(super) fn decisions(
        &self,
        model: &Linear,
        rows: &Range<usize>,
    ) -> Result<impl Iterator<Item = (usize, f64)> + '_> {
        let packed = self.packed(rows);
        let values = model
            .decisions(design(&self.x, self.dim, &packed))
            .map_err(|source| Error::Learn { what: "base model", source })?;
        Ok(self.rows[packed].iter().copied().zip(values))
    }
}

/// The packed rows as a matrix of `dim` columns.
fn design<'a>(x: &'a [f64], dim: usize, packed: &Range<usize>) -> ArrayView2<'a, f64> {
    let flat = &x[packed.start * dim..packed.end * dim];
    ArrayView2::from_shape((packed.len(), dim), flat).expect("packed rows hold dim values each")
}
