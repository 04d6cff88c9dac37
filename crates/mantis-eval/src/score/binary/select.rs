//! Which miners count: walk-forward AUC by day, then the best of them.

use super::miner::{Miner, Target};
use super::profile::BinaryProfile;
use crate::Result;
use crate::metrics::{count, roc_auc};

/// AUC of a miner that cannot be judged.
const NO_SKILL: f32 = 0.5;

/// Rows at which the selection model is fitted anew.
pub(super) fn refit_boundaries(rows: usize, profile: &BinaryProfile) -> Vec<usize> {
    let start = (profile.fit_window_rows() / 2).min(rows / 2);
    (start..rows.saturating_sub(profile.lag)).step_by(profile.refit_rows()).collect()
}

/// Mean AUC over day windows, recent ones weighing more.
pub(super) fn walk_forward_auc(
    miner: &mut Miner,
    target: &Target,
    boundaries: &[usize],
    profile: &BinaryProfile,
) -> Result<f32> {
    let rows = target.up.len();
    let Some((first, last)) = miner.first_row().zip(boundaries.last().copied()) else {
        return Ok(NO_SKILL);
    };
    if first >= last {
        return Ok(NO_SKILL);
    }
    let mut scored: Vec<(usize, f64)> = Vec::new();
    for &boundary in boundaries {
        let from = boundary.saturating_sub(profile.fit_window_rows());
        let history = from..boundary.saturating_sub(profile.lag);
        if let Some(model) = miner.fit(profile, &history)? {
            let until = boundary.saturating_add(profile.refit_rows()).min(rows);
            scored.extend(miner.decisions(&model, &(boundary..until))?);
        }
    }
    let window_of = |row: usize| row / profile.sel_window_rows;
    let (mut total, mut weights, mut windows) = (0.0, 0.0, 0);
    for window in scored.chunk_by(|a, b| window_of(a.0) == window_of(b.0)) {
        let up: Vec<bool> = window.iter().map(|&(t, _)| target.up[t]).collect();
        let one_class = up.iter().all(|&u| u == up[0]);
        if window.len() < profile.sel_min_window_rows || one_class {
            continue;
        }
        let score: Vec<f64> = window.iter().map(|&(_, value)| value).collect();
        let end = ((window_of(window[0].0) + 1) * profile.sel_window_rows).min(rows);
        let age_days = count(rows - end) / count(profile.indices_per_day);
        let weight = (-std::f64::consts::LN_2 * age_days / profile.sel_halflife_days).exp();
        total += weight * roc_auc(&up, &score)?;
        weights += weight;
        windows += 1;
    }
    if windows < profile.sel_min_valid_windows {
        return Ok(NO_SKILL);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the validator stores the mean as f32")]
    let auc = (total / weights) as f32;
    Ok(auc)
}

/// Miners that count, best first: the top K and a margin band below it, of these only those with
/// an AUC above one half.
pub(super) fn choose(auc: &[f32], profile: &BinaryProfile) -> Vec<usize> {
    let mut order: Vec<usize> = (0..auc.len()).collect();
    order.sort_by(|&a, &b| auc[b].total_cmp(&auc[a]));
    let mut keep = profile.top_k.min(order.len());
    if keep > 0 && order.len() > keep {
        let threshold = auc[order[keep - 1]] - profile.sel_auc_margin;
        let band = order[keep..].iter().take(profile.sel_band_max_extra);
        keep += band.take_while(|&&j| auc[j] >= threshold).count();
    }
    order.truncate(keep);
    order.retain(|&j| auc[j] > NO_SKILL);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_follow_the_documented_row_counts() {
        let profile = BinaryProfile::default();
        assert_eq!(refit_boundaries(12_000, &profile), [6000]);
        assert_eq!(refit_boundaries(86_400, &profile).len(), 9);
        assert_eq!(refit_boundaries(100, &profile), [] as [usize; 0]);
    }

    #[test]
    fn the_margin_band_extends_the_cut_and_losers_are_dropped() {
        let auc = [0.6, 0.5, 0.58, 0.579, 0.57, 0.4];
        let mut profile = BinaryProfile { top_k: 2, ..BinaryProfile::default() };
        assert_eq!(choose(&auc, &profile), [0, 2, 3]);
        profile.sel_band_max_extra = 0;
        assert_eq!(choose(&auc, &profile), [0, 2]);
        profile.top_k = 50;
        assert_eq!(choose(&auc, &profile), [0, 2, 3, 4]);
        assert_eq!(choose(&[0.55, 0.55], &profile), [0, 1]);
    }
}
