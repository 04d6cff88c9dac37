//! How alike columns are over the same rows: correlations, mutual information, shrinkage.

mod information;
mod measure;

use ndarray::Array2;

use crate::learn::dot;
use crate::{Error, Result};

pub(crate) use information::{Bins, mutual_information};
pub use measure::Similarity;

const WHAT: &str = "similarity";

/// Pearson correlation matrix of `columns` (`p x p`, ones on the diagonal).
///
/// Sums run in row order, `O(p^2 n)`.
///
/// ```
/// use mantis_features::similarity::pearson;
///
/// let names = ["a", "b"].map(String::from);
/// let r = pearson(&names, &[&[1.0, 2.0, 3.0], &[3.0, 2.5, 2.0]])?;
/// assert!((r[[0, 1]] + 1.0).abs() < 1e-15);
/// # Ok::<(), mantis_features::Error>(())
/// ```
///
/// # Errors
/// [`Error::Length`] when names and columns, or two columns, differ in length; [`Error::NotFinite`] or [`Error::Constant`]
/// naming the column.
pub fn pearson(names: &[String], columns: &[&[f64]]) -> Result<Array2<f64>> {
    let units = unit_columns(names, columns)?;
    Ok(gram(&units))
}

/// Spearman correlation matrix: Pearson correlation of the ranks, equal values sharing their mean rank.
///
/// # Errors
/// As [`pearson`].
pub fn spearman(names: &[String], columns: &[&[f64]]) -> Result<Array2<f64>> {
    check_columns(names, columns)?;
    let ranked: Vec<Vec<f64>> = columns.iter().map(|column| ranks(column)).collect();
    let ranked: Vec<&[f64]> = ranked.iter().map(Vec::as_slice).collect();
    pearson(names, &ranked)
}

/// Centres a column and scales it to unit length; `None` when it is constant to within rounding.
pub(crate) fn unit(column: &[f64]) -> Option<Vec<f64>> {
    let mean = column.iter().sum::<f64>() / column.len() as f64;
    let mut centred: Vec<f64> = column.iter().map(|v| v - mean).collect();
    let length = dot(&centred, &centred).sqrt();
    let largest = column.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let rounding = 1e-13 * largest * (column.len() as f64).sqrt();
    // A comparison that NaN fails as well.
    if !(length.is_finite() && length > rounding) {
        return None;
    }
    for value in &mut centred {
        *value /= length;
    }
    Some(centred)
}

/// Inner products of unit columns, clipped to `[-1, 1]`.
pub(crate) fn gram(units: &[Vec<f64>]) -> Array2<f64> {
    let p = units.len();
    let mut r = Array2::eye(p);
    for i in 0..p {
        for j in 0..i {
            let value = dot(&units[i], &units[j]).clamp(-1.0, 1.0);
            r[[i, j]] = value;
            r[[j, i]] = value;
        }
    }
    r
}

pub(crate) fn check_columns(names: &[String], columns: &[&[f64]]) -> Result<()> {
    let length = |input, got, expected| Error::Length { what: WHAT, input, got, expected };
    if names.len() != columns.len() {
        return Err(length("names", names.len(), columns.len()));
    }
    let rows = columns.first().map_or(0, |column| column.len());
    for (name, column) in names.iter().zip(columns) {
        if column.len() != rows {
            return Err(length("column", column.len(), rows));
        }
        if let Some(row) = column.iter().position(|value| !value.is_finite()) {
            let column_name = name.clone();
            return Err(Error::NotFinite {
                what: WHAT,
                column: column_name,
                row,
                got: column[row],
            });
        }
    }
    Ok(())
}

fn unit_columns(names: &[String], columns: &[&[f64]]) -> Result<Vec<Vec<f64>>> {
    check_columns(names, columns)?;
    let unit_of = |(name, column): (&String, &&[f64])| {
        unit(column).ok_or_else(|| Error::Constant {
            what: WHAT,
            column: name.clone(),
            rows: column.len(),
        })
    };
    names.iter().zip(columns).map(unit_of).collect()
}

/// Centres a column on its weighted mean, multiplies each row by the root of its weight, and scales to unit length, so that products
/// of two are weighted correlations; `None` when it is constant to within rounding.
pub(crate) fn weighted_unit(column: &[f64], weights: Option<&[f64]>) -> Option<Vec<f64>> {
    let Some(weights) = weights else { return unit(column) };
    let total: f64 = weights.iter().sum();
    let mean = dot(column, weights) / total;
    let mut centred: Vec<f64> =
        column.iter().zip(weights).map(|(v, w)| (v - mean) * w.sqrt()).collect();
    let length = dot(&centred, &centred).sqrt();
    let largest = column.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let rounding = 1e-13 * largest * total.sqrt();
    // A comparison that NaN fails as well.
    if !(length.is_finite() && length > rounding) {
        return None;
    }
    centred.iter_mut().for_each(|v| *v /= length);
    Some(centred)
}

/// Rank of each value in rows, equal values sharing their mean rank; with weights the weight of what is below and half of what is
/// equal, so that a row of weight 2 counts as two rows.
pub(crate) fn weighted_ranks(column: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
    let Some(weights) = weights else { return ranks(column) };
    let mut order: Vec<usize> = (0..column.len()).collect();
    order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
    let mut ranks = vec![0.0; column.len()];
    let mut below = 0.0;
    for group in order.chunk_by(|&a, &b| column[a] == column[b]) {
        let equal: f64 = group.iter().map(|&row| weights[row]).sum();
        for &row in group {
            // As for whole rows, the lowest of which has rank 0.
            ranks[row] = below + 0.5 * equal - 0.5;
        }
        below += equal;
    }
    ranks
}

pub(crate) fn ranks(column: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..column.len()).collect();
    order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
    let mut ranks = vec![0.0; column.len()];
    let mut start = 0;
    for group in order.chunk_by(|&a, &b| column[a] == column[b]) {
        let mean = start as f64 + (group.len() - 1) as f64 / 2.0;
        for &row in group {
            ranks[row] = mean;
        }
        start += group.len();
    }
    ranks
}

#[cfg(test)]
mod tests;
