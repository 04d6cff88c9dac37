//! How alike each two hotkeys are, measured once for both kinds of copies.

use super::linkage::{complete_linkage, groups, single_linkage};
use super::track::{Track, product, tracks};
use super::{ClusterProfile, JointProfile};
use crate::Result;
use crate::score::EmbeddingMatrix;
use crate::workers::Workers;
use serde::{Deserialize, Serialize};

/// Pairs of the hotkeys of a challenge. What is known of pairs from an earlier measurement on the same rows is taken over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Likeness {
    profile: ClusterProfile,
    /// Those with enough active rows, sorted.
    hotkeys: Vec<String>,
    /// Of each hotkey with those after it: whether they are copies.
    copies: Vec<Vec<bool>>,
    /// And their 1 - |correlation|, `None` where one of them does not vary.
    distance: Vec<Vec<Option<f64>>>,
}

/// What is known of one hotkey and those after it.
type Row = (Vec<bool>, Vec<Option<f64>>);

impl Likeness {
    /// Measures the newest rows. The hotkeys of `known` say the same there as then.
    pub(crate) fn measure(
        matrix: &EmbeddingMatrix<'_>,
        profile: &ClusterProfile,
        workers: &Workers,
        known: Option<&Self>,
    ) -> Result<Self> {
        let recent = matrix.last(profile.scan_max_rows);
        let tracks = tracks(&recent, matrix.dim(), profile.min_active, workers)?;
        let known = known.filter(|known| known.profile == *profile);
        let direction = |track: &Track| Ok(track.direction());
        let directions = workers.map(&tracks, direction, &mut |_| Ok(()))?;
        let places: Vec<Option<usize>> =
            tracks.iter().map(|track| known?.hotkeys.binary_search(&track.hotkey).ok()).collect();
        let pair = |a: usize, b: usize| {
            if let (Some(known), Some(at), Some(to)) = (known, places[a], places[b]) {
                return (known.copies[at][to - at - 1], known.distance[at][to - at - 1]);
            }
            let directions = directions[a].as_ref().zip(directions[b].as_ref());
            let distance = directions.map(|(x, y)| 1.0 - product(x, y).abs().min(1.0));
            (tracks[a].copies(&tracks[b], profile), distance)
        };
        let order: Vec<usize> = (0..tracks.len()).collect();
        let row = |&a: &usize| Ok((a + 1..tracks.len()).map(|b| pair(a, b)).unzip());
        let rows: Vec<Row> = workers.map(&order, row, &mut |_| Ok(()))?;
        let (copies, distance) = rows.into_iter().unzip();
        let hotkeys = tracks.into_iter().map(|track| track.hotkey).collect();
        Ok(Self { profile: profile.clone(), hotkeys, copies, distance })
    }

    /// Hotkeys whose pairs are known.
    #[cfg(feature = "ledger")]
    pub(crate) fn hotkeys(&self) -> usize {
        self.hotkeys.len()
    }

    /// Leaves out a hotkey.
    #[cfg(feature = "ledger")]
    pub(crate) fn forget(&mut self, hotkey: &str) {
        let Ok(at) = self.hotkeys.binary_search_by(|h| h.as_str().cmp(hotkey)) else { return };
        self.hotkeys.remove(at);
        self.copies.remove(at);
        self.distance.remove(at);
        for before in 0..at {
            self.copies[before].remove(at - before - 1);
            self.distance[before].remove(at - before - 1);
        }
    }

    /// Groups of copies.
    pub(crate) fn exact_clusters(&self) -> Vec<Vec<String>> {
        let label = single_linkage(self.hotkeys.len(), |a, b| self.copies[a][b - a - 1]);
        groups(&self.hotkeys.iter().collect::<Vec<_>>(), &label)
    }

    /// Groups of hotkeys that move together.
    pub(crate) fn correlated_cohorts(&self) -> Vec<Vec<String>> {
        let n = self.hotkeys.len();
        let of = |a: usize, b: usize| self.distance[a.min(b)][a.max(b) - a.min(b) - 1];
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

/// Groups of hotkeys whose leading values move together where both are active.
pub(crate) fn joint_groups(
    matrix: &EmbeddingMatrix<'_>,
    profile: &JointProfile,
    workers: &Workers,
) -> Result<Vec<Vec<String>>> {
    let dims = profile.dims.clamp(1, matrix.dim());
    let mut tracks = tracks(matrix, dims, profile.min_active, workers)?;
    tracks.retain(|track| !track.has_nan);
    let order: Vec<usize> = (0..tracks.len()).collect();
    let row = |&a: &usize| {
        let joins = |b: usize| tracks[a].joins(&tracks[b], profile);
        Ok((a + 1..tracks.len()).map(joins).collect())
    };
    let linked: Vec<Vec<bool>> = workers.map(&order, row, &mut |_| Ok(()))?;
    let label = single_linkage(tracks.len(), |a, b| linked[a][b - a - 1]);
    Ok(groups(&tracks.iter().map(|track| &track.hotkey).collect::<Vec<_>>(), &label))
}
