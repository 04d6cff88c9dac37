//! The user among the miners of a validator's store.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use mantis_data::Timestamp;
use mantis_data::challenge::{Challenge, ChallengeTable};
use mantis_data::input::{self, most};
use mantis_eval::among::{AmongInput, AmongReport, among_cached};
use mantis_eval::ledger::{Ledger, LedgerCache, ReadFilter, SCORING_LAG_BLOCKS};
use mantis_eval::report::Report;
use mantis_eval::score::ScoringProfile;
use serde::Serialize;

use super::submissions::{BlockTimes, Submissions};
use super::{page, text};
use crate::{Error, Result};

/// The flags of `salience` with a ledger.
#[derive(Clone, Debug)]
pub struct AmongOptions {
    /// The validator's file.
    pub ledger: PathBuf,
    /// A hotkey of the ledger, a folder with an artifact or with one for each ticker, or a JSON-lines file of embeddings.
    pub me: String,
    /// Name under which embeddings from outside are inserted.
    pub hotkey: String,
    /// Challenges of the ledger.
    pub table: String,
    /// Constants of the scoring that differ from the validator's.
    pub scoring: Option<PathBuf>,
    /// Market data for the artifact.
    pub data_dir: PathBuf,
    /// One or two blocks and their times, from which the times of all others follow.
    pub block_at: Vec<(i64, Timestamp)>,
    /// The block at which the validator scores; the newest one without it.
    pub block: Option<i64>,
    /// A file with one registered hotkey in each line; the ledger's own newest ones without it.
    pub registered: Option<PathBuf>,
    /// Where the compact copy of the ledger is kept.
    pub cache: Cache,
    /// Threads.
    pub threads: usize,
}

/// Where the compact copy of a ledger is kept.
#[derive(Clone, Debug)]
pub enum Cache {
    /// In `<ledger>.mantis`.
    Beside,
    /// In another folder.
    In(PathBuf),
    /// Nowhere: challenge after challenge is read into memory.
    Off,
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Among {
    /// The file.
    pub ledger: String,
    /// The block at which it is scored.
    pub block: i64,
    /// The newest block whose data count.
    pub data_until: i64,
    /// Registered hotkeys, where they are known; only those are paid.
    pub registered: Option<usize>,
    /// Blocks from a hotkey's first row in which it is young.
    pub young_blocks: i64,
    /// Likeness from which the validator takes two for one cohort.
    pub cohort_likeness: f64,
    /// What else a reader must know.
    pub notes: Vec<String>,
    /// Pay, rivals and what each challenge is worth.
    pub report: AmongReport,
}

impl Among {
    /// The text that is printed.
    #[must_use]
    pub fn text(&self) -> String {
        text::among(self)
    }

