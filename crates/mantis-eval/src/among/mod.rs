//! One miner among the real ones of a validator's store: pay, rivals, and what each challenge is worth to it.

mod recall;
mod rivals;
#[cfg(test)]
mod tests;

use crate::ledger::{BLOCKS_PER_ROW, Dataset, LedgerCache, Observed, ReadFilter};
use crate::score::{
    BURN, ChallengeShares, Declined, Memory, ScoringProfile, WeightInput, aggregate, final_weights,
    score_challenge_from,
};
use crate::workers::{Progress, Workers};
use crate::{Error, Result};
use half::f16;
use mantis_data::challenge::Challenge;
use rivals::rivals;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The embeddings of the user for a challenge at a minute (block / 5).
pub type Vectors<'a> = &'a dyn Fn(&Challenge, i64) -> Option<Vec<f32>>;

/// What [`among`] needs beside the data.
#[derive(Clone, Copy)]
pub struct AmongInput<'a> {
    /// The user's hotkey. Equal vectors of two hotkeys are paid to the lexicographically smaller name.
    pub me: &'a str,
    /// The user's embeddings; those that are stored under the hotkey if there are none. A challenge of which they say nothing
    /// keeps what is stored.
    pub vectors: Option<Vectors<'a>>,
    /// Block of the first row in which each hotkey is listed.
    pub first_blocks: &'a BTreeMap<String, i64>,
    /// Block of the weights.
    pub block: i64,
    /// Constants.
    pub profile: &'a ScoringProfile,
    /// Worker threads; the result does not depend on their number.
    pub threads: usize,
}

impl std::fmt::Debug for AmongInput<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AmongInput")
            .field("me", &self.me)
            .field("inserted", &self.vectors.is_some())
            .field("block", &self.block)
            .finish_non_exhaustive()
    }
}

/// A share and its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Share of the pay.
    pub share: f64,
    /// Rank from 1; equal shares have the same rank.
    pub rank: usize,
}

/// The rival whose submissions are most like the user's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rival {
    /// Its hotkey.
    pub hotkey: String,
    /// 1 - |correlation| of all values in the minutes in which both submitted: 0 says the same, 1 has nothing in common.
    pub distance: f64,
}

/// How alike some hotkeys are, the user first; empty where nobody can be compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LikenessMap {
    /// The hotkeys.
    pub hotkeys: Vec<String>,
    /// 1 - distance of every pair; 0 where two never submitted in the same 200 minutes.
    pub likeness: Vec<Vec<f64>>,
}

/// The user in one challenge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChallengePlace {
    /// Ticker of the challenge.
    pub ticker: String,
    /// Its weight in the reward.
    pub weight: f64,
    /// Hotkeys that ever submitted, the user included.
    pub miners: usize,
    /// The user's place; none where the challenge pays nobody.
    pub standing: Option<Place>,
    /// Why it pays nobody.
    pub declined: Option<Declined>,
    /// The most similar rival, where 200 minutes can be compared.
    pub nearest: Option<Rival>,
    /// The user and the rivals nearest to it, at most twelve hotkeys.
    pub map: LikenessMap,
    /// The others of the user's groups, as the validator forms them: copies and correlated ones of binary challenges and first
    /// hits, joint ones of buckets; it forms none elsewhere.
    pub cohort: Vec<String>,
    /// Whether embeddings from outside the store were inserted; without any, those stored under the hotkey count.
    pub inserted: bool,
}

/// The user's total if it sends nothing for a challenge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Without {
    /// Ticker of the challenge.
    pub ticker: String,
    /// Share of all pay.
    pub share: f64,
}

/// What [`among`] found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmongReport {
    /// The user's hotkey.
    pub me: String,
    /// Hotkeys that are paid or submitted.
    pub miners: usize,
    /// Every challenge with data.
    pub challenges: Vec<ChallengePlace>,
    /// Share of all pay.
    pub total: Place,
    /// The total without each challenge that pays the user.
    pub without: Vec<Without>,
    /// Weight on the chain without an earlier average; none where the validator would not update.
    pub weight: Option<f64>,
    /// Whether the hotkey is young at this block, and gets a fixed crumb.
    pub young: bool,
    /// Shares of all pay by hotkey, [`BURN`] among them.
    pub shares: BTreeMap<String, f64>,
}

