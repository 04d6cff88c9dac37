//! Constants of the binary scoring.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Constants of the binary scoring; the default is what the validator runs with.
///
/// In serialised form the fields carry the validator's names (upper case), and absent ones take
/// their default. Rows are minutes.
///
/// | field | default | range | meaning |
/// |---|---|---|---|
/// | `chunk_size` | 4000 | > `lag` | rows of an out-of-sample segment |
/// | `top_k` | 50 | >= 1 | miners selected before the margin band |
/// | `ret_eps` | 0 | finite | returns above it count as "up" |
/// | `min_base_train` | 50 | >= 1 | least rows of a base fit |
/// | `base_c` | 0.5 | > 0 | inverse penalty of a base fit |
/// | `meta_l1_ratio` | 0.5 | 0 to 1 | L1 part of the meta model's penalty |
/// | `meta_c` | 1 | > 0 | inverse penalty of the meta model |
/// | `meta_max_iter` | 2000 | >= 1 | iterations of the single meta fit |
/// | `meta_class_weight` | balanced | | class weights of the meta model |
/// | `sel_window_rows` | 1440 | >= 1 | rows of a selection window |
/// | `sel_refit_days` | 5 | >= 1 | days between selection refits |
/// | `sel_fit_window_days` | 30 | >= 1 | days of history in a selection fit |
/// | `sel_halflife_days` | 15 | > 0 | half-life of a window's weight |
/// | `sel_min_window_rows` | 80 | >= 1 | least scored rows of a window |
/// | `sel_min_valid_windows` | 5 | >= 1 | least windows of a miner |
/// | `sel_auc_margin` | 0.005 | >= 0 | margin band below the last miner selected |
/// | `sel_band_max_extra` | 15 | >= 0 | most miners taken from the band |
/// | `min_meta_train_rows` | 50 | >= 1 | least rows of the single meta fit |
/// | `meta_bootstrap_n` | 10 | >= 0 | bootstrap replicates (below 2: none) |
/// | `meta_bootstrap_block` | 120 | >= 1 | rows of a bootstrap block |
/// | `meta_bootstrap_max_iter` | 800 | >= 1 | iterations of a replicate's fit |
/// | `indices_per_day` | 1440 | >= 1 | rows of a day |
/// | `halflife_days` | 15 | > 0 | half-life of a row's weight |
/// | `max_days` | 60 | >= 1 | days kept |
/// | `lag` | 60 | >= 1 | rows from a sample to its outcome (the embargo) |
/// | `seed` | 42 | | seed of the first bootstrap replicate |
///
/// ```
/// use mantis_eval::score::BinaryProfile;
///
/// let profile: BinaryProfile = serde_json::from_str(r#"{"TOP_K": 3}"#)?;
/// assert_eq!((profile.top_k, profile.chunk_size), (3, 4000));
/// assert!(profile.check().is_ok());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct BinaryProfile {
    pub chunk_size: usize,
    pub top_k: usize,
    pub ret_eps: f32,
    pub min_base_train: usize,
    pub base_c: f64,
    pub meta_l1_ratio: f64,
    pub meta_c: f64,
    pub meta_max_iter: usize,
    pub meta_class_weight: Option<ClassWeight>,
    pub sel_window_rows: usize,
    pub sel_refit_days: usize,
    pub sel_fit_window_days: usize,
    pub sel_halflife_days: f64,
    pub sel_min_window_rows: usize,
    pub sel_min_valid_windows: usize,
    pub sel_auc_margin: f32,
    pub sel_band_max_extra: usize,
    pub min_meta_train_rows: usize,
    pub meta_bootstrap_n: usize,
    pub meta_bootstrap_block: usize,
    pub meta_bootstrap_max_iter: usize,
    pub indices_per_day: usize,
    pub halflife_days: f64,
    pub max_days: usize,
    pub lag: usize,
    pub seed: u64,
}

