//! Searches the parameters of a recipe.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use mantis_data::{Interval, Timestamp};
use mantis_examples::models::flags::end;
use mantis_examples::models::market;
use mantis_examples::models::sweep::{Options, Search, Swept, merge, sweep};
use mantis_examples::models::train::{Changes, Engine};
use mantis_examples::program::{self, OutputFlags, ThreadFlags};
use mantis_examples::runs::RunFlags;
use mantis_examples::ui::tell;
use mantis_examples::{Error, Result};

/// Try values of a recipe's parameters. Each trial is trained before the last days of validation and judged on them; nothing after the
/// end of validation is read.
#[derive(Parser)]
#[command(
    version,
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  sweep --ticker ETH --space space.toml                        a random search, 20 trials
  sweep --ticker ETH --space space.toml --method halving --trials 27
  sweep --ticker ETH --space space.toml --method grid --shard 2/8
  sweep merge target/sweep/ETH other-machine/ETH
A space is a TOML file with lists: lstm.hidden = [64, 128]. A sweep that was killed goes on with the next trial.
Exit codes: 0 done, 1 an error, 2 wrong flags."
)]
struct Flags {
    #[command(subcommand)]
    merge: Option<Merge>,
    /// Ticker or name of a challenge of a direction
    #[arg(long, required = true)]
    ticker: Option<String>,
    /// The values to try, in TOML
    #[arg(long, value_name = "FILE", required = true)]
    space: Option<PathBuf>,
    /// Table of challenges, or a TOML file with one of your own [default: the newest that has the ticker]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Folder with market data
    #[arg(long, value_name = "DIR", default_value = "data/raw")]
    data_dir: PathBuf,
    /// Folder of the trials, TICKER/trial-N.json; those that are done are not run again
    #[arg(long, value_name = "DIR", default_value = "target/sweep")]
    out: PathBuf,
    /// Which combinations are tried
    #[arg(long, value_enum, default_value = "random")]
    method: Method,
    /// Combinations of a random search, or of the first rung of successive halving [default: 20]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    trials: Option<u32>,
    /// Seed with which combinations are drawn [default: 42]
    #[arg(long)]
    seed: Option<u64>,
    /// Of successive halving: one trial of so many goes on, with so many times the epochs [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..))]
    factor: Option<u16>,
    /// Run the I-th of N parts of the trials
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = shard)]
    shard: (usize, usize),
    /// Days at the end of validation that trials are judged on
    #[arg(long, value_name = "DAYS", default_value_t = 91, value_parser = clap::value_parser!(i64).range(1..=3660))]
    judge_days: i64,
    /// Parts of a recipe for all trials, in TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// End of training [default: 2023-12-31]; trials end it --judge-days earlier
    #[arg(long, value_name = "TIME", value_parser = end)]
    train_end: Option<Timestamp>,
    /// End of validation [default: 2024-12-31]; trials end it --judge-days earlier
    #[arg(long, value_name = "TIME", value_parser = end)]
    val_end: Option<Timestamp>,
    #[command(flatten)]
    record: RunFlags,
    #[command(flatten)]
    threads: ThreadFlags,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Subcommand)]
enum Merge {
    /// Join the trials of several folders, as the parts of a search leave them
    Merge {
        /// Folders with trial-N.json
        #[arg(required = true)]
        folders: Vec<PathBuf>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// All combinations
    Grid,
    /// So many, drawn by a seed
    Random,
    /// So many for few epochs, the best of them for more, and so on. Parts (--shard) must share --out; each runs what it can and says
    /// for what it waits
    Halving,
}

/// `I/N` with I from 1 as a place from 0.
fn shard(text: &str) -> std::result::Result<(usize, usize), String> {
    let wrong = || format!("{text:?}: expected I/N with I from 1 to N, as 2/8");
    let (i, n) = text.split_once('/').ok_or_else(wrong)?;
    let (i, n): (usize, usize) = (i.parse().map_err(|_| wrong())?, n.parse().map_err(|_| wrong())?);
    if i == 0 || i > n { Err(wrong()) } else { Ok((i - 1, n)) }
}

fn run(flags: &Flags) -> Result<Swept> {
    if let Some(Merge::Merge { folders }) = &flags.merge {
        return merge(folders);
    }
    let (Some(ticker), Some(space)) = (&flags.ticker, &flags.space) else {
        return Err(Error::usage("a sweep needs --ticker and --space"));
    };
    let (trials, seed) = (flags.trials.unwrap_or(20) as usize, flags.seed.unwrap_or(42));
    let search = match flags.method {
        Method::Grid if flags.trials.is_some() || flags.seed.is_some() => {
            return Err(Error::usage("--trials and --seed are of drawn trials; leave them out"));
        }
        Method::Grid | Method::Random if flags.factor.is_some() => {
            return Err(Error::usage("--factor is of --method halving; leave it out"));
        }
        Method::Grid => Search::Grid,
        Method::Random => Search::Random { trials, seed },
        Method::Halving => {
            Search::Halving { trials, seed, factor: usize::from(flags.factor.unwrap_or(3)) }
        }
    };
    let options = Options {
        data_dir: flags.data_dir.clone(),
        out: flags.out.clone(),
        changes: Changes {
            config: flags.config.clone(),
            train_end: flags.train_end,
            validation_end: flags.val_end,
            ..Changes::default()
        },
        space: space.clone(),
        search,
        judged: Interval::days(flags.judge_days),
        shard: flags.shard,
        engine: Engine::default(),
        record: flags.record.clone(),
        threads: flags.threads.count(),
        quiet: flags.output.quiet,
    };
    sweep(&market::challenge(flags.profile.as_deref(), ticker)?, &options)
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let swept = run(&flags)?;
        match serde_json::to_string(&swept) {
            Ok(text) if flags.output.json => tell(&text),
            _ => tell(&swept),
        }
        Ok(ExitCode::SUCCESS)
    })
}
