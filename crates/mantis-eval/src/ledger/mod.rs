//! The validator's store: what it keeps, and the training data that it builds from it.
//!
//! The rules are always here; reading and writing the SQLite file itself needs the feature `ledger`.

#[cfg(feature = "ledger")]
mod breakouts;
#[cfg(feature = "ledger")]
mod cache;
#[cfg(feature = "ledger")]
mod columns;
#[cfg(feature = "ledger")]
mod dataset;
#[cfg(feature = "ledger")]
mod decode;
mod encode;
#[cfg(feature = "ledger")]
mod reader;
mod rows;
mod rules;
#[cfg(feature = "ledger")]
mod trackers;
#[cfg(feature = "ledger")]
mod training;
#[cfg(feature = "ledger")]
mod writer;

#[cfg(feature = "ledger")]
pub use cache::LedgerCache;
#[cfg(feature = "ledger")]
pub use dataset::{Dataset, Observed};
pub use encode::pack;
#[cfg(feature = "ledger")]
pub use reader::Ledger;
pub use rows::{BinaryRules, PriceRow};
pub use rules::{MAX_PAYLOAD_BYTES, accepts_commitment, is_v2_payload};
#[cfg(feature = "ledger")]
pub use writer::{LedgerWriter, MATURITY_BLOCKS, Market, Submission};

use std::collections::BTreeSet;

/// A finished store that cannot be put at its place.
#[cfg(feature = "ledger")]
pub(crate) fn moved(path: &std::path::Path, source: std::io::Error) -> crate::Error {
    columns::cache(path, "put the store there", source)
}

/// The validator scores what is at least this many blocks old, so that what is still locked does not count as absent.
pub const SCORING_LAG_BLOCKS: i64 = 500;

/// Blocks of a stored minute.
pub(crate) const BLOCKS_PER_ROW: i64 = 5;

/// Which part of a store is read.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `max_block` | none | newest block; 0 is no limit, as at the validator |
/// | `registered` | none | hotkeys that count; all without it |
/// | `max_unchanged` | 15 | binary: steps that a price may stand still |
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct ReadFilter {
    pub max_block: Option<i64>,
    pub registered: Option<BTreeSet<String>>,
    pub max_unchanged: usize,
}

impl Default for ReadFilter {
    fn default() -> Self {
        Self { max_block: None, registered: None, max_unchanged: 15 }
    }
}

#[cfg(feature = "ledger")]
impl ReadFilter {
    fn last_sidx(&self) -> i64 {
        match self.max_block {
            None | Some(0) => i64::MAX,
            Some(block) => block.div_euclid(BLOCKS_PER_ROW),
        }
    }

    fn registers(&self, hotkey: &str) -> bool {
        self.registered.as_ref().is_none_or(|set| set.contains(hotkey))
    }
}
