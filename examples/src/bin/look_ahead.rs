//! Measures how much accuracy a decomposition of a whole series fakes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mantis_examples::look_ahead::{self, Options};
use mantis_examples::program::{self, OutputFlags, ThreadFlags};
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
    #[command(flatten)]
    threads: ThreadFlags,
    #[command(flatten)]
    output: OutputFlags,
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let options = Options {
            data_dir: flags.data_dir,
            out: flags.out,
            symbol: flags.symbol,
            bars: flags.bars,
            window: flags.window,
            threads: flags.threads.count(),
            quiet: flags.output.quiet,
        };
        let outcome = look_ahead::run(&options)?;
        if flags.output.json {
            tell(outcome.to_json()?);
        } else {
            tell(outcome.summary());
            tell(format_args!("report: {}", options.out.join("report.html").display()));
        }
        Ok(ExitCode::SUCCESS)
    })
}
