//! The parts of a store that scoring needs, column by column, in a folder beside it.

use super::columns::{Column, ColumnFile, cache};
use super::{Dataset, Ledger, Observed, ReadFilter};
use crate::Result;
use crate::score::{BreakoutProfile, BreakoutSample};
use mantis_data::challenge::{Challenge, ChallengeTable, LossKind};
use mantis_data::input::{self, most};
use ndarray::Array2;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use tempfile::NamedTempFile;

/// Raised when what is written changes.
const FORMAT: u32 = 1;

/// Bytes of what is kept of a challenge beside its columns.
const MOST_KEPT: u64 = 8 << 30;

/// The last bytes of a file of columns.
const MAGIC: &[u8; 8] = b"MANTISCO";
/// File of what is known of the whole store.
const LISTS: &str = "hotkeys.json";

/// A store with a compact copy of it in a folder: the first reading of a challenge lays its embeddings out column by
/// column in half precision, and later ones take single columns from there. Neither holds a challenge in memory.
///
/// A file of the folder is used as long as the store, the challenge and the filter are the ones it was made of; else it is
/// made again. The folder can be deleted at any time.
///
/// ```no_run
/// use mantis_data::challenge::ChallengeTable;
/// use mantis_eval::ledger::{Ledger, LedgerCache, ReadFilter};
/// use std::path::Path;
///
/// let ledger = Ledger::open(Path::new("datalog.db"), ChallengeTable::profile("2026-07")?)?;
/// let cache = LedgerCache::beside(ledger)?;
/// let eth = cache.table().get("ETH")?.clone();
/// if let Some(dataset) = cache.dataset(&eth, &ReadFilter::default())? {
///     println!("{} miners, {} minutes", dataset.hotkeys.len(), dataset.sidx.len());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LedgerCache {
    ledger: Ledger,
    folder: PathBuf,
    stamp: Stamp,
    lists: Lists,
}

/// Size and time of change of a file, none where there is no such file.
type FileStamp = Option<(u64, u128)>;

/// What tells one state of a store from another: its file and its write-ahead log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    file: FileStamp,
    log: FileStamp,
}

/// What is known of the whole store.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Lists {
    format: u32,
    stamp: Stamp,
    first_blocks: BTreeMap<String, i64>,
    newest_block: Option<i64>,
    registered: Option<BTreeSet<String>>,
}

/// What a file of columns was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Key {
    format: u32,
    stamp: Stamp,
    challenge: Challenge,
    max_block: Option<i64>,
    registered: Option<BTreeSet<String>>,
    max_unchanged: usize,
    breakout: Option<BreakoutProfile>,
}

/// The start of a file that keeps something; columns of these lengths follow it.
#[derive(Debug, Serialize, Deserialize)]
struct Kept<K, T> {
    format: u32,
    stamp: Stamp,
    key: K,
    value: T,
    lengths: Vec<usize>,
}

/// The end of a file of columns.
#[derive(Debug, Serialize, Deserialize)]
struct Footer {
    key: Key,
    hotkeys: Vec<String>,
    stride: usize,
    rows: usize,
    samples: Option<Vec<BreakoutSample>>,
}

impl LedgerCache {
    /// The cache in the folder `<store>.mantis` beside the store.
    ///
    /// # Errors
    /// As [`LedgerCache::open`].
    pub fn beside(ledger: Ledger) -> Result<Self> {
        let mut folder = ledger.path().as_os_str().to_owned();
        folder.push(".mantis");
        Self::open(ledger, Path::new(&folder))
    }

    /// The cache in a folder, which is created if there is none. What is known of the whole store is read at once.
    ///
    /// # Errors
    /// [`LedgerCache`](crate::Error::LedgerCache) when the folder cannot be used, and those of [`Ledger::first_blocks`].
    pub fn open(ledger: Ledger, folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|e| cache(folder, "create the folder", e))?;
        let stamp = Stamp::of(ledger.path())?;
        let known = read_json::<Lists>(&folder.join(LISTS));
        let lists = match known.filter(|l| l.stamp == stamp && l.format == FORMAT) {
            Some(lists) => lists,
            None => {
                let lists = Lists {
                    format: FORMAT,
                    stamp: stamp.clone(),
                    first_blocks: ledger.first_blocks()?,
                    newest_block: ledger.newest_block()?,
                    registered: ledger.registered()?,
                };
                write_json(folder, LISTS, &lists)?;
                lists
            }
        };
        Ok(Self { ledger, folder: folder.to_owned(), stamp, lists })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The challenges that are read.
    #[must_use]
    pub fn table(&self) -> &ChallengeTable {
        self.ledger.table()
    }

    /// As [`Ledger::newest_block`].
    #[must_use]
    pub fn newest_block(&self) -> Option<i64> {
        self.lists.newest_block
    }

    /// As [`Ledger::first_blocks`].
    #[must_use]
    pub fn first_blocks(&self) -> &BTreeMap<String, i64> {
        &self.lists.first_blocks
    }

