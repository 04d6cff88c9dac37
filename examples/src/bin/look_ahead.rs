//! Measures how much accuracy a decomposition of a whole series fakes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mantis_examples::look_ahead::{self, Options};
use mantis_examples::program;
use mantis_examples::ui::tell;

/// Show what a decomposition of a whole price series fakes: the same learner on modes that saw the future, and on modes that
/// were known at the time.
///
/// Writes report.html and look_ahead.json into the output folder.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:\n  look_ahead\n  look_ahead --symbol ETHUSDT --bars 20000 --json\nExit codes: 0 done, 1 an error, 2 wrong flags."
)]
struct Flags {
    /// Folder for the results
    #[arg(long, default_value = "target/look_ahead")]
    out: PathBuf,
    /// Folder with the bars
    #[arg(long, default_value = "fixtures/data")]
    data_dir: PathBuf,
    /// Symbol
    #[arg(long, default_value = "BTCUSDT")]
    symbol: String,
    /// Newest bars to use
    #[arg(long, default_value_t = 16_000)]
    bars: usize,
    /// Bars of a rolling window
    #[arg(long, default_value_t = 512)]
    window: usize,
    /// Threads; the result does not depend on their number [default: one for each core]
    #[arg(long)]
    threads: Option<usize>,
    /// Print the numbers as JSON
    #[arg(long)]
    json: bool,
    /// No progress bars
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let options = Options {
            data_dir: flags.data_dir,
            out: flags.out,
            symbol: flags.symbol,
            bars: flags.bars,
            window: flags.window,
            threads: flags.threads.unwrap_or(cores).max(1),
            quiet: flags.quiet,
        };
        let outcome = look_ahead::run(&options)?;
        if flags.json {
            tell(outcome.to_json()?);
        } else {
            tell(outcome.summary());
            tell(format_args!("report: {}", options.out.join("report.html").display()));
        }
        Ok(ExitCode::SUCCESS)
    })
}