/// Scores every challenge with the user's embeddings among the stored ones. Only one challenge is worked on at a time;
/// [`among_cached`] does not even hold that one in memory. `progress` receives (done, total) of each challenge in turn.
///
/// A row stays a row of its challenge whether or not the user submits in it; a minute in which nobody else submitted is
/// none.
///
/// # Errors
/// Those of the datasets and of the scorers, and [`Error::Parameter`] for the name of the burned part as hotkey.
///
/// ```no_run
/// use mantis_data::challenge::ChallengeTable;
/// use mantis_eval::among::{AmongInput, among};
/// use mantis_eval::ledger::Ledger;
/// use mantis_eval::ledger::ReadFilter;
/// use mantis_eval::score::ScoringProfile;
/// use std::ops::ControlFlow;
/// use std::path::Path;
///
/// let ledger = Ledger::open(Path::new("datalog.db"), ChallengeTable::profile("2026-07")?)?;
/// let input = AmongInput {
///     me: "5Hot",
///     vectors: None,
///     first_blocks: &ledger.first_blocks()?,
///     block: ledger.newest_block()?.unwrap_or(0),
///     profile: &ScoringProfile::default(),
///     threads: 2,
/// };
/// let filter = ReadFilter::default();
/// let report = among(ledger.datasets(&filter), &input, &mut |_, _| ControlFlow::Continue(()))?;
/// println!("{:.4} of all pay", report.total.share);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn among(
    datasets: impl Iterator<Item = Result<Dataset>>,
    input: &AmongInput<'_>,
    progress: Progress<'_>,
) -> Result<AmongReport> {
    check_me(input.me)?;
    let mut judged = Vec::new();
    for dataset in datasets {
        let (dataset, mine) = inserted(dataset?, input)?;
        let paid = pay(&dataset, input, &mut Memory::default(), progress)?;
        let place = stand(&dataset, mine.as_ref(), &paid, input)?;
        judged.push(Judged { paid, place, first: mine.map(|mine| mine.first) });
    }
    conclude(judged, input)
}

/// As [`among`] over the challenges of a cache. What an earlier run found out about the other miners is taken from there,
/// and so is every challenge in which nothing changed since.
///
/// # Errors
/// As [`among`], and those of [`LedgerCache::dataset`].
pub fn among_cached(
    cache: &LedgerCache,
    filter: &ReadFilter,
    input: &AmongInput<'_>,
    progress: Progress<'_>,
) -> Result<AmongReport> {
    check_me(input.me)?;
    let mut judged = Vec::new();
    for dataset in cache.datasets(filter) {
        let (dataset, mine) = inserted(dataset?, input)?;
        judged.push(recall::judge(cache, filter, &dataset, mine.as_ref(), input, progress)?);
    }
    conclude(judged, input)
}

fn check_me(me: &str) -> Result<()> {
    if me != BURN {
        return Ok(());
    }
    let (what, parameter) = ("among", "me (NaN stands for the name of the burned part)");
    let expected = "the hotkey of a miner";
    Err(Error::Parameter { what, parameter, expected, got: f64::NAN })
}

/// What the validator pays in one challenge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Paid {
    shares: ChallengeShares,
    /// Everybody who submits.
    hotkeys: BTreeSet<String>,
}

/// Where the user stands in one challenge.
#[derive(Debug)]
struct Judged {
    paid: Paid,
    place: ChallengePlace,
    /// The first minute of the user's inserted embeddings.
    first: Option<i64>,
}

/// What the user says in one challenge.
#[derive(Debug)]
struct Mine {
    /// The first minute.
    first: i64,
    /// Tells one set of embeddings from another.
    fingerprint: String,
}

/// The data with the user's embeddings, if there are any.
fn inserted(mut dataset: Dataset, input: &AmongInput<'_>) -> Result<(Dataset, Option<Mine>)> {
    let Some(vectors) = input.vectors else { return Ok((dataset, None)) };
    let challenge = dataset.challenge.clone();
    let mine: BTreeMap<i64, Vec<f32>> = dataset
        .asked()
        .into_iter()
        .filter_map(|sidx| Some((sidx, vectors(&challenge, sidx)?)))
        .collect();
    check_vectors(&challenge, &mine)?;
    let Some(&first) = mine.keys().next() else { return Ok((dataset, None)) };
    let mut hash = Sha256::new();
    for (sidx, vector) in &mine {
        hash.update(sidx.to_le_bytes());
        vector.iter().for_each(|v| hash.update(f16::from_f32(*v).to_le_bytes()));
    }
    dataset.insert(input.me, |sidx| mine.get(&sidx).cloned());
    let fingerprint = format!("{:x}", hash.finalize());
    Ok((dataset, Some(Mine { first, fingerprint })))
}

/// Scores one challenge.
fn pay(
    dataset: &Dataset,
    input: &AmongInput<'_>,
    memory: &mut Memory,
    progress: Progress<'_>,
) -> Result<Paid> {
    let (profile, threads) = (input.profile, input.threads);
    let (challenge, evidence) = (&dataset.challenge, dataset.evidence()?);
    let shares = score_challenge_from(challenge, evidence, profile, threads, memory, progress)
        .map_err(|error| error.in_challenge(&challenge.ticker).at_minute(&dataset.sidx))?;
    let mut hotkeys: BTreeSet<String> = dataset.hotkeys.iter().cloned().collect();
    if let Observed::Breakouts(samples) = &dataset.observed {
        hotkeys.extend(samples.iter().flat_map(|s| s.embeddings.keys()).cloned());
    }
    hotkeys.extend(shares.shares.keys().filter(|h| *h != BURN).cloned());
    Ok(Paid { shares, hotkeys })
}

