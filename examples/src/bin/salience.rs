//! What a model would be paid, among synthetic miners or among those of a validator's ledger.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mantis_data::{ChallengeTable, Timestamp};
use mantis_examples::program::{self, OutputFlags, ThreadFlags};
use mantis_examples::runs::RunFlags;
use mantis_examples::salience::{self, AmongOptions, Cache, Options, Source, WriteOptions};
use mantis_examples::ui::{Stages, tell};
use mantis_examples::{Error, Result};
use serde::Serialize;

/// Score a model as the validator pays it.
///
/// Without --ledger: among synthetic miners of documented behaviour, with consistency, random signs and copies beside it.
/// With --ledger: among the real miners of a validator's datalog.db. The first question lays the ledger out beside it; later ones
/// about a challenge are answered from there.
/// With --write-ledger: a ledger of one's own, of this market and of synthetic miners, that the validator's code reads too.
///
/// Exit codes: 0 pass (or a ledger was scored), 3 below the pass criteria, 2 wrong flags, 1 anything else.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:\n  salience --ticker BTC --model-path target/demo/artifact --data-dir fixtures/data\n  salience --ledger datalog.db --me 5Hot..\n  salience --write-ledger own.db --days 30 --n-competitors 12 --data-dir fixtures/data"
)]
struct Flags {
    /// Ticker of the challenge
    #[arg(long, default_value = "BTC")]
    ticker: String,
    /// An artifact, or a folder with one for each ticker
    #[arg(long, conflicts_with = "forecasts")]
    model_path: Option<PathBuf>,
    /// CSV with the columns time and p_up, or time, value_1 and value_2 (what is sent), instead of a model
    #[arg(long)]
    forecasts: Option<PathBuf>,
    /// Folder with market data
    #[arg(long, value_name = "DIR", default_value = "data/raw")]
    data_dir: PathBuf,
    /// Use data that was known then only (default: all)
    #[arg(long, value_parser = Timestamp::parse)]
    until: Option<Timestamp>,
    /// Rows that are scored, one a minute; 4,060 rows of warm-up are added before them
    #[arg(long, default_value_t = 10_000)]
    n_samples: usize,
    /// Synthetic miners
    #[arg(long, default_value_t = 5)]
    n_competitors: usize,
    /// Percentile that counts as a pass
    #[arg(long, default_value_t = 90.0)]
    min_percentile: f64,
    /// Blocks over which the standing is followed, at least 1,000
    #[arg(long, default_value_t = 1_000)]
    blocks: usize,
    /// At how many moments of these blocks it is looked at
    #[arg(long, default_value_t = 5)]
    checks: usize,
    /// Histories with random signs that are scored beside it
    #[arg(long, default_value_t = 3)]
    surrogates: usize,
    /// Do not score copies of the model
    #[arg(long)]
    no_copies: bool,
    /// Score data that the model was trained on (the result is flattered)
    #[arg(long)]
    allow_seen: bool,
    /// Cost of a change of position by the whole capital, for the sign strategy
    #[arg(long, default_value_t = 0.0005)]
    cost: f64,
    /// Write the result as one HTML page
    #[arg(long)]
    out: Option<PathBuf>,
    /// A validator's datalog.db
    #[arg(long, requires = "me", conflicts_with_all = SIMULATED)]
    ledger: Option<PathBuf>,
    /// With --ledger: a hotkey of it, a folder with an artifact or one for each ticker, or a JSON-lines file of embeddings
    #[arg(long, requires = "ledger")]
    me: Option<String>,
    /// With --ledger: the name under which an artifact or a file is inserted
    #[arg(long, default_value = "me", requires = "ledger")]
    hotkey: String,
    /// The challenge table of a ledger
    #[arg(long, visible_alias = "profile", default_value = ChallengeTable::NEWEST)]
    table: String,
    /// Constants of the scoring that differ, as JSON
    #[arg(long)]
    scoring: Option<PathBuf>,
    /// With --ledger: the folder of its compact copy, from which later questions are answered [default: LEDGER.mantis]
    #[arg(long, requires = "ledger", value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// With --ledger: keep no compact copy
    #[arg(long, requires = "ledger", conflicts_with = "cache")]
    no_cache: bool,
    /// With --ledger and an artifact: the time of a block, such as 4000000=2025-06-01T00:00:00Z; twice for the pace
    #[arg(long, value_parser = parse_block, requires = "ledger")]
    block_at: Vec<(i64, Timestamp)>,
    /// With --ledger: the block at which the validator scores, on data up to 500 blocks before it [default: the newest]
    #[arg(long, requires = "ledger")]
    block: Option<i64>,
    /// With --ledger: a file with a registered hotkey in each line [default: those of the ledger's newest step]
    #[arg(long, requires = "ledger")]
    registered: Option<PathBuf>,
    /// Write a ledger: what a validator would have stored of the market data and of the miners
    #[arg(long, value_name = "FILE", conflicts_with_all = NOT_WRITTEN)]
    write_ledger: Option<PathBuf>,
    /// With --write-ledger: days of samples
    #[arg(long, default_value_t = 30, requires = "write_ledger")]
    days: usize,
    /// With --write-ledger: block of the first sample, a multiple of 5
    #[arg(long, default_value_t = 4_000_000, requires = "write_ledger")]
    first_block: i64,
    /// With --write-ledger: a miner beside the synthetic ones, from an artifact or a file of submissions; may be repeated
    #[arg(long, value_name = "HOTKEY=PATH", value_parser = salience::parse_miner, requires = "write_ledger")]
    miner: Vec<(String, PathBuf)>,
    #[command(flatten)]
    record: RunFlags,
    /// Seed of competitors, minute prices and random signs
    #[arg(long, default_value_t = 42)]
    seed: u64,
    #[command(flatten)]
    threads: ThreadFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Flags of the simulation, which a ledger does without.
const SIMULATED: [&str; 14] = [
    "runs",
    "model_path",
    "forecasts",
    "until",
    "n_samples",
    "n_competitors",
    "min_percentile",
    "blocks",
    "checks",
    "surrogates",
    "no_copies",
    "allow_seen",
    "cost",
    "seed",
];

/// Flags that mean nothing for a ledger of one's own.
const NOT_WRITTEN: [&str; 13] = [
    "ledger",
    "model_path",
    "forecasts",
    "scoring",
    "runs",
    "n_samples",
    "min_percentile",
    "blocks",
    "checks",
    "surrogates",
    "no_copies",
    "allow_seen",
    "cost",
];

fn parse_block(text: &str) -> std::result::Result<(i64, Timestamp), String> {
    let (block, time) = text.split_once('=').ok_or("expected BLOCK=TIME")?;
    let block = block.parse().map_err(|_| format!("{block:?} is no block number"))?;
    Ok((block, Timestamp::parse(time).map_err(|error| error.to_string())?))
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let (text, code) = run(flags)?;
        tell(&text);
        Ok(ExitCode::from(code))
    })
}

