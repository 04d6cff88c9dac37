//! The similarities that a graph can be built on.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::information::{Bins, mutual_information};
use super::{WHAT, check_columns, gram, weighted_ranks, weighted_unit};
use crate::{Error, Result};

/// Quantile bins per column for mutual information; fewer with few rows, so that cells hold five rows on average.
const BINS: usize = 16;

/// A measure of how alike two columns are, in -1..1, 1 for a column and itself.
///
/// | name | value | cost of p columns of n rows |
/// |---|---|---|
/// | `pearson` | linear correlation | O(p^2 n) |
/// | `spearman` | correlation of ranks, equal values sharing their mean rank | O(p^2 n) |
/// | `mutual_information` | sqrt(1 - exp(-2 I)) of the mutual information I over quantile bins (Linfoot 1957): 0 when independent, \|r\| for a Gaussian pair | O(p^2 n) |
/// | `shrunk` | Pearson, shrunk towards 0 by one estimated factor (Schäfer and Strimmer 2005) | O(p^2 n) |
///
/// Weights of rows, such as a decay with age, are optional. Means, ranks and quantile bins are then weighted as well: a row of weight 0
/// counts for nothing, and for `pearson` and `spearman` a row of weight 2 is the same as the row twice (the others take it for one
/// observation that matters more).
///
/// ```
/// use mantis_features::similarity::Similarity;
///
/// let names = ["a", "b"].map(String::from);
/// let (a, b) = ([1.0, 2.0, 3.0, 4.0], [1.0, 4.0, 9.0, 16.0]);
/// let rho = Similarity::Spearman.matrix(&names, &[&a, &b], None)?;
/// assert!((rho[[0, 1]] - 1.0).abs() < 1e-12);
/// let recent = Similarity::Pearson.matrix(&names, &[&a, &b], Some(&[0.1, 0.2, 0.4, 0.8]))?;
/// assert!(recent[[0, 1]] > 0.98);
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Similarity {
    /// Linear correlation.
    #[default]
    Pearson,
    /// Correlation of ranks.
    Spearman,
    /// Informational coefficient of correlation.
    MutualInformation,
    /// Shrunk linear correlation.
    Shrunk,
}

impl Similarity {
    /// The matrix of all pairs, p x p.
    ///
    /// # Errors
    /// [`Error::Length`] when names, columns or weights differ in length, [`Error::NotFinite`] or [`Error::Constant`] naming a
    /// column, [`Error::SampleWeight`] for a weight that is negative or not finite.
    pub fn matrix(
        self,
        names: &[String],
        columns: &[&[f64]],
        weights: Option<&[f64]>,
    ) -> Result<Array2<f64>> {
        check_columns(names, columns)?;
        let rows = columns.first().map_or(0, |column| column.len());
        if let Some(weights) = weights {
            check_weights(weights, rows)?;
        }
        match self {
            Self::Pearson => Ok(gram(&units(names, columns, weights)?)),
            Self::Spearman => {
                let ranked: Vec<Vec<f64>> =
                    columns.iter().map(|column| weighted_ranks(column, weights)).collect();
                let ranked: Vec<&[f64]> = ranked.iter().map(Vec::as_slice).collect();
                Ok(gram(&units(names, &ranked, weights)?))
            }
            Self::Shrunk => {
                let units = units(names, columns, weights)?;
                Ok(shrink(gram(&units), &units, weights))
            }
            Self::MutualInformation => {
                units(names, columns, weights)?;
                Ok(informational(columns, weights))
            }
        }
    }
}

fn check_weights(weights: &[f64], rows: usize) -> Result<()> {
    if weights.len() != rows {
        let (input, got) = ("weights", weights.len());
        return Err(Error::Length { what: WHAT, input, got, expected: rows });
    }
    match weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
        Some(row) => Err(Error::SampleWeight { what: WHAT, row, got: weights[row] }),
        None => Ok(()),
    }
}

/// Columns less their mean, times the root of the row's weight, at unit length.
fn units(names: &[String], columns: &[&[f64]], weights: Option<&[f64]>) -> Result<Vec<Vec<f64>>> {
    names
        .iter()
        .zip(columns)
        .map(|(name, column)| {
            let rows = column.len();
            let constant = || Error::Constant { what: WHAT, column: name.clone(), rows };
            weighted_unit(column, weights).ok_or_else(constant)
        })
        .collect()
}

/// Shrinks the off-diagonal by the share of its squares that is sampling error: sum of Var(r) / sum of r^2.
fn shrink(mut r: Array2<f64>, units: &[Vec<f64>], weights: Option<&[f64]>) -> Array2<f64> {
    let rows = units.first().map_or(0, Vec::len);
    let total = weights.map_or(rows as f64, |weights| weights.iter().sum());
    let share = |row: usize| weights.map_or(1.0, |weights| weights[row]) / total;
    let shares: Vec<f64> = (0..rows).map(share).collect();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    let (mut error, mut signal) = (0.0, 0.0);
    for i in 0..units.len() {
        for j in 0..i {
            // r is the mean of products of standardised rows by their shares; its variance is that of the products, share by share.
            let products = units[i].iter().zip(&units[j]).map(|(a, b)| a * b);
            let off = |(product, share): (f64, &f64)| (product - share * r[[i, j]]).powi(2);
            error += products.zip(&shares).map(off).sum::<f64>() / (1.0 - squares);
            signal += r[[i, j]].powi(2);
        }
    }
    let share = if signal > 0.0 { (error / signal).clamp(0.0, 1.0) } else { 1.0 };
    for ((i, j), value) in r.indexed_iter_mut() {
        if i != j {
            *value *= 1.0 - share;
        }
    }
    r
}

fn informational(columns: &[&[f64]], weights: Option<&[f64]>) -> Array2<f64> {
    let rows = match weights {
        None => columns.first().map_or(0, |column| column.len()),
        Some(weights) => weights.iter().filter(|&&w| w > 0.0).count(),
    };
    let bins = BINS.min((rows / 5).isqrt()).max(2);
    let binned: Vec<Bins> = columns.iter().map(|c| Bins::quantiles(c, bins, weights)).collect();
    let mut matrix = Array2::eye(columns.len());
    for i in 0..binned.len() {
        for j in 0..i {
            let information = mutual_information(&binned[i], &binned[j], weights);
            let value = (1.0 - (-2.0 * information).exp()).sqrt();
            matrix[[i, j]] = value;
            matrix[[j, i]] = value;
        }
    }
    matrix
}
