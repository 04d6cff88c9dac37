//! How alike each two hotkeys are, measured once for both kinds of copies.

use super::ClusterProfile;
use super::linkage::{complete_linkage, groups, single_linkage};
use super::pairs::Pairs;
use super::track::{Track, product, tracks};
use crate::Result;
use crate::score::EmbeddingMatrix;
use crate::workers::Workers;

/// Of every two hotkeys of a challenge with enough active rows: whether they are copies, and their 1 - |correlation|, `None`
/// where one of them does not vary.
pub(crate) type Likeness = Pairs<ClusterProfile, (bool, Option<f64>)>;

impl Likeness {
    /// Measures the newest rows. The hotkeys of `known` say the same there as then.
    pub(crate) fn measure(
        matrix: &EmbeddingMatrix<'_>,
        profile: &ClusterProfile,
        workers: &Workers,
        known: Option<&Self>,
    ) -> Result<Self> {
        let recent = matrix.last(profile.scan_max_rows);
        let directed = |track: Track| Some((track.direction(), track));
        let found = tracks(&recent, matrix.dim(), profile.min_active, workers, directed)?;
        let (hotkeys, tracks): (Vec<String>, Vec<_>) = found.into_iter().unzip();
        let pair = |a: usize, b: usize| {
            let ((of_a, a), (of_b, b)) = (&tracks[a], &tracks[b]);
            let directions = of_a.as_ref().zip(of_b.as_ref());
            let distance = directions.map(|(x, y)| 1.0 - product(x, y).abs().min(1.0));
            (a.copies(b, profile), distance)
        };
        Self::fill(profile, hotkeys, known, workers, pair)
    }

    /// Groups of copies.
    pub(crate) fn exact_clusters(&self) -> Vec<Vec<String>> {
        let hotkeys: Vec<&String> = self.hotkeys.iter().collect();
        let label = single_linkage(hotkeys.len(), |a, b| self.of(a, b).0);
        groups(&hotkeys, &label)
    }

    /// Groups of hotkeys that move together.
    pub(crate) fn correlated_cohorts(&self) -> Vec<Vec<String>> {
        let n = self.hotkeys.len();
        let of = |a: usize, b: usize| self.of(a, b).1;
        // One that does not vary has no distance to any other.
        let varies = |&a: &usize| n == 1 || (0..n).any(|b| b != a && of(a, b).is_some());
        let kept: Vec<usize> = (0..n).filter(varies).collect();
        let distance = |&a: &usize, &b: &usize| if a == b { Some(0.0) } else { of(a, b) };
        let table = kept
            .iter()
            .map(|a| kept.iter().map(|b| distance(a, b).unwrap_or(f64::INFINITY)).collect())
            .collect();
        let hotkeys: Vec<&String> = kept.iter().map(|&a| &self.hotkeys[a]).collect();
        groups(&hotkeys, &complete_linkage(table, 1.0 - self.profile.correlation))
    }
}