fn run(flags: Flags) -> Result<(String, u8)> {
    let threads = flags.threads.count();
    let stages = Stages::new(1, flags.output.quiet);
    let stage = stages.start("salience", "scoring");
    let mut progress = |done, total| stage.at(done, total);
    if let Some(path) = flags.write_ledger {
        let options = WriteOptions {
            path,
            table: flags.table,
            data_dir: flags.data_dir,
            until: flags.until,
            days: flags.days,
            first_block: flags.first_block,
            n_competitors: flags.n_competitors,
            miners: flags.miner,
            seed: flags.seed,
            threads,
        };
        let written = salience::write(&options, &mut progress)?;
        return Ok((if flags.output.json { json(&written)? } else { written.text() }, 0));
    }
    if let (Some(ledger), Some(me)) = (flags.ledger, flags.me) {
        let options = AmongOptions {
            ledger,
            me,
            hotkey: flags.hotkey,
            table: flags.table,
            scoring: flags.scoring,
            data_dir: flags.data_dir,
            block_at: flags.block_at,
            block: flags.block,
            registered: flags.registered,
            cache: match (flags.cache, flags.no_cache) {
                (_, true) => Cache::Off,
                (Some(folder), _) => Cache::In(folder),
                (None, _) => Cache::Beside,
            },
            threads,
        };
        let outcome = salience::among(&options, &mut progress)?;
        if let Some(path) = flags.out {
            outcome.page()?.write(path)?;
        }
        return Ok((if flags.output.json { json(&outcome)? } else { outcome.text() }, 0));
    }
    let source = match (flags.model_path, flags.forecasts) {
        (Some(path), _) => Source::Artifact(path),
        (None, Some(path)) => Source::Forecasts(path),
        (None, None) => {
            return Err(Error::usage("give --model-path, --forecasts, --ledger or --write-ledger"));
        }
    };
    let options = Options {
        ticker: flags.ticker,
        source,
        data_dir: flags.data_dir,
        until: flags.until,
        n_samples: flags.n_samples,
        n_competitors: flags.n_competitors,
        min_percentile: flags.min_percentile,
        blocks: flags.blocks,
        checks: flags.checks,
        surrogates: flags.surrogates,
        copies: !flags.no_copies,
        allow_seen: flags.allow_seen,
        cost: flags.cost,
        scoring: flags.scoring,
        record: flags.record,
        seed: flags.seed,
        threads,
    };
    let outcome = salience::run(&options, &mut progress)?;
    if let Some(path) = flags.out {
        outcome.page()?.write(path)?;
    }
    let code = outcome.exit_code();
    Ok((if flags.output.json { json(&outcome)? } else { outcome.text() }, code))
}

fn json(outcome: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(outcome).map_err(|error| Error::SelfCheck {
        what: "JSON of the result",
        got: error.to_string(),
        expected: "text".to_owned(),
    })
}
