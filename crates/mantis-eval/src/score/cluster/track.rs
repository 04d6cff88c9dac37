//! What one hotkey said, and how it compares with another.

use crate::Result;
use crate::metrics::count;
use crate::score::EmbeddingMatrix;
use crate::score::helpers::pairwise_sum;
use crate::score::matrix::clean;
use crate::workers::Workers;
use multiversion::multiversion;

/// Smaller deviations from the mean are none.
const SMALLEST_NORM: f64 = 1e-9;

/// One hotkey's values with the rows in which it is active (some value is not zero).
pub(super) struct Track {
    /// Whether it says NaN somewhere, which counts as 0.
    pub(super) has_nan: bool,
    pub(super) dim: usize,
    pub(super) values: Vec<f32>,
    pub(super) active: Vec<bool>,
    rows: usize,
    /// Mean of each value over the active rows.
    pub(super) means: Vec<f32>,
}

impl Track {
    /// The first `dim` values of every vector of a column; `None` with fewer than `min_active` active rows.
    fn new(
        matrix: &EmbeddingMatrix<'_>,
        column: usize,
        dim: usize,
        min_active: usize,
    ) -> Result<Option<Self>> {
        let mut raw = matrix.values_of(column)?;
        if dim < matrix.dim() {
            let cut = |v: &[f32]| v[..dim].to_vec();
            raw = raw.chunks_exact(matrix.dim()).flat_map(cut).collect();
        }
        let has_nan = raw.iter().any(|v| v.is_nan());
        let values = clean(raw);
        let active: Vec<bool> =
            values.chunks_exact(dim).map(|v| v.iter().any(|&x| x != 0.0)).collect();
        let rows = active.iter().filter(|&&a| a).count();
        if rows < min_active.max(1) {
            return Ok(None);
        }
        let mut sums = vec![0.0_f64; dim];
        for vector in values.chunks_exact(dim) {
            for (sum, &value) in sums.iter_mut().zip(vector) {
                *sum += f64::from(value);
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "the validator keeps f32 means")]
        let means = sums.into_iter().map(|sum| (sum / count(rows)) as f32).collect();
        Ok(Some(Self { has_nan, dim, values, active, rows, means }))
    }

    /// Vectors of both in the rows where both are active.
    fn joint<'b>(&'b self, other: &'b Self) -> impl Iterator<Item = (&'b [f32], &'b [f32])> + 'b {
        let both = self.active.iter().zip(&other.active).map(|(a, b)| *a && *b);
        let vectors = self.values.chunks_exact(self.dim).zip(other.values.chunks_exact(self.dim));
        vectors.zip(both).filter_map(|(pair, on)| on.then_some(pair))
    }

    fn means_near(&self, other: &Self, tolerance: f32) -> bool {
        self.means.iter().zip(&other.means).all(|(a, b)| (a - b).abs() <= tolerance)
    }

    /// Whether nearly all joint rows are the same within tolerance.
    pub(super) fn copies(&self, other: &Self, profile: &super::ClusterProfile) -> bool {
        if !self.means_near(other, profile.mean_tolerance) {
            return false;
        }
        // More rows than these cannot differ, however many are joint.
        let most = (1.0 - profile.near_share) * count(self.rows.min(other.rows)) + 1.0;
        let (mut joint, mut far) = (0_usize, 0_usize);
        for (x, y) in self.joint(other) {
            joint += 1;
            if !x.iter().zip(y).all(|(x, y)| (x - y).abs() < profile.near_tolerance) {
                far += 1;
                if count(far) > most {
                    return false;
                }
            }
        }
        let near = count(joint - far);
        joint >= profile.min_active && near >= (profile.near_share * count(joint)).ceil()
    }

    /// The whole history less its mean, of length 1; `None` when it does not vary.
    pub(super) fn direction(&self) -> Option<Vec<f32>> {
        // The f32 mean decides whether a constant history becomes exactly zero.
        #[expect(clippy::cast_precision_loss, reason = "the validator divides in f32")]
        let mean = pairwise_sum(&self.values) / self.values.len() as f32;
        let centred: Vec<f32> = self.values.iter().map(|v| v - mean).collect();
        let norm = product(&centred, &centred).sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "the validator keeps f32")]
        let unit = |v: f32| (f64::from(v) / norm) as f32;
        (norm >= SMALLEST_NORM).then(|| centred.into_iter().map(unit).collect())
    }
}

/// The hotkeys with at least `min_active` active rows, in lexicographic order, with what `keep` makes of each; only the
/// first `dim` values of each vector are looked at.
pub(super) fn tracks<T: Send>(
    matrix: &EmbeddingMatrix<'_>,
    dim: usize,
    min_active: usize,
    workers: &Workers,
    keep: impl Fn(Track) -> Option<T> + Sync,
) -> Result<Vec<(String, T)>> {
    let mut order: Vec<usize> = (0..matrix.hotkeys().len()).collect();
    order.sort_unstable_by_key(|&j| &matrix.hotkeys()[j]);
    let track = |&column: &usize| {
        let kept = Track::new(matrix, column, dim, min_active)?.and_then(&keep);
        Ok(kept.map(|kept| (matrix.hotkeys()[column].clone(), kept)))
    };
    Ok(workers.map(&order, track, &mut |_| Ok(()))?.into_iter().flatten().collect())
}

/// Sum of products, in eight sums that are added at the end.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub(super) fn product(a: &[f32], b: &[f32]) -> f64 {
    let (a, rest_a) = a.as_chunks::<8>();
    let (b, rest_b) = b.as_chunks::<8>();
    let mut sums = [0.0_f64; 8];
    for (x, y) in a.iter().zip(b) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += f64::from(*x) * f64::from(*y);
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
    sums.iter().sum::<f64>() + rest
}
