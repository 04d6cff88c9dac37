//! Looks for look-ahead in a feature plan.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use indicatif::ProgressBar;
use mantis_data::{Interval, Timestamp};
use mantis_examples::audit::{self, Options};
use mantis_examples::program::{self, OutputFlags};
use mantis_examples::ui::tell;
use mantis_features::audit::AuditOptions;

/// Audit a feature plan for look-ahead: no value may depend on what was not known when its bar closed.
///
/// Cuts and changes the data after some times and compares bits, runs the plan as a live stream, and lets a fast learner try to
/// predict random signs, shuffled labels and later entries.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  audit --data-dir fixtures/data                     the default plan of BTCUSDT
  audit --data-dir fixtures/data --plan my_plan.toml --json
  audit --data-dir fixtures/data --no-vmd --canaries    the planted leaks too
Exit codes: 0 no look-ahead found, 1 it cannot be run, 2 wrong flags, 3 look-ahead found or a column without a value, 4 a planted
leak was missed, 5 with --strict: nothing found, but a check could not be made."
)]
struct Flags {
    /// Folder with the data: the store of `fetch`, or SYMBOL/{ohlcv,funding_rates}.{parquet,csv}
    #[arg(long, default_value = "data/raw")]
    data_dir: PathBuf,
    /// Plan in TOML: symbol = "..", columns = [..] [default: the default plan]
    #[arg(long)]
    plan: Option<PathBuf>,
    /// Symbol of the default plan
    #[arg(long, default_value = "BTCUSDT", conflicts_with = "plan")]
    symbol: String,
    /// Length of the bars
    #[arg(long, default_value = "1h", value_parser = parse_interval)]
    interval: Interval,
    /// Use only what was known at this time
    #[arg(long, value_parser = Timestamp::parse)]
    until: Option<Timestamp>,
    /// Rows of the VMD window [default: the plan's]
    #[arg(long)]
    vmd_window: Option<usize>,
    /// Leave out the VMD columns
    #[arg(long)]
    no_vmd: bool,
    /// Audit the planted leaks too: each must be caught
    #[arg(long)]
    canaries: bool,
    /// Fail when a check could not be made, for want of rows or of a live form
    #[arg(long)]
    strict: bool,
    /// Times at which the data is cut and changed
    #[arg(long, default_value_t = AuditOptions::default().cuts)]
    cuts: usize,
    /// Last bars that the bit-for-bit checks compute
    #[arg(long, default_value_t = AuditOptions::default().exact_rows)]
    exact_rows: usize,
    /// Last bars that the checks with a learner compute
    #[arg(long, default_value_t = AuditOptions::default().learner_rows)]
    learner_rows: usize,
    /// From a close to the close that labels compare it with
    #[arg(long, default_value = "1h", value_parser = parse_interval)]
    horizon: Interval,
    /// Seed of changes, signs and shuffles
    #[arg(long, default_value_t = 42)]
    seed: u64,
    #[command(flatten)]
    output: OutputFlags,
}

fn parse_interval(text: &str) -> mantis_data::Result<Interval> {
    text.parse()
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let (cuts, seed, horizon) = (flags.cuts, flags.seed, flags.horizon);
        let (exact_rows, learner_rows) = (flags.exact_rows, flags.learner_rows);
        let options = Options {
            data_dir: flags.data_dir,
            plan: flags.plan,
            symbol: flags.symbol,
            interval: flags.interval,
            until: flags.until,
            vmd_window: flags.vmd_window,
            without_modes: flags.no_vmd,
            canaries: flags.canaries,
            strict: flags.strict,
            audit: AuditOptions { cuts, exact_rows, learner_rows, horizon, seed },
        };
        // Not drawn where standard error is no terminal.
        let spinner =
            if flags.output.quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        spinner.enable_steady_tick(Duration::from_millis(250));
        let outcome = audit::run(&options, &mut |step| spinner.set_message(step.to_owned()));
        spinner.finish_and_clear();
        let outcome = outcome?;
        match serde_json::to_string_pretty(&outcome) {
            Ok(json) if flags.output.json => tell(&json),
            _ => tell(outcome.text()),
        }
        Ok(ExitCode::from(outcome.exit_code()))
    })
}
