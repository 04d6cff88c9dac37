//! A replica of the MANTIS validator's scoring of every kind of challenge.
//!
//! Described from the behaviour of MANTIS at commit `bcff57b`. Where the validator's solver stops early and the stopping
//! point is what it pays by, the same path is followed here; where it is stochastic or runs nearly to the optimum, fits
//! run to the optimum. How near the results come stands in the crate's README.

mod binary;
mod bootstrap;
mod breakout;
mod cluster;
mod cross;
mod fit;
mod helpers;
mod hitfirst;
mod lbfgs;
mod matrix;
mod memory;
mod multi;
mod outcome;
mod rng;
mod trade_mix;
mod weights;

pub use binary::{BinaryOutcome, BinaryProfile, ClassWeight, score_binary};
pub use breakout::{
    Breakout, BreakoutProfile, BreakoutSample, BreakoutTracker, PendingBreakout, TrackerEvent,
    breakout_episodes, replay_breakouts, score_breakout,
};
pub use cluster::{
    ClusterProfile, JointProfile, apply_clusters, correlated_cohorts, exact_clusters, joint_cohorts,
};
pub use cross::{
    CrossOutcome, CrossProfile, CrossSegment, forward_pairs, score_funding, score_xsec,
};
pub use helpers::{
    collapse_shares, equalise_shares, make_bins, out_of_sample_segments, recent_mass_weights,
    rolling_std, safe_logit, sigma_from_price, time_weights,
};
pub use hitfirst::{HitfirstProfile, hitfirst_labels, score_hitfirst};
pub use lbfgs::{LbfgsOutcome, LbfgsProfile, score_lbfgs};
pub use matrix::{Columns, EmbeddingMatrix};
#[cfg(feature = "ledger")]
pub(crate) use memory::{Known, Memory};
#[cfg(feature = "ledger")]
pub(crate) use multi::score_challenge_from;
pub use multi::{ChallengeShares, Evidence, ScoringProfile, aggregate, score_challenge};
pub use outcome::{BURN, Declined, Outcome};
pub use rng::{Pcg64, block_starts, seed_words};
pub use trade_mix::{
    MarketModel, TradeMixMiner, TradeMixOutcome, TradeMixProfile, discoveries, score_trade_mix,
    softplus,
};
pub use weights::{WeightInput, WeightProfile, final_weights};

/// Newest rows that the validator keeps of all but the binary challenges: 60 days of 7200.
pub(crate) const MAX_ROWS: usize = 432_000;
