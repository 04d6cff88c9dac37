//! Thresholds of the copy detection.

use serde::{Deserialize, Serialize};

/// Thresholds of the copy detection; the default is what the validator runs with.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `scan_max_rows` | 100 000 | newest rows that [`apply_clusters`](super::apply_clusters) looks at |
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