    /// As [`Ledger::registered`].
    #[must_use]
    pub fn registered(&self) -> Option<&BTreeSet<String>> {
        self.lists.registered.as_ref()
    }

    /// As [`Ledger::datasets`].
    pub fn datasets<'a>(
        &'a self,
        filter: &'a ReadFilter,
    ) -> impl Iterator<Item = Result<Dataset>> + 'a {
        let of = |challenge| self.dataset(challenge, filter).transpose();
        self.table().challenges().iter().filter_map(of)
    }

    /// As [`Ledger::dataset`], with the columns in the folder.
    ///
    /// # Errors
    /// As [`Ledger::dataset`], and [`LedgerCache`](crate::Error::LedgerCache) when the folder cannot be written.
    pub fn dataset(&self, challenge: &Challenge, filter: &ReadFilter) -> Result<Option<Dataset>> {
        let breakouts = challenge.loss == LossKind::RangeBreakoutMulti;
        let key = Key {
            format: FORMAT,
            stamp: self.stamp.clone(),
            challenge: challenge.clone(),
            max_block: filter.max_block,
            registered: filter.registered.clone(),
            max_unchanged: filter.max_unchanged,
            breakout: breakouts.then(|| self.ledger.breakout_profile().clone()),
        };
        let path = self.path_of(challenge, "columns");
        if let Some(dataset) = load(&path, &key) {
            return Ok(Some(dataset));
        }
        let fail = |source| cache(&path, "write columns", source);
        let mut new = NamedTempFile::new_in(&self.folder).map_err(fail)?;
        let place = (path.clone(), new.as_file().try_clone().map_err(fail)?);
        let Some(dataset) = self.ledger.build(challenge, filter, Some(place))? else {
            return Ok(None);
        };
        finish(new.as_file_mut(), key, &dataset).map_err(fail)?;
        new.persist(&path).map_err(|e| fail(e.error))?;
        Ok(Some(dataset))
    }

    /// What an earlier run kept under a name for a challenge, if it was made of the same `key`, and its columns.
    pub(crate) fn recall<K, T>(
        &self,
        challenge: &Challenge,
        name: &str,
        key: &K,
    ) -> Option<(T, Vec<Vec<f32>>)>
    where
        K: PartialEq + DeserializeOwned,
        T: DeserializeOwned,
    {
        let bytes = input::bytes(&self.path_of(challenge, name), MOST_KEPT).ok()?;
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (header, mut values) =
            rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let kept: Kept<K, T> = serde_json::from_slice(header).ok()?;
        if kept.format != FORMAT || kept.stamp != self.stamp || kept.key != *key {
            return None;
        }
        let mut columns = Vec::with_capacity(kept.lengths.len());
        for length in kept.lengths {
            let (column, after) = values.split_at_checked(4 * length)?;
            columns.push(column.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect());
            values = after;
        }
        values.is_empty().then_some((kept.value, columns))
    }

    /// Keeps something for a later run.
    pub(crate) fn keep(
        &self,
        challenge: &Challenge,
        name: &str,
        key: &impl Serialize,
        value: &impl Serialize,
        columns: &[&[f32]],
    ) -> Result<()> {
        let path = self.path_of(challenge, name);
        let fail = |source| cache(&path, "write", source);
        let lengths = columns.iter().map(|column| column.len()).collect();
        let kept = Kept { format: FORMAT, stamp: self.stamp.clone(), key, value, lengths };
        let header = serde_json::to_vec(&kept).map_err(|e| fail(e.into()))?;
        let write = |new: &NamedTempFile| {
            let mut out = io::BufWriter::new(new.as_file());
            out.write_all(&(header.len() as u64).to_le_bytes())?;
            out.write_all(&header)?;
            for value in columns.iter().copied().flatten() {
                out.write_all(&value.to_le_bytes())?;
            }
            out.flush()
        };
        let new = NamedTempFile::new_in(&self.folder).map_err(fail)?;
        write(&new).map_err(fail)?;
        new.persist(&path).map_err(|e| fail(e.error))?;
        Ok(())
    }

    fn path_of(&self, challenge: &Challenge, name: &str) -> PathBuf {
        self.folder.join(file_name(challenge, name))
    }
}

/// A table of one's own may have tickers that are no file names.
fn file_name(challenge: &Challenge, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    format!("{}.{name}", challenge.ticker.chars().map(plain).collect::<String>())
}

impl Stamp {
    fn of(path: &Path) -> Result<Self> {
        let stamp = |path: &Path| -> io::Result<FileStamp> {
            let found = match path.metadata() {
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
                found => found?,
            };
            let since = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            Ok(Some((found.len(), since.as_nanos())))
        };
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let fail = |source| cache(path, "look at the store", source);
        Ok(Self { file: stamp(path).map_err(fail)?, log: stamp(Path::new(&log)).map_err(fail)? })
    }
}

