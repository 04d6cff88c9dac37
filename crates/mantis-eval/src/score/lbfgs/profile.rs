//! Constants of the bucket and quantile scoring.

use crate::score::JointProfile;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Constants of the bucket and quantile scoring; the default is what the validator runs with.
///
/// In serialised form the fields carry the validator's names, and absent ones take their default. Rows are minutes.
///
/// | field | default | range | meaning |
/// |---|---|---|---|
/// | `min_required_samples` | 7200 | >= 2 | least rows; also decides the windows of the volatilities |
/// | `wf_chunk` | 12 000 | >= 1 | labelled rows of a walk-forward segment; two come before the first |
/// | `max_train` | 36 000 | >= 1 | newest labelled rows that a segment trains on |
/// | `recent_samples` | 14 000 | >= 1 | newest rows that together weigh as much as all older ones |
/// | `recency_gamma` | 0.5^(25/45) | 0 to 1 | weight of a segment relative to the next one |
/// | `meta_k` | 100 | >= 1 | miners in a segment's models |
/// | `top_k` | 25 | >= 1 | miners paid by each path |
/// | `lbfgs_min_joint` | 10 080 | >= 1 | least rows in which both of a cohort's pair are active |
/// | `lbfgs_min_submissions` | 10 080 | >= 1 | least active rows of a cohort's member |
/// | `joint_dims` | 5 | >= 1 | leading values that a cohort is told by |
/// | `joint_mean_tolerance` | 0.1 | >= 0 | largest difference of the active means of a cohort's pair |
/// | `joint_correlation` | 0.8 | 0 to 1 | least absolute correlation of a cohort's pair |
/// | `least_piece` | 200 | >= 1 | least rows of a segment |
/// | `min_active` | 0.05 | 0 to 1 | least share of rows in which a miner says something |
/// | `classifier_c` | 0.1 | > 0 | inverse penalty of the bucket models |
/// | `quantile_c` | 0.5 | > 0 | inverse penalty of the quantile models |
/// | `min_bucket_rows` | 100 | >= 1 | least rows of a quantile model |
/// | `bootstrap_n` | 20 | >= 0 | bootstrap replicates |
/// | `bootstrap_block` | 120 | >= 1 | rows of a bootstrap block |
/// | `seed` | 42 | | seed |
/// | `classifier_part` | 0.75 | 0 to 1 | part of the pay for the buckets; the rest is for the quantiles |
/// | `decay_top` | 50 | > 0 | three times the ranks in which pay decays by a factor e |
/// | `max_rows` | 432 000 | >= 1 | newest rows that count |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct LbfgsProfile {
    pub min_required_samples: usize,
    #[serde(rename = "_WF_CHUNK")]
    pub wf_chunk: usize,
    #[serde(rename = "_MAX_TRAIN")]
    pub max_train: usize,
    pub recent_samples: usize,
    #[serde(rename = "_RECENCY_GAMMA")]
    pub recency_gamma: f64,
    #[serde(rename = "_META_K")]
    pub meta_k: usize,
    pub top_k: usize,
    pub lbfgs_min_joint: usize,
    pub lbfgs_min_submissions: usize,
    pub joint_dims: usize,
    pub joint_mean_tolerance: f32,
    pub joint_correlation: f64,
    pub least_piece: usize,
    pub min_active: f64,
    pub classifier_c: f64,
    pub quantile_c: f64,
    pub min_bucket_rows: usize,
    pub bootstrap_n: usize,
    pub bootstrap_block: usize,
    pub seed: u64,
    pub classifier_part: f64,
    pub decay_top: f64,
    pub max_rows: usize,
}

impl Default for LbfgsProfile {
    fn default() -> Self {
        Self {
            min_required_samples: 7200,
            wf_chunk: 12_000,
            max_train: 36_000,
            recent_samples: 14_000,
            recency_gamma: 0.680_395_000_087_188_5,
            meta_k: 100,
            top_k: 25,
            lbfgs_min_joint: 10_080,
            lbfgs_min_submissions: 10_080,
            joint_dims: 5,
            joint_mean_tolerance: 0.1,
            joint_correlation: 0.8,
            least_piece: 200,
            min_active: 0.05,
            classifier_c: 0.1,
            quantile_c: 0.5,
            min_bucket_rows: 100,
            bootstrap_n: 20,
            bootstrap_block: 120,
            seed: 42,
            classifier_part: 0.75,
            decay_top: 50.0,
            max_rows: crate::score::MAX_ROWS,
        }
    }
}

impl LbfgsProfile {
    /// Checks every range of the table.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first value outside its range.
    pub fn check(&self) -> Result<()> {
        let what = "LbfgsProfile";
        let whole = [
            ("min_required_samples", self.min_required_samples / 2),
            ("wf_chunk", self.wf_chunk),
            ("max_train", self.max_train),
            ("recent_samples", self.recent_samples),
            ("meta_k", self.meta_k),
            ("top_k", self.top_k),
            ("lbfgs_min_joint", self.lbfgs_min_joint),
            ("lbfgs_min_submissions", self.lbfgs_min_submissions),
            ("joint_dims", self.joint_dims),
            ("least_piece", self.least_piece),
            ("min_bucket_rows", self.min_bucket_rows),
            ("bootstrap_block", self.bootstrap_block),
            ("max_rows", self.max_rows),
        ];
        if let Some(&(parameter, _)) = whole.iter().find(|(_, value)| *value == 0) {
            let expected = "at least 1 (min_required_samples: 2)";
            return Err(Error::Parameter { what, parameter, expected, got: 0.0 });
        }
        for (parameter, got) in [
            ("classifier_c", self.classifier_c),
            ("quantile_c", self.quantile_c),
            ("decay_top", self.decay_top),
        ] {
            if !(got.is_finite() && got > 0.0) {
                let expected = "finite and above 0";
                return Err(Error::Parameter { what, parameter, expected, got });
            }
        }
        for (parameter, got) in [
            ("recency_gamma", self.recency_gamma),
            ("min_active", self.min_active),
            ("classifier_part", self.classifier_part),
            ("joint_correlation", self.joint_correlation),
        ] {
            if !(0.0..=1.0).contains(&got) {
                return Err(Error::Parameter { what, parameter, expected: "within 0 to 1", got });
            }
        }
        let (parameter, got) = ("joint_mean_tolerance", f64::from(self.joint_mean_tolerance));
        if !(got.is_finite() && got >= 0.0) {
            let expected = "finite and not negative";
            return Err(Error::Parameter { what, parameter, expected, got });
        }
        Ok(())
    }

    /// What makes a cohort.
    pub(super) fn joint(&self) -> JointProfile {
        JointProfile {
            dims: self.joint_dims,
            min_active: self.lbfgs_min_submissions,
            min_joint: self.lbfgs_min_joint,
            mean_tolerance: self.joint_mean_tolerance,
            correlation: self.joint_correlation,
        }
    }

    /// Window of the causal volatility behind the buckets.
    pub(super) fn bucket_window(&self) -> usize {
        (self.min_required_samples / 2).max(1000)
    }

    /// Window of the volatility behind the quantiles.
    pub(super) fn quantile_window(&self) -> usize {
        self.min_required_samples.max(10)
    }
}
