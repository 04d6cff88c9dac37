//! A ledger of one's own: what a validator would have stored of this history and of these miners.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use mantis_data::challenge::{Challenge, ChallengeTable, LossKind};
use mantis_data::{DataDir, Interval, Series, SeriesKind, Timestamp, open_data_dir};
use mantis_eval::competitors::{Market, TimedEmbedding, field};
use mantis_eval::simulate::{LedgerScenario, LedgerSource, MinutePath, write_ledger};
use serde::Serialize;
use serde_json::{Map, Value};

use super::submissions::{BlockTimes, Submissions};
use crate::{Error, Result};

/// Blocks of a day.
const DAY_BLOCKS: i64 = 7200;
/// Blocks between two samples.
const SAMPLE_BLOCKS: i64 = 5;

/// The flags of `salience --write-ledger`.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// The new file.
    pub path: PathBuf,
    /// Challenges.
    pub table: String,
    /// Folder with market data.
    pub data_dir: PathBuf,
    /// Use data that was known then only.
    pub until: Option<Timestamp>,
    /// Days of samples.
    pub days: usize,
    /// Block of the first sample.
    pub first_block: i64,
    /// Synthetic miners.
    pub n_competitors: usize,
    /// Artifacts or files of submissions, each under the hotkey before `=`.
    pub miners: Vec<(String, PathBuf)>,
    /// Seed of minute prices and miners.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
}

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    /// The file.
    pub ledger: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Time of the first sample, and its block.
    pub from: Timestamp,
    /// Block of the first sample.
    pub first_block: i64,
    /// Samples.
    pub steps: usize,
    /// Hotkeys that submit.
    pub hotkeys: Vec<String>,
    /// Assets with prices.
    pub priced: Vec<String>,
    /// Assets of the table without data; the validator stores nothing of them.
    pub missing: Vec<String>,
    /// What else a reader must know.
    pub notes: Vec<String>,
}

impl Written {
    /// The text that is printed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![
            format!("{}: {:.1} MB", self.ledger, self.bytes as f64 / 1e6),
            format!("  {} samples from {} (block {})", self.steps, self.from, self.first_block),
            format!("  {} miners: {}", self.hotkeys.len(), self.hotkeys.join(", ")),
            format!("  prices of {}", self.priced.join(", ")),
        ];
        if !self.missing.is_empty() {
            lines.push(format!("  without data: {}", self.missing.join(", ")));
        }
        lines.extend(self.notes.iter().map(|note| format!("  note: {note}")));
        lines.push(format!(
            "\nScore it: salience --ledger {} --me {}",
            self.ledger,
            self.hotkeys.first().map_or("HOTKEY", String::as_str)
        ));
        lines.join("\n")
    }
}

/// What each synthetic miner says, by ticker.
type Said = BTreeMap<String, BTreeMap<String, Vec<TimedEmbedding>>>;

