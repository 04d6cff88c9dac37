//! Miners that submit the same thing: exact copies, correlated cohorts, joint cohorts.

mod joint;
mod likeness;
mod linkage;
mod pairs;
mod profile;
mod track;

pub(crate) use joint::Joint;
pub(crate) use likeness::Likeness;
pub use profile::{ClusterProfile, JointProfile};

use super::EmbeddingMatrix;
use super::helpers::{collapse_shares, equalise_shares};
use crate::Result;
use crate::workers::Workers;
use linkage::representatives;
use std::collections::BTreeMap;

/// Groups of hotkeys whose vectors are the same within tolerance in nearly all joint rows of the newest ones.
/// Members and groups are in lexicographic order.
///
/// # Errors
/// Those of [`EmbeddingMatrix::values_of`], and [`Error::Parameter`](crate::Error::Parameter) for `threads` = 0.
///
/// ```
/// use mantis_eval::score::{ClusterProfile, EmbeddingMatrix, exact_clusters};
/// use ndarray::Array2;
///
/// let values = Array2::from_shape_fn((300, 3), |(t, c)| if c < 2 { t as f32 } else { -1.0 });
/// let hotkeys = ["b", "a", "c"].map(str::to_owned);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 1, values.view())?;
/// assert_eq!(exact_clusters(&matrix, &ClusterProfile::default(), 1)?, [["a", "b"]]);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn exact_clusters(
    matrix: &EmbeddingMatrix<'_>,
    profile: &ClusterProfile,
    threads: usize,
) -> Result<Vec<Vec<String>>> {
    let workers = Workers::new("exact_clusters", threads)?;
    Ok(Likeness::measure(matrix, profile, &workers, None)?.exact_clusters())
}

/// Groups of hotkeys whose whole histories are correlated in the newest rows, sign ignored: complete linkage on
/// 1 - |correlation|, so every pair of a group reaches `profile.correlation`. A history without
/// variation belongs to no group. Members and groups are in lexicographic order.
///
/// # Errors
/// As [`exact_clusters`].
///
/// ```
/// use mantis_eval::score::{ClusterProfile, EmbeddingMatrix, correlated_cohorts};
/// use ndarray::Array2;
///
/// let sign = |c: usize| if c == 0 { 1.0 } else { -2.0 };
/// let values = Array2::from_shape_fn((300, 2), |(t, c)| sign(c) * (t as f32).sin());
/// let hotkeys = ["a", "opposite"].map(str::to_owned);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 1, values.view())?;
/// let found = correlated_cohorts(&matrix, &ClusterProfile::default(), 1)?;
/// assert_eq!(found, [["a", "opposite"]]);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn correlated_cohorts(
    matrix: &EmbeddingMatrix<'_>,
    profile: &ClusterProfile,
    threads: usize,
) -> Result<Vec<Vec<String>>> {
    let workers = Workers::new("correlated_cohorts", threads)?;
    Ok(Likeness::measure(matrix, profile, &workers, None)?.correlated_cohorts())
}

/// Groups of hotkeys whose leading values move together in the rows where both are active
/// (single linkage over pairs). A hotkey with NaN in these values never pairs. Members and groups
/// are in lexicographic order.
///
/// # Errors
/// As [`exact_clusters`].
///
/// ```
/// use mantis_eval::score::{EmbeddingMatrix, JointProfile, joint_cohorts};
/// use ndarray::Array2;
///
/// let values = Array2::from_shape_fn((400, 2), |(t, _)| (t as f32).sin());
/// let hotkeys = ["a", "b"].map(str::to_owned);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 1, values.view())?;
/// let profile = JointProfile { dims: 1, min_active: 300, min_joint: 300, ..Default::default() };
/// assert_eq!(joint_cohorts(&matrix, &profile, 1)?, [["a", "b"]]);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn joint_cohorts(
    matrix: &EmbeddingMatrix<'_>,
    profile: &JointProfile,
    threads: usize,
) -> Result<Vec<Vec<String>>> {
    let workers = Workers::new("joint_cohorts", threads)?;
    Ok(Joint::measure(matrix, profile, &workers, None)?.groups())
}

/// Shares after copy detection, as the validator pays them: exact copies are summed into the
/// lexicographically smallest member, then correlated cohorts of the others split their total
/// equally. The shares keep their sum.
///
/// # Errors
/// As [`exact_clusters`].
///
/// ```
/// use mantis_eval::score::{ClusterProfile, EmbeddingMatrix, apply_clusters};
/// use ndarray::Array2;
/// use std::collections::BTreeMap;
///
/// let values = Array2::from_shape_fn((300, 2), |(t, _)| (t as f32).cos());
/// let hotkeys = ["copy", "original"].map(str::to_owned);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 1, values.view())?;
/// let shares = hotkeys.iter().map(|h| (h.clone(), 0.5)).collect::<BTreeMap<_, _>>();
/// let paid = apply_clusters(&matrix, &shares, &ClusterProfile::default(), 1)?;
/// assert_eq!(paid, BTreeMap::from([("copy".to_owned(), 1.0)]));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn apply_clusters(
    matrix: &EmbeddingMatrix<'_>,
    shares: &BTreeMap<String, f64>,
    profile: &ClusterProfile,
    threads: usize,
) -> Result<BTreeMap<String, f64>> {
    let workers = Workers::new("apply_clusters", threads)?;
    let likeness = Likeness::measure(matrix, profile, &workers, None)?;
    Ok(split_among_copies(shares, &likeness))
}

/// Shares after copy detection.
pub(crate) fn split_among_copies(
    shares: &BTreeMap<String, f64>,
    likeness: &Likeness,
) -> BTreeMap<String, f64> {
    let exact = representatives(&likeness.exact_clusters());
    let cohorts: Vec<Vec<String>> = likeness
        .correlated_cohorts()
        .into_iter()
        .map(|cohort| cohort.into_iter().filter(|m| !exact.contains_key(m)).collect())
        .filter(|cohort: &Vec<String>| cohort.len() > 1)
        .collect();
    equalise_shares(&collapse_shares(shares, &exact), &representatives(&cohorts))
}
