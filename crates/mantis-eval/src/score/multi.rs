//! All challenges together.

use super::binary::score_binary_from;
use super::cross::{RankScorer, judge_ranks};
use super::lbfgs::score_lbfgs_from;
use super::memory::Memory;
use super::{
    BinaryProfile, BreakoutProfile, BreakoutSample, ClusterProfile, CrossProfile, Declined,
    EmbeddingMatrix, HitfirstProfile, LbfgsProfile, TradeMixProfile, WeightProfile, score_breakout,
    score_hitfirst, score_trade_mix,
};
use crate::score::cluster::{Likeness, split_among_copies};
use crate::workers::{Progress, Workers};
use crate::{Error, Result};
use mantis_data::challenge::{Challenge, LossKind};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Every constant of the validator's scoring at one commit of MANTIS; the default is that of the newest one known. A user
/// overrides single constants with a partial document of the same form.
///
/// ```
/// use mantis_eval::score::ScoringProfile;
///
/// let profile = ScoringProfile::parse(r#"{"weights": {"burn_pct": 0.3}}"#)?;
/// assert_eq!(profile.upstream_commit, "bcff57b");
/// assert_eq!((profile.weights.burn_pct, profile.xsec.top_k), (0.3, 20));
/// assert!(ScoringProfile::parse(r#"{"upstream_commit": "0000000"}"#).is_err());
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoringProfile {
    /// Commit of MANTIS that the defaults are taken from.
    pub upstream_commit: String,
    /// Up or down.
    pub binary: BinaryProfile,
    /// Barrier hit first.
    pub hitfirst: HitfirstProfile,
    /// Buckets and quantiles.
    pub lbfgs: LbfgsProfile,
    /// Breakouts.
    pub breakout: BreakoutProfile,
    /// Ranks of returns.
    pub xsec: CrossProfile,
    /// Ranks of funding rates.
    pub funding: CrossProfile,
    /// Positions.
    pub trade_mix: TradeMixProfile,
    /// Copies.
    pub clusters: ClusterProfile,
    /// From shares to weights on the chain.
    pub weights: WeightProfile,
}

/// The commits whose constants are known, the newest first.
const COMMITS: [&str; 1] = ["bcff57b"];

impl ScoringProfile {
    /// The constants at a commit.
    ///
    /// # Errors
    /// [`Error::Profile`] for a commit that is not known here.
    pub fn named(commit: &str) -> Result<Self> {
        let profile = Self::default();
        if profile.upstream_commit == commit {
            return Ok(profile);
        }
        Err(Error::Profile {
            got: format!("the commit {commit:?}"),
            expected: format!("one of {}", COMMITS.join(", ")),
        })
    }

    /// The constants at the commit that a JSON document names (the newest one without), with those of the document in their
    /// place.
    ///
    /// # Errors
    /// [`Error::Profile`] for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let profile: Self = serde_json::from_str(text).map_err(|error| Error::Profile {
            got: error.to_string(),
            expected: r#"constants of the scoring as JSON, such as {"weights": {"burn_pct": 0.3}}"#
                .to_owned(),
        })?;
        // All defaults are those of one commit, so that a document of another must not be filled up with them.
        Self::named(&profile.upstream_commit)?;
        Ok(profile)
    }
}

impl Default for ScoringProfile {
    fn default() -> Self {
        Self {
            upstream_commit: COMMITS[0].to_owned(),
            binary: BinaryProfile::default(),
            hitfirst: HitfirstProfile::default(),
            lbfgs: LbfgsProfile::default(),
            breakout: BreakoutProfile::default(),
            xsec: CrossProfile::default(),
            funding: CrossProfile::default(),
            trade_mix: TradeMixProfile::default(),
            clusters: ClusterProfile::default(),
            weights: WeightProfile::default(),
        }
    }
}

/// What the validator knows of one challenge: what miners said, and what happened.
#[derive(Debug, Clone, Copy)]
pub enum Evidence<'a> {
    /// Binary: the return after each row.
    Returns(EmbeddingMatrix<'a>, &'a [f32]),
    /// Hit-first, and buckets with quantiles: the price of each row.
    Price(EmbeddingMatrix<'a>, &'a [f64]),
    /// Decided breakouts.
    Breakouts(&'a [BreakoutSample]),
    /// Ranks of returns or of funding rates, and positions: prices or rates (rows x assets) and the minute of each row.
    Assets(EmbeddingMatrix<'a>, ArrayView2<'a, f64>, Option<&'a [i64]>),
}

/// Shares of one challenge after copy detection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChallengeShares {
    /// Ticker of the challenge.
    pub ticker: String,
    /// Its weight in the reward.
    pub weight: f64,
    /// Shares by hotkey with a sum of 1, [`BURN`](super::BURN) among them; empty when the scorer declines.
    pub shares: BTreeMap<String, f64>,
    /// Why there are none.
    pub declined: Option<Declined>,
    /// Groups of miners that the validator takes for one: copies and correlated ones of binary challenges and first hits,
    /// joint ones of buckets; it forms none elsewhere.
    #[serde(default)]
    pub cohorts: Vec<Vec<String>>,
}

/// Scores one challenge of any kind as the validator does, copy detection included.
///
/// # Errors
/// [`Error::Evidence`] when the evidence is of another kind than the challenge, and the errors of its scorer.
pub fn score_challenge(
    challenge: &Challenge,
    evidence: Evidence<'_>,
    profile: &ScoringProfile,
    threads: usize,
    progress: Progress<'_>,
) -> Result<ChallengeShares> {
    let memory = &mut Memory::default();
    score_challenge_from(challenge, evidence, profile, threads, memory, progress)
        .map_err(|error| error.in_challenge(&challenge.ticker))
}

