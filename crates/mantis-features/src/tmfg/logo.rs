//! LoGo: the inverse covariance that is sparse on a TMFG.

use ndarray::Array2;
use ndarray_linalg::cholesky::InverseCInto;

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
    /// # Errors
    /// [`Error::SimilarityShape`] when `covariance` is not `p x p`, [`Error::NotPositiveDefinite`] naming the first clique or
    /// separator whose block has no Cholesky factor.
    pub fn logo(&self, covariance: &Array2<f64>) -> Result<Array2<f64>> {
        let (rows, columns) = covariance.dim();
        if (rows, columns) != (self.nodes, self.nodes) {
            return Err(Error::SimilarityShape { what: WHAT, rows, columns, least: self.nodes });
        }
        let mut inverse = Array2::zeros((rows, columns));
        for clique in &self.cliques {
            add_block_inverse(&mut inverse, covariance, clique, 1.0)?;
        }
        for separator in &self.separators {
            add_block_inverse(&mut inverse, covariance, separator, -1.0)?;
        }
        Ok(inverse)
    }
}

fn add_block_inverse(
    total: &mut Array2<f64>,
    covariance: &Array2<f64>,
    nodes: &[usize],
    sign: f64,
) -> Result<()> {
    let block = Array2::from_shape_fn((nodes.len(), nodes.len()), |(i, j)| {
        covariance[[nodes[i], nodes[j]]]
    });
    let inverse = block
        .invc_into()
        .map_err(|_| Error::NotPositiveDefinite { what: WHAT, nodes: nodes.to_vec() })?;
    for (i, &a) in nodes.iter().enumerate() {
        for (j, &b) in nodes.iter().enumerate() {
            total[[a, b]] += sign * inverse[[i, j]];
        }
    }
    Ok(())
}
