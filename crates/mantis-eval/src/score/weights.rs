//! From shares of pay to weights on the chain.

use super::BURN;
use crate::metrics::count;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Constants of the weights; the default is what the validator runs with.
///
/// | field | default | range | meaning |
/// |---|---|---|---|
/// | `burn_pct` | 0.35 | 0 to 1 | part that goes to uid 0 |
/// | `young_blocks` | 36 000 | >= 0 | blocks since its first row during which a hotkey is young |
/// | `young_weight` | 1e-4 | >= 0 | share of each young hotkey |
/// | `ema_alpha` | 0.3 | 0 to 1 | weight of the new vector in the moving average |
/// | `min_variation` | 0.001 | >= 0 | least coefficient of variation of an update |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct WeightProfile {
    pub burn_pct: f64,
    pub young_blocks: i64,
    pub young_weight: f64,
    pub ema_alpha: f64,
    pub min_variation: f64,
}

impl Default for WeightProfile {
    fn default() -> Self {
        Self {
            burn_pct: 0.35,
            young_blocks: 36_000,
            young_weight: 1e-4,
            ema_alpha: 0.3,
            min_variation: 0.001,
        }
    }
}

/// What one weight calculation starts from.
#[derive(Debug, Clone, Copy)]
pub struct WeightInput<'a> {
    /// Registered hotkeys by uid.
    pub hotkeys: &'a [String],
    /// Shares of pay, [`BURN`] among them.
    pub shares: &'a BTreeMap<String, f64>,
    /// Block of the first row in which each hotkey is listed.
    pub first_blocks: &'a BTreeMap<String, i64>,
    /// Block of the calculation.
    pub block: i64,
    /// The saved moving average by hotkey; none at the first calculation.
    pub previous: Option<&'a BTreeMap<String, f64>>,
}

/// The weight of every uid as the validator sets it: young hotkeys get a fixed crumb, a part burns to uid 0, and the
/// result is averaged with the saved one. `None` when the validator would not update.
///
/// # Errors
/// [`Error::Parameter`] for a profile outside its ranges.
///
/// ```
/// use mantis_eval::score::{WeightInput, WeightProfile, final_weights};
/// use std::collections::BTreeMap;
///
/// let hotkeys = ["owner", "a", "b"].map(str::to_owned);
/// let shares = BTreeMap::from([("a".to_owned(), 0.8), ("b".to_owned(), 0.2)]);
/// let first_blocks = hotkeys.iter().map(|h| (h.clone(), 0)).collect();
/// let input = WeightInput {
///     hotkeys: &hotkeys,
///     shares: &shares,
///     first_blocks: &first_blocks,
///     block: 100_000,
///     previous: None,
/// };
/// let weights = final_weights(input, &WeightProfile::default())?.expect("an update");
/// assert!((weights[0] - 0.35).abs() < 1e-6 && (weights[1] - 0.52).abs() < 1e-6);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn final_weights(input: WeightInput<'_>, profile: &WeightProfile) -> Result<Option<Vec<f32>>> {
    let what = "WeightProfile";
    for (parameter, got) in [("burn_pct", profile.burn_pct), ("ema_alpha", profile.ema_alpha)] {
        if !(0.0..=1.0).contains(&got) {
            return Err(Error::Parameter { what, parameter, expected: "within 0 to 1", got });
        }
    }
    let young = |hotkey: &String| {
        let first = input.first_blocks.get(hotkey);
        first.is_some_and(|first| input.block - first < profile.young_blocks)
    };
    let share = |uid: usize, hotkey: &String| {
        let burned = if uid == 0 { input.shares.get(BURN) } else { None };
        input.shares.get(hotkey).unwrap_or(&0.0) + burned.unwrap_or(&0.0)
    };
    let is_young: Vec<bool> = input.hotkeys.iter().map(young).collect();
    let mature: f64 = input
        .hotkeys
        .iter()
        .enumerate()
        .filter(|(uid, _)| !is_young[*uid])
        .map(|(uid, hotkey)| share(uid, hotkey))
        .sum();
    let crumbs = profile.young_weight * count(is_young.iter().filter(|y| **y).count());
    let mut raw: Vec<f64> = input
        .hotkeys
        .iter()
        .enumerate()
        .map(|(uid, hotkey)| {
            if is_young[uid] {
                profile.young_weight
            } else if mature > 0.0 {
                (1.0 - crumbs) * share(uid, hotkey) / mature
            } else {
                0.0
            }
        })
        .collect();
    if !normalise(&mut raw) {
        return Ok(None);
    }
    raw.iter_mut().for_each(|w| *w *= 1.0 - profile.burn_pct);
    raw[0] += profile.burn_pct;
    #[expect(clippy::cast_possible_truncation, reason = "the validator stores f32")]
    let mut weights: Vec<f64> = raw.iter().map(|&w| f64::from(w as f32)).collect();
    if !varies(&weights, profile.min_variation) || !normalise(&mut weights) {
        return Ok(None);
    }
    if let Some(previous) = input.previous {
        for (weight, hotkey) in weights.iter_mut().zip(input.hotkeys) {
            let old = previous.get(hotkey).unwrap_or(&0.0);
            *weight = profile.ema_alpha * *weight + (1.0 - profile.ema_alpha) * old;
        }
        normalise(&mut weights);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the chain takes f32")]
    Ok(Some(weights.into_iter().map(|w| w as f32).collect()))
}

/// Scales to a sum of 1; false for a sum of 0.
fn normalise(weights: &mut [f64]) -> bool {
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return false;
    }
    weights.iter_mut().for_each(|w| *w /= sum);
    true
}

/// Whether the positive weights are not all alike.
fn varies(weights: &[f64], least: f64) -> bool {
    let positive: Vec<f64> = weights.iter().copied().filter(|w| *w > 0.0).collect();
    if positive.is_empty() || positive.iter().all(|w| *w == positive[0]) {
        return false;
    }
    let n = count(positive.len());
    let mean = positive.iter().sum::<f64>() / n;
    let variance = positive.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / (n - 1.0);
    variance.sqrt() / mean >= least
}