/// How the meta model weights its two classes; none when absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeight {
    /// Both classes get the same total weight.
    Balanced,
}

impl Default for BinaryProfile {
    fn default() -> Self {
        Self {
            chunk_size: 4000,
            top_k: 50,
            ret_eps: 0.0,
            min_base_train: 50,
            base_c: 0.5,
            meta_l1_ratio: 0.5,
            meta_c: 1.0,
            meta_max_iter: 2000,
            meta_class_weight: Some(ClassWeight::Balanced),
            sel_window_rows: 1440,
            sel_refit_days: 5,
            sel_fit_window_days: 30,
            sel_halflife_days: 15.0,
            sel_min_window_rows: 80,
            sel_min_valid_windows: 5,
            sel_auc_margin: 0.005,
            sel_band_max_extra: 15,
            min_meta_train_rows: 50,
            meta_bootstrap_n: 10,
            meta_bootstrap_block: 120,
            meta_bootstrap_max_iter: 800,
            indices_per_day: 1440,
            halflife_days: 15.0,
            max_days: 60,
            lag: 60,
            seed: 42,
        }
    }
}

impl BinaryProfile {
    /// Checks every range of the table.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first value outside its range.
    pub fn check(&self) -> Result<()> {
        let what = "BinaryProfile";
        let positive = [
            ("top_k", self.top_k),
            ("min_base_train", self.min_base_train),
            ("meta_max_iter", self.meta_max_iter),
            ("sel_window_rows", self.sel_window_rows),
            ("sel_refit_days", self.sel_refit_days),
            ("sel_fit_window_days", self.sel_fit_window_days),
            ("sel_min_window_rows", self.sel_min_window_rows),
            ("sel_min_valid_windows", self.sel_min_valid_windows),
            ("min_meta_train_rows", self.min_meta_train_rows),
            ("meta_bootstrap_block", self.meta_bootstrap_block),
            ("meta_bootstrap_max_iter", self.meta_bootstrap_max_iter),
            ("indices_per_day", self.indices_per_day),
            ("max_days", self.max_days),
            ("lag", self.lag),
        ];
        if let Some(&(parameter, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(Error::Parameter { what, parameter, expected: "at least 1", got: 0.0 });
        }
        for (parameter, got) in [
            ("base_c", self.base_c),
            ("meta_c", self.meta_c),
            ("sel_halflife_days", self.sel_halflife_days),
            ("halflife_days", self.halflife_days),
        ] {
            if !(got.is_finite() && got > 0.0) {
                let expected = "finite and above 0";
                return Err(Error::Parameter { what, parameter, expected, got });
            }
        }
        let ranges = [
            ("ret_eps", "finite", f64::from(self.ret_eps), self.ret_eps.is_finite()),
            (
                "meta_l1_ratio",
                "within 0 to 1",
                self.meta_l1_ratio,
                (0.0..=1.0).contains(&self.meta_l1_ratio),
            ),
            (
                "sel_auc_margin",
                "finite and not negative",
                f64::from(self.sel_auc_margin),
                self.sel_auc_margin.is_finite() && self.sel_auc_margin >= 0.0,
            ),
        ];
        match ranges.into_iter().find(|(_, _, _, fits)| !fits) {
            Some((parameter, expected, got, _)) => {
                Err(Error::Parameter { what, parameter, expected, got })
            }
            None => Ok(()),
        }
    }

    /// Rows kept, counted from the end.
    #[must_use]
    pub fn max_rows(&self) -> usize {
        self.max_days.saturating_mul(self.indices_per_day)
    }

    /// Rows between two selection refits.
    pub(super) fn refit_rows(&self) -> usize {
        self.sel_refit_days.saturating_mul(self.indices_per_day)
    }

    /// Rows of history in a selection fit.
    pub(super) fn fit_window_rows(&self) -> usize {
        self.sel_fit_window_days.saturating_mul(self.indices_per_day)
    }
}
