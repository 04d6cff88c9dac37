//! Tells what is odd about market data.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use mantis_data::{Clock, Interval, Result, Severity, Timestamp};
use mantis_examples::SystemClock;
use mantis_examples::check_data::{self, Options};
use mantis_examples::program;
use mantis_examples::ui::tell;

/// Check market data: gaps, duplicates, broken rows, wicks, jumps, disagreement between venues, damaged files.
///
/// Reads the store of `fetch`, and SYMBOL/{ohlcv,funding_rates,open_interest}.{parquet,csv}.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  check_data                                 everything in data/raw
  check_data --data-dir fixtures/data --ticker BTC
  check_data --fresh --allow warning --json
Exit codes: 0 nothing odd, 1 the folder cannot be read, 2 wrong flags, 3 warnings, 4 errors."
)]
struct Flags {
    /// Folder with the data
    #[arg(long, default_value = "data/raw")]
    data_dir: PathBuf,
    /// Symbol, or ticker for all its venues; may be repeated [default: all]
    #[arg(long)]
    ticker: Vec<String>,
    /// Length of the bars [default: all that there are]
    #[arg(long, value_parser = parse_interval)]
    interval: Option<Interval>,
    /// The last bars must be there too
    #[arg(long)]
    fresh: bool,
    /// Time to believe in for --fresh [default: now]
    #[arg(long, requires = "fresh", value_parser = Timestamp::parse)]
    now: Option<Timestamp>,
    /// Findings that do not count for the exit code
    #[arg(long, value_enum, default_value_t = Allow::Info)]
    allow: Allow,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print nothing if nothing counts
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Allow {
    Info,
    Warning,
    Error,
}

fn parse_interval(text: &str) -> Result<Interval> {
    text.parse()
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let now = SystemClock::default().now();
        let options = Options {
            data_dir: flags.data_dir,
            names: flags.ticker,
            interval: flags.interval,
            fresh_at: flags.fresh.then(|| flags.now.unwrap_or(now)),
        };
        let allowed = match flags.allow {
            Allow::Info => Severity::Info,
            Allow::Warning => Severity::Warning,
            Allow::Error => Severity::Error,
        };
        let findings = check_data::run(&options)?;
        let code = findings.exit_code(allowed);
        match serde_json::to_string(&findings) {
            Ok(text) if flags.json => tell(&text),
            _ if flags.quiet && code == 0 => {}
            _ => tell(findings.to_string().trim_end()),
        }
        Ok(ExitCode::from(code))
    })
}
