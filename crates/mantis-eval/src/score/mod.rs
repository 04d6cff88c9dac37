//! A replica of the MANTIS validator's scoring of binary (up or down within an hour) challenges.
//!
//! Described from the behaviour of MANTIS at commit `bcff57b`. The fits that the validator stops
//! early or solves stochastically are solved to their optimum here: shares then differ from the
//! validator's by less than 1e-4 in every case compared, and the same miners are selected in the
//! same order.

mod binary;
mod bootstrap;
mod cluster;
mod helpers;
mod matrix;
mod rng;

pub use binary::{BinaryOutcome, BinaryProfile, ClassWeight, Declined, score_binary};
pub use cluster::{
    ClusterProfile, JointProfile, apply_clusters, correlated_cohorts, exact_clusters, joint_cohorts,
};
pub use helpers::{
    collapse_shares, equalise_shares, make_bins, out_of_sample_segments, recent_mass_weights,
    rolling_std, safe_logit, sigma_from_price, time_weights,
};
pub use matrix::EmbeddingMatrix;
pub use rng::{Pcg64, block_starts, seed_words};