    /// The result as one HTML page.
    ///
    /// # Errors
    /// Those of the charts.
    pub fn page(&self) -> Result<Report> {
        page::among(self)
    }
}

/// Scores the user among the miners of a ledger, on the data that the validator would take at the block. `progress` receives
/// (done, total) of each challenge in turn.
///
/// # Errors
/// [`Error::Flag`] for a hotkey that the ledger does not have or flags that do not go together, [`Error::Read`], and
/// those of the crates.
pub fn among(
    options: &AmongOptions,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Among> {
    let table = ChallengeTable::open(&options.table)?;
    let profile = scoring(options.scoring.as_deref())?;
    let ledger = Ledger::open(&options.ledger, table)?.with_breakout(profile.breakout.clone());
    let store = match &options.cache {
        Cache::Beside => Store::Cached(Box::new(LedgerCache::beside(ledger)?)),
        Cache::In(folder) => Store::Cached(Box::new(LedgerCache::open(ledger, folder)?)),
        Cache::Off => {
            Store::Plain { first_blocks: ledger.first_blocks()?, ledger: Box::new(ledger) }
        }
    };
    let (table, first_blocks) = (store.table(), store.first_blocks());
    let block = options.block.or(store.newest_block()?).unwrap_or(0);
    let data_until = block - SCORING_LAG_BLOCKS;
    if data_until <= 0 {
        return Err(Error::Flag {
            flag: "--block",
            got: block.to_string(),
            expected: format!(
                "more than {SCORING_LAG_BLOCKS}, as data up to {SCORING_LAG_BLOCKS} blocks before it count"
            ),
        });
    }
    let registered = match &options.registered {
        Some(path) => Some(hotkeys(path)?),
        None => store.registered()?,
    };
    let mut notes = Vec::new();
    if registered.is_none() {
        notes.push("the ledger does not say who is registered: departed hotkeys are paid too; give --registered".to_owned());
    }
    let path = Path::new(&options.me);
    let times = match &options.block_at[..] {
        [] => None,
        anchors => Some(BlockTimes::new(anchors)?),
    };
    if options.block_at.len() == 1 {
        notes.push(
            "times follow from one block at 12 s each; a second --block-at gives the pace"
                .to_owned(),
        );
    }
    let blocks = (first_blocks.values().copied().min().unwrap_or(0), data_until);
    let (data, threads) = (&options.data_dir, options.threads);
    let inserted = Submissions::of(path, table, data, times.as_ref(), blocks, threads)?;
    if inserted.is_none() {
        known(&options.me, first_blocks.keys(), registered.as_ref())?;
    }
    notes.extend(inserted.iter().flat_map(|submissions| submissions.notes.iter().cloned()));
    let find = |challenge: &Challenge, sidx: i64| inserted.as_ref()?.at(challenge, sidx);
    let input = AmongInput {
        me: if inserted.is_some() { &options.hotkey } else { &options.me },
        vectors: inserted.is_some().then_some(&find as &dyn Fn(&Challenge, i64) -> _),
        first_blocks,
        block,
        profile: &profile,
        threads: options.threads,
    };
    let count = registered.as_ref().map(BTreeSet::len);
    let filter = ReadFilter { max_block: Some(data_until), registered, ..ReadFilter::default() };
    let report = match &store {
        Store::Cached(cache) => among_cached(cache, &filter, &input, progress)?,
        Store::Plain { ledger, .. } => {
            mantis_eval::among::among(ledger.datasets(&filter), &input, progress)?
        }
    };
    Ok(Among {
        ledger: options.ledger.display().to_string(),
        block,
        data_until,
        registered: count,
        young_blocks: profile.weights.young_blocks,
        cohort_likeness: profile.clusters.correlation,
        notes,
        report,
    })
}

/// The ledger, with or without a compact copy of it.
enum Store {
    Cached(Box<LedgerCache>),
    Plain { ledger: Box<Ledger>, first_blocks: BTreeMap<String, i64> },
}

impl Store {
    fn table(&self) -> &ChallengeTable {
        match self {
            Self::Cached(cache) => cache.table(),
            Self::Plain { ledger, .. } => ledger.table(),
        }
    }

    fn first_blocks(&self) -> &BTreeMap<String, i64> {
        match self {
            Self::Cached(cache) => cache.first_blocks(),
            Self::Plain { first_blocks, .. } => first_blocks,
        }
    }

    fn newest_block(&self) -> mantis_eval::Result<Option<i64>> {
        match self {
            Self::Cached(cache) => Ok(cache.newest_block()),
            Self::Plain { ledger, .. } => ledger.newest_block(),
        }
    }

    fn registered(&self) -> mantis_eval::Result<Option<BTreeSet<String>>> {
        match self {
            Self::Cached(cache) => Ok(cache.registered().cloned()),
            Self::Plain { ledger, .. } => ledger.registered(),
        }
    }
}

/// Refuses a hotkey that never submitted or is not registered any more.
fn known<'a>(
    me: &str,
    mut listed: impl ExactSizeIterator<Item = &'a String>,
    registered: Option<&BTreeSet<String>>,
) -> Result<()> {
    let refused =
        |expected: String| Err(Error::Flag { flag: "--me", got: me.to_owned(), expected });
    let all = listed.len();
    if !listed.any(|hotkey| hotkey == me) {
        return refused(format!(
            "one of the {all} hotkeys of the ledger, an artifact's folder, or a file of embeddings"
        ));
    }
    match registered {
        Some(set) if !set.contains(me) => refused("a hotkey that is still registered".to_owned()),
        _ => Ok(()),
    }
}

fn hotkeys(path: &Path) -> Result<BTreeSet<String>> {
    let text = read(path)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

fn read(path: &Path) -> Result<String> {
    input::text(path, most::DOCUMENT)
        .map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// The constants of the scoring, with those of a file in their place.
pub(super) fn scoring(path: Option<&Path>) -> Result<ScoringProfile> {
    let Some(path) = path else { return Ok(ScoringProfile::default()) };
    ScoringProfile::parse(&read(path)?).map_err(|error| Error::Flag {
        flag: "--scoring",
        got: path.display().to_string(),
        expected: format!("a part of the scoring constants as JSON ({error})"),
    })
}
