//! Miners that submit the same thing: exact copies, correlated cohorts, joint cohorts.

use super::EmbeddingMatrix;
use super::helpers::{collapse_shares, equalise_shares, pairwise_sum};
use crate::metrics::count;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Thresholds of the copy detection; the default is what the validator runs with.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `scan_max_rows` | 100 000 | newest rows that [`apply_clusters`] looks at |
/// | `min_active` | 200 | least active rows of a hotkey, and least rows active in both of a pair |
/// | `mean_tolerance` | 0.05 | largest difference of the active means, in every value |
/// | `near_share` | 0.99 | share of joint rows that must be near |
/// | `near_tolerance` | 0.001 | values of near rows differ by less than this |
/// | `correlation` | 0.92 | least absolute correlation within a correlated cohort |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct ClusterProfile {
    pub scan_max_rows: usize,
    pub min_active: usize,
    pub mean_tolerance: f32,
    pub near_share: f64,
    pub near_tolerance: f32,
    pub correlation: f64,
}

impl Default for ClusterProfile {
    fn default() -> Self {
        Self {
            scan_max_rows: 100_000,
            min_active: 200,
            mean_tolerance: 0.05,
            near_share: 0.99,
            near_tolerance: 1e-3,
            correlation: 0.92,
        }
    }
}

/// Thresholds of the joint cohorts.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `dims` | 5 | leading values of each vector that are compared |
/// | `min_active` | 10 080 | least active rows of a hotkey |
/// | `min_joint` | 10 080 | least rows active in both of a pair |
/// | `mean_tolerance` | 0.1 | largest difference of the active means, in every value |
/// | `correlation` | 0.8 | least absolute correlation of a pair |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct JointProfile {
    pub dims: usize,
    pub min_active: usize,
    pub min_joint: usize,
    pub mean_tolerance: f32,
    pub correlation: f64,
}

impl Default for JointProfile {
    fn default() -> Self {
        Self {
            dims: 5,
            min_active: 10_080,
            min_joint: 10_080,
            mean_tolerance: 0.1,
            correlation: 0.8,
        }
    }
}

/// One hotkey's values with the rows in which it is active (some value is not zero).
struct Track<'a> {
    hotkey: &'a String,
    /// Position among the hotkeys of the matrix.
    column: usize,
    dim: usize,
    values: Vec<f32>,
    active: Vec<bool>,
    /// Mean of each value over the active rows.
    means: Vec<f32>,
}

impl<'a> Track<'a> {
    fn vectors(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.dim)
    }

    /// Vectors of both in the rows where both are active.
    fn joint<'b>(
        &'b self,
        other: &'b Track<'a>,
    ) -> impl Iterator<Item = (&'b [f32], &'b [f32])> + 'b {
        let both = self.active.iter().zip(&other.active).map(|(a, b)| *a && *b);
        self.vectors().zip(other.vectors()).zip(both).filter_map(|(pair, on)| on.then_some(pair))
    }

    fn means_near(&self, other: &Track<'_>, tolerance: f32) -> bool {
        self.means.iter().zip(&other.means).all(|(a, b)| (a - b).abs() <= tolerance)
    }
}

/// The hotkeys with at least `min_active` active rows, in lexicographic order; only the first
/// `dim` values of each vector are looked at.
fn tracks<'a>(matrix: &EmbeddingMatrix<'a>, dim: usize, min_active: usize) -> Vec<Track<'a>> {
    let mut order: Vec<usize> = (0..matrix.hotkeys().len()).collect();
    order.sort_unstable_by_key(|&j| &matrix.hotkeys()[j]);
    order
        .into_iter()
        .filter_map(|column| {
            let whole = matrix.cleaned(column);
            let values: Vec<f32> =
                whole.chunks_exact(matrix.dim()).flat_map(|v| &v[..dim]).copied().collect();
            let active: Vec<bool> =
                values.chunks_exact(dim).map(|v| v.iter().any(|&x| x != 0.0)).collect();
            let rows = active.iter().filter(|&&a| a).count();
            if rows < min_active.max(1) {
                return None;
            }
            let mut sums = vec![0.0_f64; dim];
            for vector in values.chunks_exact(dim) {
                for (sum, &value) in sums.iter_mut().zip(vector) {
                    *sum += f64::from(value);
                }
            }
            #[expect(clippy::cast_possible_truncation, reason = "the validator keeps f32 means")]
            let means = sums.into_iter().map(|sum| (sum / count(rows)) as f32).collect();
            let hotkey = &matrix.hotkeys()[column];
            Some(Track { hotkey, column, dim, values, active, means })
        })
        .collect()
}

