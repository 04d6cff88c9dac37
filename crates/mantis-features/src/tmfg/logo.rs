//! LoGo: the inverse covariance that is sparse on a TMFG.

use ndarray::{Array2, aview_mut1, aview_mut2};
use ndarray_linalg::UPLO;
use ndarray_linalg::cholesky::{FactorizeCInto, InverseCInto, SolveC};

use super::Tmfg;
use crate::{Error, Result};

const WHAT: &str = "LoGo";

impl Tmfg {
    /// Sparse inverse of a covariance (or correlation) matrix of the same nodes, `p x p` in, `p x p` out.
    ///
    /// Sum of the inverses of the blocks of all cliques minus the inverses of the blocks of all separators, a repeated
    /// separator counted every time. Entries off the graph's edges are zero, and the result is positive definite.
    /// Method: Barfuss, Massara, Di Matteo and Aste (2016), "Parsimonious modeling with information filtering
    /// networks", *Physical Review E* 94, 062306.
    ///
    /// A clique is its separator and one node more, so that the inverses of the two differ by one outer product, which is
    /// what gets added: no large numbers cancel, as they do between nearly singular blocks.
    ///
    /// # Errors
    /// [`Error::SimilarityShape`] when `covariance` is not `p x p`, [`Error::NotPositiveDefinite`] naming the first clique
    /// whose block has no Cholesky factor.
    pub fn logo(&self, covariance: &Array2<f64>) -> Result<Array2<f64>> {
        let (rows, columns) = covariance.dim();
        if (rows, columns) != (self.nodes, self.nodes) {
            return Err(Error::SimilarityShape { what: WHAT, rows, columns, least: self.nodes });
        }
        let mut inverse = Array2::zeros((rows, columns));
        for (at, &[v, a, b, c]) in self.cliques.iter().enumerate() {
            let nodes = [a, b, c, v];
            let mut block = nodes.map(|i| nodes.map(|j| covariance[[i, j]]));
            // A symmetric block is its own transpose, and LAPACK takes columns without turning them.
            let block = aview_mut2(&mut block).reversed_axes();
            let singular = |_| Error::NotPositiveDefinite { what: WHAT, nodes: nodes.to_vec() };
            let factor = block.factorizec_into(UPLO::Lower).map_err(singular)?;
            if at == 0 {
                let seed = factor.invc_into().map_err(singular)?;
                add(&mut inverse, &nodes, |i, j| seed[[i, j]]);
            } else {
                let pivot = factor.factor[[3, 3]];
                let mut last = [0.0, 0.0, 0.0, pivot];
                factor.solvec_inplace(&mut aview_mut1(&mut last)).map_err(singular)?;
                add(&mut inverse, &nodes, |i, j| last[i] * last[j]);
            }
        }
        Ok(inverse)
    }
}

fn add(total: &mut Array2<f64>, nodes: &[usize; 4], entry: impl Fn(usize, usize) -> f64) {
    for (i, &a) in nodes.iter().enumerate() {
        for (j, &b) in nodes.iter().enumerate() {
            total[[a, b]] += entry(i, j);
        }
    }
}
