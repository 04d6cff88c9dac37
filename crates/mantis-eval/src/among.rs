//! One miner among the real ones of a validator's store: pay, rivals, and what each challenge is worth to it.

#[cfg(test)]
mod tests;

use crate::ledger::{BLOCKS_PER_ROW, Dataset, Observed};
use crate::metrics::count;
use crate::score::{
    BURN, ChallengeShares, Declined, EmbeddingMatrix, JointProfile, ScoringProfile, WeightInput,
    aggregate, correlated_cohorts, exact_clusters, final_weights, joint_cohorts, score_challenge,
};
use crate::workers::Progress;
use crate::{Error, Result};
use half::f16;
use mantis_data::challenge::{Challenge, LossKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Rows in which both must be active before a distance is given.
const LEAST_JOINT: usize = 200;
/// Hotkeys on the map of a challenge.
const MAPPED: usize = 12;

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
    /// False for breakouts, where vectors from outside the store cannot be inserted: the stored events do not name their
    /// asset.
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

/// Scores every challenge with the user's embeddings among the stored ones. Only one challenge is kept in memory if
/// `datasets` yields them one at a time. `progress` receives (done, total) of each challenge in turn.
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
    if input.me == BURN {
        let (what, parameter) = ("among", "me (NaN stands for the name of the burned part)");
        let expected = "the hotkey of a miner";
        return Err(Error::Parameter { what, parameter, expected, got: f64::NAN });
    }
    let (mut challenges, mut paid) = (Vec::new(), Vec::new());
    let mut miners = BTreeSet::new();
    let mut first: Option<i64> = None;
    for dataset in datasets {
        let mut dataset = dataset?;
        let inserts = !matches!(dataset.observed, Observed::Breakouts(_));
        if let (Some(vectors), true) = (input.vectors, inserts) {
            let challenge = dataset.challenge.clone();
            let mine: BTreeMap<i64, Vec<f32>> = dataset
                .sidx
                .iter()
                .filter_map(|&sidx| Some((sidx, vectors(&challenge, sidx)?)))
                .collect();
            check_vectors(&challenge, &mine)?;
            if let Some(&sidx) = mine.keys().next() {
                first = Some(first.map_or(sidx, |earlier| earlier.min(sidx)));
                dataset.insert(input.me, |sidx| mine.get(&sidx).cloned());
            }
        }
        let evidence = dataset.evidence()?;
        let shares =
            score_challenge(&dataset.challenge, evidence, input.profile, input.threads, progress)?;
        challenges.push(challenge_place(&dataset, &shares, input, inserts)?);
        miners.extend(dataset.hotkeys.iter().cloned());
        miners.extend(shares.shares.keys().filter(|h| *h != BURN).cloned());
        paid.push(shares);
    }
    let shares = aggregate(&paid);
    let total = place(&shares, input.me);
    let without = without_each(&paid, input.me);
    let mut first_blocks = input.first_blocks.clone();
    if let (Some(sidx), Some(_)) = (first, input.vectors) {
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

fn challenge_place(
    dataset: &Dataset,
    shares: &ChallengeShares,
    input: &AmongInput<'_>,
    inserts: bool,
) -> Result<ChallengePlace> {
    let mut found = ChallengePlace {
        ticker: shares.ticker.clone(),
        weight: shares.weight,
        miners: dataset.hotkeys.len(),
        standing: (!shares.shares.is_empty()).then(|| place(&shares.shares, input.me)),
        declined: shares.declined,
        nearest: None,
        map: LikenessMap::default(),
        cohort: Vec::new(),
        inserted: inserts || input.vectors.is_none(),
    };
    if let Observed::Breakouts(samples) = &dataset.observed {
        let all: BTreeSet<&String> = samples.iter().flat_map(|s| s.embeddings.keys()).collect();
        found.miners = all.len();
        return Ok(found);
    }
    if let Some(column) = dataset.hotkeys.iter().position(|h| h == input.me) {
        let matrix = dataset.matrix()?;
        (found.nearest, found.map) = rivals(&matrix, column);
        found.cohort = cohort(&matrix, dataset.challenge.loss, input);
    }
    Ok(found)
}

/// The nearest rival, and the map of the nearest ones.
fn rivals(matrix: &EmbeddingMatrix<'_>, mine: usize) -> (Option<Rival>, LikenessMap) {
    let me = matrix.cleaned(mine);
    let mut distances: Vec<(f64, usize)> = (0..matrix.hotkeys().len())
        .filter(|&j| j != mine)
        .filter_map(|j| Some((joint_distance(&me, &matrix.cleaned(j), matrix.dim())?, j)))
        .collect();
    distances.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let Some(&(distance, first)) = distances.first() else {
        return (None, LikenessMap::default());
    };
    let nearest = Rival { hotkey: matrix.hotkeys()[first].clone(), distance };
    let near = distances.iter().map(|&(_, j)| j).take(MAPPED - 1);
    let shown: Vec<usize> = std::iter::once(mine).chain(near).collect();
    let values: Vec<Vec<f32>> = shown.iter().map(|&j| matrix.cleaned(j)).collect();
    let mut likeness = vec![vec![1.0; shown.len()]; shown.len()];
    for a in 0..shown.len() {
        for b in a + 1..shown.len() {
            let d = joint_distance(&values[a], &values[b], matrix.dim()).unwrap_or(1.0);
            likeness[a][b] = 1.0 - d;
            likeness[b][a] = 1.0 - d;
        }
    }
    let hotkeys = shown.iter().map(|&j| matrix.hotkeys()[j].clone()).collect();
    (Some(nearest), LikenessMap { hotkeys, likeness })
}

/// 1 - |correlation| over the rows where both have a value that is not zero; each value is centred by its own mean.
fn joint_distance(a: &[f32], b: &[f32], dim: usize) -> Option<f64> {
    let active = |v: &[f32]| v.iter().any(|&x| x != 0.0);
    let joint: Vec<(&[f32], &[f32])> = a
        .chunks_exact(dim)
        .zip(b.chunks_exact(dim))
        .filter(|(x, y)| active(x) && active(y))
        .collect();
    if joint.len() < LEAST_JOINT {
        return None;
    }
    let (mut cross, mut norm_a, mut norm_b) = (0.0, 0.0, 0.0);
    for d in 0..dim {
        let n = count(joint.len());
        let mean_a = joint.iter().map(|(x, _)| f64::from(x[d])).sum::<f64>() / n;
        let mean_b = joint.iter().map(|(_, y)| f64::from(y[d])).sum::<f64>() / n;
        for (x, y) in &joint {
            let (x, y) = (f64::from(x[d]) - mean_a, f64::from(y[d]) - mean_b);
            cross += x * y;
            norm_a += x * x;
            norm_b += y * y;
        }
    }
    let scale = (norm_a * norm_b).sqrt();
    (scale > 0.0).then(|| (1.0 - cross.abs() / scale).max(0.0))
}

/// The others in the groups that hold the user.
fn cohort(matrix: &EmbeddingMatrix<'_>, loss: LossKind, input: &AmongInput<'_>) -> Vec<String> {
    let profile = input.profile;
    let groups = match loss {
        LossKind::Binary | LossKind::Hitfirst => {
            let recent = matrix.last(profile.clusters.scan_max_rows);
            let mut groups = exact_clusters(&recent, &profile.clusters);
            groups.extend(correlated_cohorts(&recent, &profile.clusters));
            groups
        }
        LossKind::Lbfgs => joint_cohorts(
            matrix,
            &JointProfile {
                min_active: profile.lbfgs.lbfgs_min_submissions,
                min_joint: profile.lbfgs.lbfgs_min_joint,
                ..JointProfile::default()
            },
        ),
        _ => Vec::new(),
    };
    let mine = groups.into_iter().filter(|group| group.iter().any(|h| h == input.me));
    let others: BTreeSet<String> = mine.flatten().filter(|h| h != input.me).collect();
    others.into_iter().collect()
}