/// Connected groups of at least two (single linkage) over the pairs that `linked` accepts.
fn single_linkage(
    tracks: &[Track<'_>],
    linked: impl Fn(&Track<'_>, &Track<'_>) -> bool,
) -> Vec<Vec<String>> {
    let mut label: Vec<usize> = (0..tracks.len()).collect();
    for a in 0..tracks.len() {
        for b in a + 1..tracks.len() {
            if label[a] != label[b] && linked(&tracks[a], &tracks[b]) {
                let (keep, gone) = (label[a].min(label[b]), label[a].max(label[b]));
                label.iter_mut().filter(|l| **l == gone).for_each(|l| *l = keep);
            }
        }
    }
    groups(tracks, &label)
}

/// Groups of at least two equal labels, sorted, members sorted.
fn groups(tracks: &[Track<'_>], label: &[usize]) -> Vec<Vec<String>> {
    let mut members = BTreeMap::<usize, Vec<String>>::new();
    for (track, &l) in tracks.iter().zip(label) {
        members.entry(l).or_default().push(track.hotkey.clone());
    }
    let mut found: Vec<Vec<String>> = members.into_values().filter(|m| m.len() > 1).collect();
    found.sort();
    found
}

/// Groups of hotkeys whose vectors are the same within tolerance in nearly all joint rows.
/// Members and groups are in lexicographic order.
///
/// ```
/// use mantis_eval::score::{ClusterProfile, EmbeddingMatrix, exact_clusters};
/// use ndarray::Array2;
///
/// let values = Array2::from_shape_fn((300, 3), |(t, c)| if c < 2 { t as f32 } else { -1.0 });
/// let hotkeys = ["b", "a", "c"].map(str::to_owned);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 1, values.view())?;
/// assert_eq!(exact_clusters(&matrix, &ClusterProfile::default()), [["a", "b"]]);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[must_use]
pub fn exact_clusters(matrix: &EmbeddingMatrix<'_>, profile: &ClusterProfile) -> Vec<Vec<String>> {
    single_linkage(&tracks(matrix, matrix.dim(), profile.min_active), |a, b| {
        if !a.means_near(b, profile.mean_tolerance) {
            return false;
        }
        let (mut joint, mut near) = (0, 0);
        for (x, y) in a.joint(b) {
            joint += 1;
            let same = x.iter().zip(y).all(|(x, y)| (x - y).abs() < profile.near_tolerance);
            near += usize::from(same);
        }
        joint >= profile.min_active && count(near) >= (profile.near_share * count(joint)).ceil()
    })
}

/// Groups of hotkeys whose whole histories are correlated, sign ignored: complete linkage on
/// 1 - |correlation|, so every pair of a group reaches `profile.correlation`. A history without
/// variation belongs to no group. Members and groups are in lexicographic order.
///
/// ```
/// use mantis_eval::score::{ClusterProfile, EmbeddingMatrix, correlated_cohorts};
/// use ndarray::Array2;
///
/// let sign = |c: usize| if c == 0 { 1.0 } else { -2.0 };
/// let values = Array2::from_shape_fn((300, 2), |(t, c)| sign(c) * (t as f32).sin());
/// let hotkeys = ["a", "opposite"].map(str::to_owned);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 1, values.view())?;
/// assert_eq!(correlated_cohorts(&matrix, &ClusterProfile::default()), [["a", "opposite"]]);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[must_use]
pub fn correlated_cohorts(
    matrix: &EmbeddingMatrix<'_>,
    profile: &ClusterProfile,
) -> Vec<Vec<String>> {
    const SMALLEST_NORM: f64 = 1e-9;
    let mut tracks = tracks(matrix, matrix.dim(), profile.min_active);
    tracks.retain_mut(|track| {
        // The f32 mean decides whether a constant history becomes exactly zero.
        #[expect(clippy::cast_precision_loss, reason = "the validator divides in f32")]
        let mean = pairwise_sum(&track.values) / track.values.len() as f32;
        track.values.iter_mut().for_each(|v| *v -= mean);
        let norm = product(&track.values, &track.values).sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "the validator keeps f32")]
        track.values.iter_mut().for_each(|v| *v = (f64::from(*v) / norm) as f32);
        norm >= SMALLEST_NORM
    });
    let n = tracks.len();
    let mut distance = vec![vec![0.0; n]; n];
    for a in 0..n {
        for b in a + 1..n {
            let d = 1.0 - product(&tracks[a].values, &tracks[b].values).abs().min(1.0);
            distance[a][b] = d;
            distance[b][a] = d;
        }
    }
    groups(&tracks, &complete_linkage(distance, 1.0 - profile.correlation))
}