/// `None` for a file that is not there or not whole: it is made again.
fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&input::bytes(path, most::DOCUMENT).ok()?).ok()
}

fn write_json(folder: &Path, name: &str, value: &impl Serialize) -> Result<()> {
    let path = folder.join(name);
    let fail = |source| cache(&path, "write", source);
    let new = NamedTempFile::new_in(folder).map_err(fail)?;
    serde_json::to_writer(io::BufWriter::new(new.as_file()), value)
        .map_err(|e| fail(io::Error::from(e)))?;
    new.persist(&path).map_err(|e| fail(e.error))?;
    Ok(())
}

/// Appends to the columns what happened in each row, and what the file was made of.
fn finish(file: &mut File, key: Key, dataset: &Dataset) -> io::Result<()> {
    let (samples, values) = match &dataset.observed {
        Observed::Breakouts(samples) => (Some(samples.clone()), Vec::new()),
        Observed::Returns(returns) => (None, returns.iter().map(|&v| f64::from(v)).collect()),
        Observed::Price(price) => (None, price.clone()),
        Observed::Assets(table) => (None, table.iter().copied().collect()),
    };
    let stride = match dataset.columns.first() {
        Some(Column::Stored(_, file)) => file.stride,
        _ => 0,
    };
    let (hotkeys, rows) = (dataset.hotkeys.clone(), dataset.sidx.len());
    let footer = serde_json::to_vec(&Footer { key, hotkeys, stride, rows, samples })?;
    let columns = columns_bytes(dataset.hotkeys.len(), stride, dataset.challenge.stored_dim);
    file.seek(SeekFrom::Start(columns))?;
    let mut out = io::BufWriter::new(file);
    for sidx in &dataset.sidx {
        out.write_all(&sidx.to_le_bytes())?;
    }
    for value in values {
        out.write_all(&value.to_le_bytes())?;
    }
    out.write_all(&footer)?;
    out.write_all(&(footer.len() as u64).to_le_bytes())?;
    out.write_all(MAGIC)?;
    out.flush()
}

fn columns_bytes(hotkeys: usize, stride: usize, dim: usize) -> u64 {
    (2 * hotkeys * stride * dim) as u64
}

/// The data of a file that was made of `key`; `None` for any other, or one that is not whole.
fn load(path: &Path, key: &Key) -> Option<Dataset> {
    let mut file = File::open(path).ok()?;
    let mut end = [0; 16];
    file.seek(SeekFrom::End(-16)).ok()?;
    file.read_exact(&mut end).ok()?;
    let (length, magic) = end.split_at(8);
    let length = u64::from_le_bytes(length.try_into().ok()?);
    if magic != MAGIC {
        return None;
    }
    let total = file.metadata().ok()?.len();
    let start = total.checked_sub(16)?.checked_sub(length)?;
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut footer = vec![0; usize::try_from(length).ok()?];
    file.read_exact(&mut footer).ok()?;
    let footer: Footer = serde_json::from_slice(&footer).ok()?;
    if footer.key != *key {
        return None;
    }
    let challenge = key.challenge.clone();
    if let Some(samples) = footer.samples {
        return Some(Dataset::breakouts(challenge, samples));
    }
    let assets = challenge.assets.len();
    let wide = !matches!(challenge.loss, LossKind::Binary | LossKind::Hitfirst | LossKind::Lbfgs);
    let per_row = if wide { assets } else { 1 };
    let columns = columns_bytes(footer.hotkeys.len(), footer.stride, challenge.stored_dim);
    if columns + 8 * (footer.rows * (1 + per_row)) as u64 != start {
        return None;
    }
    file.seek(SeekFrom::Start(columns)).ok()?;
    let mut bytes = vec![0; usize::try_from(start - columns).ok()?];
    file.read_exact(&mut bytes).ok()?;
    let (words, _) = bytes.as_chunks::<8>();
    let (sidx, values) = words.split_at(footer.rows);
    let values: Vec<f64> = values.iter().map(|&word| f64::from_le_bytes(word)).collect();
    #[expect(clippy::cast_possible_truncation, reason = "they were f32 before they were written")]
    let observed = match challenge.loss {
        LossKind::Binary => Observed::Returns(values.into_iter().map(|v| v as f32).collect()),
        _ if !wide => Observed::Price(values),
        _ => Observed::Assets(Array2::from_shape_vec((footer.rows, assets), values).ok()?),
    };
    let (path, stride) = (path.to_owned(), footer.stride);
    let file = Arc::new(ColumnFile { path, file, stride });
    let columns = (0..footer.hotkeys.len()).map(|j| Column::Stored(j, file.clone())).collect();
    Some(Dataset {
        challenge,
        hotkeys: footer.hotkeys,
        sidx: sidx.iter().map(|&word| i64::from_le_bytes(word)).collect(),
        observed,
        columns,
    })
}