/// The user's place in one challenge.
fn stand(
    dataset: &Dataset,
    mine: Option<&Mine>,
    paid: &Paid,
    input: &AmongInput<'_>,
) -> Result<ChallengePlace> {
    let Paid { shares, hotkeys } = paid;
    let mut found = ChallengePlace {
        ticker: shares.ticker.clone(),
        weight: shares.weight,
        miners: hotkeys.len(),
        standing: (!shares.shares.is_empty()).then(|| place(&shares.shares, input.me)),
        declined: shares.declined,
        nearest: None,
        map: LikenessMap::default(),
        cohort: cohort(&shares.cohorts, input.me),
        inserted: mine.is_some(),
    };
    if let Some(column) = dataset.hotkeys.iter().position(|h| h == input.me) {
        let workers = Workers::new("among", input.threads)?;
        (found.nearest, found.map) = rivals(&dataset.matrix()?, column, &workers)?;
    }
    Ok(found)
}

/// Pay and weight from all challenges.
fn conclude(judged: Vec<Judged>, input: &AmongInput<'_>) -> Result<AmongReport> {
    let miners: BTreeSet<String> = judged.iter().flat_map(|j| &j.paid.hotkeys).cloned().collect();
    let first = judged.iter().filter_map(|j| j.first).min();
    let (paid, challenges): (Vec<ChallengeShares>, Vec<ChallengePlace>) =
        judged.into_iter().map(|j| (j.paid.shares, j.place)).unzip();
    let shares = aggregate(&paid);
    let total = place(&shares, input.me);
    let without = without_each(&paid, input.me);
    let mut first_blocks = input.first_blocks.clone();
    if let Some(sidx) = first {
        let block = sidx * BLOCKS_PER_ROW;
        let known = first_blocks.entry(input.me.to_owned()).or_insert(block);
        *known = block.min(*known);
    }
    let age = first_blocks.get(input.me).map(|first| input.block - first);
    // Uid 0 is the owner, who submits nothing.
    let mut hotkeys = vec![String::from("__owner__")];
    hotkeys.extend(miners.iter().cloned());
    let weights = final_weights(
        WeightInput {
            hotkeys: &hotkeys,
            shares: &shares,
            first_blocks: &first_blocks,
            block: input.block,
            previous: None,
        },
        &input.profile.weights,
    )?;
    let uid = hotkeys.iter().position(|h| h == input.me);
    let weight = weights.and_then(|w| uid.map(|uid| f64::from(w[uid])));
    Ok(AmongReport {
        me: input.me.to_owned(),
        miners: miners.len(),
        challenges,
        total,
        without,
        weight,
        young: age.is_some_and(|age| age < input.profile.weights.young_blocks),
        shares,
    })
}

/// What could not be stored in half precision is not scored either.
fn check_vectors(challenge: &Challenge, mine: &BTreeMap<i64, Vec<f32>>) -> Result<()> {
    for vector in mine.values() {
        if vector.len() != challenge.stored_dim {
            let (what, expected) = ("among: my embedding", challenge.stored_dim);
            return Err(Error::Length { what, expected, got: vector.len() });
        }
        if let Some(index) = vector.iter().position(|v| !f16::from_f32(*v).is_finite()) {
            let (what, value) = ("among: my embedding", f64::from(vector[index]));
            return Err(Error::NotFinite { what, index, value });
        }
    }
    Ok(())
}

fn place(shares: &BTreeMap<String, f64>, me: &str) -> Place {
    let share = shares.get(me).copied().unwrap_or(0.0);
    let above = shares.iter().filter(|(h, s)| *h != BURN && **s > share).count();
    Place { share, rank: 1 + above }
}

/// The total with a share of zero in one challenge; the challenge still pays the others.
fn without_each(paid: &[ChallengeShares], me: &str) -> Vec<Without> {
    let weights: f64 = paid.iter().filter(|c| !c.shares.is_empty()).map(|c| c.weight).sum();
    let part = |c: &ChallengeShares| c.weight * c.shares.get(me).unwrap_or(&0.0) / weights;
    let total: f64 = paid.iter().map(part).sum();
    let mine = paid.iter().filter(|c| c.shares.contains_key(me));
    mine.map(|c| Without { ticker: c.ticker.clone(), share: total - part(c) }).collect()
}

/// The others in the groups that hold the user.
fn cohort(groups: &[Vec<String>], me: &str) -> Vec<String> {
    let mine = groups.iter().filter(|group| group.iter().any(|h| h == me));
    let others: BTreeSet<&String> = mine.flatten().filter(|h| *h != me).collect();
    others.into_iter().cloned().collect()
}