/// As [`score_challenge`] with what an earlier scoring found out about the miners; what is new is added to it. An error does
/// not name the challenge.
pub(crate) fn score_challenge_from(
    challenge: &Challenge,
    evidence: Evidence<'_>,
    profile: &ScoringProfile,
    threads: usize,
    memory: &mut Memory,
    progress: Progress<'_>,
) -> Result<ChallengeShares> {
    use LossKind as L;
    let ahead = challenge.blocks_ahead.unwrap_or(0);
    let mut cohorts = Vec::new();
    let Memory { likeness, binary, lbfgs, cross } = memory;
    let mut clustered = |matrix: &EmbeddingMatrix<'_>, salience: Vec<(String, f64)>| {
        let workers = Workers::new("copies", threads)?;
        let known = likeness.take();
        let found = Likeness::measure(matrix, &profile.clusters, &workers, known.as_ref())?;
        let likeness = likeness.insert(found);
        cohorts = likeness.exact_clusters();
        cohorts.extend(likeness.correlated_cohorts());
        let shares = split_among_copies(&salience.into_iter().collect(), likeness);
        Ok::<_, Error>(shares.into_iter().collect())
    };
    let (salience, declined) = match (challenge.loss, evidence) {
        (L::Binary, Evidence::Returns(matrix, returns)) => {
            let profile = &profile.binary;
            let found = score_binary_from(&matrix, returns, profile, threads, binary, progress)?;
            (clustered(&matrix, found.salience)?, found.declined)
        }
        (L::Hitfirst, Evidence::Price(matrix, price)) => {
            let found =
                score_hitfirst(&matrix, price, ahead, &profile.hitfirst, threads, progress)?;
            (clustered(&matrix, found.salience)?, found.declined)
        }
        (L::Lbfgs, Evidence::Price(matrix, price)) => {
            let profile = &profile.lbfgs;
            let found = score_lbfgs_from(&matrix, price, ahead, profile, threads, lbfgs, progress)?;
            cohorts = found.cohorts;
            (found.blended.salience, found.blended.declined)
        }
        (L::RangeBreakoutMulti, Evidence::Breakouts(samples)) => {
            let found = score_breakout(samples, &profile.breakout)?;
            (found.salience, found.declined)
        }
        (L::XsecRank, Evidence::Assets(matrix, prices, _)) => {
            let scorer = RankScorer::of_returns(&matrix, prices, ahead, &profile.xsec)?;
            let found = judge_ranks(scorer, threads, cross, progress)?;
            (found.outcome.salience, found.outcome.declined)
        }
        (L::FundingXsec, Evidence::Assets(matrix, rates, sidx)) => {
            let scorer = RankScorer::of_funding(&matrix, rates, sidx, ahead, &profile.funding)?;
            let found = judge_ranks(scorer, threads, cross, progress)?;
            (found.outcome.salience, found.outcome.declined)
        }
        (L::TradeMix, Evidence::Assets(matrix, prices, sidx)) => {
            (score_trade_mix(&matrix, prices, sidx, &profile.trade_mix)?.salience, None)
        }
        (kind, _) => {
            return Err(Error::Evidence { challenge: challenge.ticker.clone(), kind });
        }
    };
    let mut shares: BTreeMap<String, f64> = salience.into_iter().collect();
    let total: f64 = shares.values().sum();
    if total <= 0.0 {
        let (ticker, weight) = (challenge.ticker.clone(), challenge.weight);
        let declined = declined.or(Some(Declined::NoImportance));
        return Ok(ChallengeShares { ticker, weight, shares: BTreeMap::new(), declined, cohorts });
    }
    shares.values_mut().for_each(|share| *share /= total);
    Ok(ChallengeShares {
        ticker: challenge.ticker.clone(),
        weight: challenge.weight,
        shares,
        declined: None,
        cohorts,
    })
}

/// Weighted mean of the shares of all challenges that pay somebody, scaled to a sum of 1.
///
/// ```
/// use mantis_eval::score::{ChallengeShares, aggregate};
/// use std::collections::BTreeMap;
///
/// let challenge = |ticker: &str, weight, who: &str| ChallengeShares {
///     ticker: ticker.to_owned(),
///     weight,
///     shares: BTreeMap::from([(who.to_owned(), 1.0)]),
///     declined: None,
///     cohorts: Vec::new(),
/// };
/// let total = aggregate(&[challenge("ETH", 3.0, "a"), challenge("CADUSD", 1.0, "b")]);
/// assert_eq!(total["a"], 0.75);
/// ```
#[must_use]
pub fn aggregate(challenges: &[ChallengeShares]) -> BTreeMap<String, f64> {
    let mut total: BTreeMap<String, f64> = BTreeMap::new();
    let counted = || challenges.iter().filter(|c| !c.shares.is_empty());
    let weights: f64 = counted().map(|c| c.weight).sum();
    for challenge in counted() {
        for (hotkey, share) in &challenge.shares {
            *total.entry(hotkey.clone()).or_default() += challenge.weight * share / weights;
        }
    }
    let sum: f64 = total.values().sum();
    if sum > 0.0 {
        total.values_mut().for_each(|share| *share /= sum);
    }
    total
}