fn product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
}

/// Cluster label of every item: the two nearest clusters are merged while their largest pairwise
/// distance is at most `cut`.
fn complete_linkage(mut distance: Vec<Vec<f64>>, cut: f64) -> Vec<usize> {
    let mut label: Vec<usize> = (0..distance.len()).collect();
    let mut alive: Vec<usize> = label.clone();
    loop {
        let pairs = alive
            .iter()
            .enumerate()
            .flat_map(|(i, &a)| alive[i + 1..].iter().map(move |&b| (a, b)));
        let nearest = pairs.min_by(|&(a, b), &(c, d)| distance[a][b].total_cmp(&distance[c][d]));
        let Some((keep, gone)) = nearest.filter(|&(a, b)| distance[a][b] <= cut) else {
            return label;
        };
        alive.retain(|&c| c != gone);
        label.iter_mut().filter(|l| **l == gone).for_each(|l| *l = keep);
        for &other in &alive {
            let farther = distance[keep][other].max(distance[gone][other]);
            distance[keep][other] = farther;
            distance[other][keep] = farther;
        }
    }
}

/// Groups of hotkeys whose leading values move together in the rows where both are active
/// (single linkage over pairs). A hotkey with NaN in these values never pairs. Members and groups
/// are in lexicographic order.
///
/// ```
/// use mantis_eval::score::{EmbeddingMatrix, JointProfile, joint_cohorts};
/// use ndarray::Array2;
///
/// let values = Array2::from_shape_fn((400, 2), |(t, _)| (t as f32).sin());
/// let hotkeys = ["a", "b"].map(str::to_owned);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 1, values.view())?;
/// let profile = JointProfile { dims: 1, min_active: 300, min_joint: 300, ..Default::default() };
/// assert_eq!(joint_cohorts(&matrix, &profile), [["a", "b"]]);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[must_use]
pub fn joint_cohorts(matrix: &EmbeddingMatrix<'_>, profile: &JointProfile) -> Vec<Vec<String>> {
    let dims = profile.dims.clamp(1, matrix.dim());
    let mut tracks = tracks(matrix, dims, profile.min_active);
    tracks.retain(|track| !matrix.has_nan(track.column, dims));
    single_linkage(&tracks, |a, b| {
        if !a.means_near(b, profile.mean_tolerance) {
            return false;
        }
        let (mut joint, mut cross, mut norm_a, mut norm_b) = (0, 0.0, 0.0, 0.0);
        for (x, y) in a.joint(b) {
            joint += 1;
            let centred = x.iter().zip(&a.means).zip(y.iter().zip(&b.means));
            for ((x, mean_x), (y, mean_y)) in centred {
                let (x, y) = (f64::from(x - mean_x), f64::from(y - mean_y));
                cross += x * y;
                norm_a += x * x;
                norm_b += y * y;
            }
        }
        let scale = (norm_a * norm_b).sqrt();
        joint >= profile.min_joint && scale > 0.0 && cross.abs() / scale >= profile.correlation
    })
}

/// The lexicographically smallest member of every group, for each of its members.
fn representatives(groups: &[Vec<String>]) -> BTreeMap<String, String> {
    groups
        .iter()
        .flat_map(|g| g.iter().map(move |m| (m.clone(), g.iter().min().unwrap_or(m).clone())))
        .collect()
}

/// Shares after copy detection, as the validator pays them: exact copies are summed into the
/// lexicographically smallest member, then correlated cohorts of the others split their total
/// equally. The shares keep their sum.
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
/// let paid = apply_clusters(&matrix, &shares, &ClusterProfile::default());
/// assert_eq!(paid, BTreeMap::from([("copy".to_owned(), 1.0)]));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[must_use]
pub fn apply_clusters(
    matrix: &EmbeddingMatrix<'_>,
    shares: &BTreeMap<String, f64>,
    profile: &ClusterProfile,
) -> BTreeMap<String, f64> {
    let recent = matrix.last(profile.scan_max_rows);
    let exact = representatives(&exact_clusters(&recent, profile));
    let cohorts: Vec<Vec<String>> = correlated_cohorts(&recent, profile)
        .into_iter()
        .map(|cohort| cohort.into_iter().filter(|m| !exact.contains_key(m)).collect())
        .filter(|cohort: &Vec<String>| cohort.len() > 1)
        .collect();
    equalise_shares(&collapse_shares(shares, &exact), &representatives(&cohorts))
}
