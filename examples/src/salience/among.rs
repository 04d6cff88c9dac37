//! The user among the miners of a validator's store.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use mantis_data::challenge::{Challenge, ChallengeTable};
use mantis_data::{Embedding, Interval, Timestamp, open_data_dir};
use mantis_eval::among::{AmongInput, AmongReport};
use mantis_eval::ledger::{Ledger, ReadFilter};
use mantis_eval::report::Report;
use mantis_eval::score::ScoringProfile;
use mantis_models::Artifact;
use serde::Serialize;
use serde_json::Value;

use super::{page, text};
use crate::models::market::panel;
use crate::models::source::CONFIG;
use crate::{Error, Result};

/// Seconds of a block.
const BLOCK_SECONDS: i64 = 12;

/// The flags of `salience` with a ledger.
#[derive(Clone, Debug)]
pub struct AmongOptions {
    /// The validator's file.
    pub ledger: PathBuf,
    /// A hotkey of the ledger, a folder with an artifact, or a JSON-lines file of embeddings.
    pub me: String,
    /// Name under which embeddings from outside are inserted.
    pub hotkey: String,
    /// Challenges of the ledger.
    pub table: String,
    /// Constants of the scoring that differ from the validator's.
    pub scoring: Option<PathBuf>,
    /// Ticker that the artifact is for.
    pub ticker: String,
    /// Market data for the artifact.
    pub data_dir: PathBuf,
    /// A block and its time, from which the time of all others follows.
    pub block_at: Option<(i64, Timestamp)>,
    /// The newest block that counts.
    pub max_block: Option<i64>,
    /// Threads.
    pub threads: usize,
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Among {
    /// The file.
    pub ledger: String,
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

/// Embeddings by ticker and minute (block / 5).
type Stored = HashMap<(String, i64), Vec<f32>>;

/// Scores the user among the miners of a ledger. `progress` receives (done, total) of each challenge in turn.
///
/// # Errors
/// [`Error::Flag`] for a hotkey that the ledger does not have or flags that do not go together, [`Error::Read`], and
/// those of the crates.
pub fn among(
    options: &AmongOptions,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Among> {
    let table = ChallengeTable::profile(&options.table)?;
    let profile = scoring(options.scoring.as_deref())?;
    let ledger = Ledger::open(&options.ledger, table)?.with_breakout(profile.breakout.clone());
    let first_blocks = ledger.first_blocks()?;
    let newest = ledger.newest_block()?.unwrap_or(0);
    let block = options.max_block.unwrap_or(newest);
    let path = Path::new(&options.me);
    let inserted = if path.join(CONFIG).is_file() {
        Some(of_artifact(options, &ledger, block)?)
    } else if path.is_file() {
        Some(of_file(path)?)
    } else if first_blocks.contains_key(&options.me) {
        None
    } else {
        return Err(Error::Flag {
            flag: "--me",
            got: options.me.clone(),
            expected: format!(
                "one of the {} hotkeys of the ledger, an artifact's folder, or a file of embeddings",
                first_blocks.len()
            ),
        });
    };
    let find = |challenge: &Challenge, sidx: i64| -> Option<Vec<f32>> {
        inserted.as_ref()?.get(&(challenge.ticker.clone(), sidx)).cloned()
    };
    let input = AmongInput {
        me: if inserted.is_some() { &options.hotkey } else { &options.me },
        vectors: inserted.is_some().then_some(&find as &dyn Fn(&Challenge, i64) -> _),
        first_blocks: &first_blocks,
        block,
        profile: &profile,
        threads: options.threads,
    };
    let filter = ReadFilter { max_block: options.max_block, ..ReadFilter::default() };
    let report = mantis_eval::among::among(ledger.datasets(&filter), &input, progress)?;
    Ok(Among { ledger: options.ledger.display().to_string(), report })
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

fn scoring(path: Option<&Path>) -> Result<ScoringProfile> {
    let Some(path) = path else { return Ok(ScoringProfile::default()) };
    serde_json::from_str(&read(path)?).map_err(|error| Error::Flag {
        flag: "--scoring",
        got: format!("{} ({error})", path.display()),
        expected: "a part of the scoring constants as JSON".to_owned(),
    })
}

/// Lines such as `{"block": 4000000, "ETH": [0.2, -0.2]}`; a vector holds until the next line.
fn of_file(path: &Path) -> Result<Stored> {
    let bad = |line: usize, got: &str| Error::Flag {
        flag: "--me",
        got: format!("{} with {got:?} in line {line}", path.display()),
        expected: r#"lines such as {"block": 4000000, "ETH": [0.2, -0.2]}"#.to_owned(),
    };
    let mut stored = Stored::new();
    for (i, line) in read(path)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = || bad(i + 1, line);
        let Ok(Value::Object(entries)) = serde_json::from_str(line) else { return Err(wrong()) };
        let block = entries.get("block").and_then(Value::as_i64).ok_or_else(wrong)?;
        for (ticker, vector) in entries.iter().filter(|(key, _)| *key != "block") {
            let vector: Vec<f32> = serde_json::from_value(vector.clone()).map_err(|_| wrong())?;
            stored.insert((ticker.clone(), block.div_euclid(5)), vector);
        }
    }
    Ok(stored)
}

/// The artifact's forecast at every minute of its challenge, from bars closed by then.
fn of_artifact(options: &AmongOptions, ledger: &Ledger, last_block: i64) -> Result<Stored> {
    let Some((block, time)) = options.block_at else {
        return Err(Error::usage(
            "--block-at BLOCK=TIME is needed with an artifact: a ledger stores blocks, the market data times",
        ));
    };
    let challenge = ledger.table().get(&options.ticker)?;
    let artifact = Artifact::load(Path::new(&options.me))?;
    let time_of = |block_number: i64| {
        time + Interval::from_micros((block_number - block) * BLOCK_SECONDS * 1_000_000)
    };
    let data = open_data_dir(&options.data_dir)?;
    let panel = panel(&data, artifact.features().symbol(), time_of(last_block))?;
    let symbol = artifact.features().symbol();
    let rows = panel.bars(symbol).map_or(0, mantis_data::Bars::len);
    let first_block = ledger.first_blocks()?.into_values().min().unwrap_or(0);
    let seen = artifact.recipe().dates.validation_end;
    let start = time_of(first_block).max(seen);
    let frame = artifact.frame(&panel, 0, options.threads)?;
    let first = frame.known_at().partition_point(|&t| t + Interval::HOUR < start);
    let forecasts = artifact.forecasts(&frame, first..rows, options.threads)?;
    let mut stored = Stored::new();
    for forecast in &forecasts {
        let embedding = Embedding::from_probability(challenge, forecast.p_up)?;
        #[expect(clippy::cast_possible_truncation, reason = "embeddings are f32")]
        let vector: Vec<f32> = embedding.values().iter().map(|v| *v as f32).collect();
        // Until the next bar closes, and nothing the model has seen.
        let minutes = (0..60).map(|m| forecast.time + Interval::minutes(m)).filter(|t| *t >= start);
        for t in minutes {
            let blocks = (t - time).as_micros().div_euclid(BLOCK_SECONDS * 1_000_000);
            let sidx = (block + blocks).div_euclid(5);
            stored.insert((challenge.ticker.clone(), sidx), vector.clone());
        }
    }
    if stored.is_empty() {
        return Err(Error::Flag {
            flag: "--me",
            got: format!("{} (trained on data up to {seen})", options.me),
            expected: format!("a model with data between {start} and {}", time_of(last_block)),
        });
    }
    Ok(stored)
}