/// Writes the ledger. Each asset with hourly bars gets a minute price (recorded minutes where there are some, else a seeded
/// bridge), and the synthetic miners forecast every yes-or-no challenge that has one.
///
/// # Errors
/// [`Error::Flag`] for data that do not reach and hotkeys used twice, and those of the crates.
pub fn write(
    options: &WriteOptions,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Written> {
    let table = ChallengeTable::open(&options.table)?;
    let data = open_data_dir(&options.data_dir)?;
    let steps = options.days * 1440;
    let mut assets: Vec<String> =
        table.challenges().iter().flat_map(|c| c.assets.iter().cloned()).collect();
    assets.sort_unstable();
    assets.dedup();
    let known = |asset: &String| Some((asset.clone(), hourly(&data, asset, options.until)?));
    let bars: BTreeMap<String, mantis_data::Bars> = assets.iter().filter_map(known).collect();
    // Assets end at different hours: the last one at which three quarters of them have prices.
    let mut ends: Vec<Timestamp> =
        bars.values().map(|bars| bars.known_at(bars.len() - 1)).collect();
    ends.sort_unstable();
    let Some(&end) = ends.get(ends.len() / 4) else {
        return Err(Error::Flag {
            flag: "--data-dir",
            got: options.data_dir.display().to_string(),
            expected: format!("hourly bars of an asset of {}", table.name()),
        });
    };
    let from = end - Interval::minutes(i64::try_from(steps).unwrap_or(i64::MAX) - 1);
    let (mut prices, mut funding, mut missing) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for asset in &assets {
        let path = bars.get(asset).map(|bars| minutes(&data, asset, bars, from, end, options.seed));
        match path {
            Some(Ok(path)) => {
                prices.insert(asset.clone(), path);
            }
            Some(Err(mantis_eval::Error::TooShort { .. })) | None => missing.push(asset.clone()),
            Some(Err(error)) => return Err(error.into()),
        }
        if let Some(rates) = rates(&data, asset) {
            funding.insert(asset.clone(), rates);
        }
    }
    let mut notes = Vec::new();
    let synthetic = synthetic(options, &table, &bars, &prices, from)?;
    let times = BlockTimes::new(&[(options.first_block, from)])?;
    let last = options.first_block + SAMPLE_BLOCKS * steps as i64;
    let mut own = Vec::new();
    for (hotkey, path) in &options.miners {
        let said = Submissions::of(
            path,
            &table,
            &options.data_dir,
            Some(&times),
            (options.first_block, last),
            options.threads,
        )?;
        let Some(said) = said else {
            return Err(Error::Flag {
                flag: "--miner",
                got: path.display().to_string(),
                expected: "an artifact's folder or a file of submissions".to_owned(),
            });
        };
        notes.extend(said.notes.iter().map(|note| format!("{hotkey}: {note}")));
        own.push((hotkey.clone(), said));
    }
    let mut sources: Vec<LedgerSource<'_>> =
        synthetic.iter().map(|(hotkey, said)| streamed(hotkey, said)).collect();
    sources.extend(own.iter().map(|(hotkey, said)| uploaded(hotkey, said, &table)));
    let hotkeys: Vec<String> = sources.iter().map(|source| source.hotkey.clone()).collect();
    let scenario = LedgerScenario {
        table: &table,
        first_block: options.first_block,
        first_time: from,
        steps,
        prices: &prices,
        funding: &funding,
        sources: &sources,
    };
    write_ledger(&options.path, &scenario, progress)?;
    if steps as i64 * SAMPLE_BLOCKS < 5 * DAY_BLOCKS {
        notes.push("scorers need 5 days and more; give more --days".to_owned());
    }
    let bytes = std::fs::metadata(&options.path)
        .map_err(|source| Error::Read { path: options.path.clone(), source })?
        .len();
    Ok(Written {
        ledger: options.path.display().to_string(),
        bytes,
        from,
        first_block: options.first_block,
        steps,
        hotkeys,
        priced: prices.into_keys().collect(),
        missing,
        notes,
    })
}

fn hourly(data: &DataDir, asset: &str, until: Option<Timestamp>) -> Option<mantis_data::Bars> {
    let symbol = data.bars_symbol(asset, Interval::HOUR)?;
    let bars = data.bars(&symbol, Interval::HOUR).ok()?;
    let bars = until.map_or_else(|| bars.clone(), |until| bars.as_of(until));
    (!bars.is_empty()).then_some(bars)
}

fn minutes(
    data: &DataDir,
    asset: &str,
    bars: &mantis_data::Bars,
    from: Timestamp,
    end: Timestamp,
    seed: u64,
) -> mantis_eval::Result<MinutePath> {
    let recorded = data.bars_symbol(asset, Interval::MINUTE);
    let recorded = recorded.and_then(|symbol| data.bars(&symbol, Interval::MINUTE).ok());
    match recorded.map(|minutes| MinutePath::recorded(&minutes, from, end)) {
        Some(Ok(path)) => Ok(path),
        _ => MinutePath::bridge(bars, from, end, seed),
    }
}

fn rates(data: &DataDir, asset: &str) -> Option<Series> {
    data.has_series(asset, SeriesKind::FundingRate)
        .then(|| data.series(asset, SeriesKind::FundingRate).ok())?
}

/// The forecasts of the synthetic miners in every yes-or-no challenge with prices.
fn synthetic(
    options: &WriteOptions,
    table: &ChallengeTable,
    bars: &BTreeMap<String, mantis_data::Bars>,
    prices: &BTreeMap<String, MinutePath>,
    from: Timestamp,
) -> Result<Said> {
    let late = options.days.div_ceil(3);
    let all = field(options.n_competitors, options.seed, late);
    let originals: Vec<_> = all.into_iter().filter(|c| !c.family.copies_the_user()).collect();
    let mut said = Said::new();
    for challenge in table.challenges().iter().filter(|c| c.loss == LossKind::Binary) {
        let asset = &challenge.assets[0];
        let Some(bars) = bars.get(asset).filter(|_| prices.contains_key(asset)) else { continue };
        let market = Market { bars, mine: &[], span_start: from };
        for miner in &originals {
            let stream = miner.embeddings(&market)?;
            said.entry(miner.name.clone()).or_default().insert(challenge.ticker.clone(), stream);
        }
    }
    Ok(said)
}

/// A miner whose newest embedding of each challenge is uploaded at every sample.
fn streamed<'a>(
    hotkey: &'a str,
    said: &'a BTreeMap<String, Vec<TimedEmbedding>>,
) -> LedgerSource<'a> {
    let says = move |_: i64, time: Timestamp| {
        let newest = |stream: &Vec<TimedEmbedding>| {
            let known = stream.partition_point(|(t, _)| *t <= time).checked_sub(1)?;
            Some(Value::from(stream[known].1.to_vec()))
        };
        let found: Map<String, Value> = said
            .iter()
            .filter_map(|(ticker, stream)| Some((ticker.clone(), newest(stream)?)))
            .collect();
        sealed(hotkey, found)
    };
    LedgerSource { hotkey: hotkey.to_owned(), says: Box::new(says) }
}

/// A miner whose uploads are known.
fn uploaded<'a>(
    hotkey: &'a str,
    said: &'a Submissions,
    table: &'a ChallengeTable,
) -> LedgerSource<'a> {
    let says = move |block: i64, _: Timestamp| {
        let vector = |challenge: &Challenge| {
            let vector = said.at(challenge, block / SAMPLE_BLOCKS)?;
            Some((challenge.ticker.clone(), Value::from(vector)))
        };
        sealed(hotkey, table.challenges().iter().filter_map(vector).collect())
    };
    LedgerSource { hotkey: hotkey.to_owned(), says: Box::new(says) }
}

fn sealed(hotkey: &str, mut found: Map<String, Value>) -> Option<String> {
    if found.is_empty() {
        return None;
    }
    found.insert("hotkey".to_owned(), Value::from(hotkey));
    Some(Value::Object(found).to_string())
}

/// `HOTKEY=PATH`.
///
/// # Errors
/// A text without `=` or without a hotkey.
pub fn parse_miner(text: &str) -> std::result::Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((hotkey, path)) if !hotkey.is_empty() => {
            Ok((hotkey.to_owned(), Path::new(path).to_owned()))
        }
        _ => Err("expected HOTKEY=PATH".to_owned()),
    }
}
