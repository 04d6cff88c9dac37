//! What a run keeps in the cache for a later one.

use super::{AmongInput, Judged, Mine, Paid};
use crate::Result;
use crate::ledger::{Dataset, LedgerCache, ReadFilter};
use crate::score::{Known, Memory, ScoringProfile};
use crate::workers::Progress;
use mantis_data::challenge::Challenge;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// On what the pay of a challenge depends beside the store. Another version of this crate may score otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Key {
    version: String,
    challenge: Challenge,
    profile: ScoringProfile,
    max_block: Option<i64>,
    registered: Option<BTreeSet<String>>,
    max_unchanged: usize,
}

/// The challenge as an earlier run found it, or as it is found now with what earlier runs know of the other miners.
pub(super) fn judge(
    cache: &LedgerCache,
    filter: &ReadFilter,
    dataset: &Dataset,
    mine: Option<&Mine>,
    input: &AmongInput<'_>,
    progress: Progress<'_>,
) -> Result<Judged> {
    let challenge = &dataset.challenge;
    let key = Key {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        challenge: challenge.clone(),
        profile: input.profile.clone(),
        max_block: filter.max_block,
        registered: filter.registered.clone(),
        max_unchanged: filter.max_unchanged,
    };
    // One file for each set of embeddings, so that going back to an earlier one costs nothing.
    let text = serde_json::to_string(&key).unwrap_or_default();
    let said = mine.map_or_else(String::new, |mine| format!("{} {}", input.me, mine.fingerprint));
    let file = |part: &str, of: &str| {
        let hash = format!("{:x}", Sha256::digest(format!("{of}\n{said}\n{text}")));
        format!("{part}-{}", &hash[..16])
    };
    let (pay, place) = (file("pay", ""), file("place", input.me));
    let paid = match cache.recall(challenge, &pay, &key) {
        Some((paid, _)) => paid,
        None => {
            let paid = remembering(cache, dataset, mine, input, &key, progress)?;
            cache.keep(challenge, &pay, &key, &paid, &[])?;
            paid
        }
    };
    let place = match cache.recall(challenge, &place, &key) {
        Some((place, _)) => place,
        None => {
            let found = super::stand(dataset, mine, &paid, input)?;
            cache.keep(challenge, &place, &key, &found, &[])?;
            found
        }
    };
    Ok(Judged { paid, place, first: mine.map(|mine| mine.first) })
}

/// Scores with what earlier runs know of the other miners.
fn remembering(
    cache: &LedgerCache,
    dataset: &Dataset,
    mine: Option<&Mine>,
    input: &AmongInput<'_>,
    key: &Key,
    progress: Progress<'_>,
) -> Result<Paid> {
    let challenge = &dataset.challenge;
    let mut memory = match cache.recall::<_, Known>(challenge, "miners", key) {
        Some((known, columns)) => known.with(columns),
        None => Memory::default(),
    };
    let known = memory.size();
    // The user says something else each time.
    if mine.is_some() {
        memory.forget(input.me);
    }
    let paid = super::pay(dataset, input, &mut memory, progress)?;
    if mine.is_some() {
        memory.forget(input.me);
    }
    if memory.size() > known {
        let (value, columns) = memory.parts();
        cache.keep(challenge, "miners", key, &value, &columns)?;
    }
    Ok(paid)
}
