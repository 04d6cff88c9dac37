//! Fetches market data and keeps it current.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use mantis_data::sync::Recheck;
use mantis_data::{ChallengeTable, Clock, Interval, Result, Timestamp};
use mantis_examples::Error;
use mantis_examples::SystemClock;
use mantis_examples::fetch::{self, Options, Outcome, SourceName, What};
use mantis_examples::program::{self, OutputFlags};
use mantis_examples::ui::tell;

/// Fetch market data from free sources into a store that is checked and can be taken up again at any time.
///
/// Only what is missing is fetched. A run may be interrupted at any moment; the next one goes on.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  fetch --ticker BTC                        bars from 2019-09-08, funding and open interest
  fetch --ticker BTC --format csv           the same, and data/raw/BTC/{ohlcv,funding_rates,open_interest}.csv
  fetch --ticker ETH --source bybit         where Binance is not served
  fetch                                     every ticker of the challenge table
  fetch --ticker BTC --watch                and keep it current
Exit codes: 0 everything is there that the sources have, 1 something is missing or failed, 2 wrong flags."
)]
struct Flags {
    /// Ticker such as BTC, or symbol such as BTCUSDT; may be repeated [default: every ticker of the profile]
    #[arg(long)]
    ticker: Vec<String>,
    /// Table of challenges whose tickers are fetched, or a TOML file with one of your own
    #[arg(long, default_value = ChallengeTable::NEWEST)]
    profile: String,
    /// Source to fetch from [default: Binance, and the one that there is for what is not listed there]
    #[arg(long)]
    source: Option<Source>,
    /// Kind of data; may be repeated [default: all; for a whole profile without open interest]
    #[arg(long)]
    only: Vec<Kind>,
    /// First day or time
    #[arg(long, default_value = "2019-09-08", value_parser = Timestamp::parse)]
    since: Timestamp,
    /// End of the time [default: now]
    #[arg(long, value_parser = Timestamp::parse)]
    until: Option<Timestamp>,
    /// Length of the bars: 1m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 12h, 1d
    #[arg(long, default_value = "1h", value_parser = parse_interval)]
    interval: Interval,
    /// Folder of the store
    #[arg(long, default_value = "data/raw")]
    data_dir: PathBuf,
    /// parquet: the store alone; csv: the guide's files beside it
    #[arg(long, value_enum, default_value_t = Format::Parquet)]
    format: Format,
    /// Fetch nothing: tell what is there and what is missing, and write CSV if asked to
    #[arg(long)]
    offline: bool,
    /// Mirror of all sources, or of one: archive=URL, spot=URL, futures=URL, bybit=URL, yahoo=URL; may be repeated
    #[arg(long)]
    base_url: Vec<String>,
    /// Proxy: http://host:port
    #[arg(long, env = "HTTPS_PROXY", hide_env_values = true)]
    proxy: Option<String>,
    /// Most requests at one time
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// Which archive files are compared with their published checksum
    #[arg(long, value_enum, default_value_t = Check::Recent)]
    recheck: Check,
    /// Keep the store current, once a minute, until interrupted
    #[arg(long, conflicts_with_all = ["offline", "until", "now"])]
    watch: bool,
    /// Time to believe in, for mirrors of old data
    #[arg(long, value_parser = Timestamp::parse)]
    now: Option<Timestamp>,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Clone, Copy, ValueEnum)]
enum Source {
    Binance,
    Bybit,
    Yahoo,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Bars,
    Funding,
    OpenInterest,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Parquet,
    Csv,
}

#[derive(Clone, Copy, ValueEnum)]
enum Check {
    None,
    Recent,
    All,
}

fn parse_interval(text: &str) -> Result<Interval> {
    text.parse()
}

impl Flags {
    fn options(self) -> Options {
        Options {
            tickers: self.ticker,
            profile: self.profile,
            source: self.source.map(|source| match source {
                Source::Binance => SourceName::Binance,
                Source::Bybit => SourceName::Bybit,
                Source::Yahoo => SourceName::Yahoo,
            }),
            only: self
                .only
                .into_iter()
                .map(|kind| match kind {
                    Kind::Bars => What::Bars,
                    Kind::Funding => What::Funding,
                    Kind::OpenInterest => What::OpenInterest,
                })
                .collect(),
            since: self.since,
            until: self.until,
            interval: self.interval,
            data_dir: self.data_dir,
            csv: self.format == Format::Csv,
            offline: self.offline,
            base_urls: self.base_url,
            proxy: self.proxy,
            threads: self.threads.into(),
            recheck: match self.recheck {
                Check::None => Recheck::None,
                Check::Recent => Recheck::Recent,
                Check::All => Recheck::All,
            },
            now: self.now,
            quiet: self.output.quiet,
        }
    }
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let (json, watch) = (flags.output.json, flags.watch);
        let options = flags.options();
        let tell = |outcome: &Outcome| match serde_json::to_string(outcome) {
            Ok(text) if json => tell(&text),
            _ => tell(outcome.to_string().trim_end()),
        };
        if watch {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
            let failed = |error: &Error| program::tell_error(error, json);
            fetch::watch(&options, &clock, &mut |round| {
                round.as_ref().map_or_else(failed, tell);
                ControlFlow::Continue(())
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        let outcome = fetch::run(&options)?;
        tell(&outcome);
        Ok(ExitCode::from(u8::from(!outcome.is_complete())))
    })
}
