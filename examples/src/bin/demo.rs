//! Trains and judges the one-hour BTC model on bundled data.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mantis_data::Clock;
use mantis_examples::SystemClock;
use mantis_examples::demo::{self, Options};
use mantis_examples::program::{self, OutputFlags, ThreadFlags};
use mantis_examples::ui::tell;

/// Train, judge, pay and seal the one-hour BTC forecast on bundled real data.
///
/// Writes report.html, metrics.json, artifact/ and bucket/ into the output folder. A result below the guide's pass criterion
/// is printed as FAIL and is no error of the program.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:\n  demo --quick\n  demo --seed 7 --out /tmp/btc\nExit codes: 0 done, whatever the verdict; 1 an error, 2 wrong flags."
)]
struct Flags {
    /// Everything on less: 12 months of training, at most 2 epochs, VMD windows of 256 bars
    #[arg(long)]
    quick: bool,
    /// Folder for the results
    #[arg(long, default_value = "target/demo")]
    out: PathBuf,
    /// Folder with SYMBOL/ohlcv.parquet and SYMBOL/funding_rates.parquet
    #[arg(long, default_value = "fixtures/data")]
    data_dir: PathBuf,
    /// Seed of the training and of the simulated market
    #[arg(long, default_value_t = 42)]
    seed: u64,
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
            quick: flags.quick,
            seed: flags.seed,
            threads: flags.threads.count(),
            now: SystemClock::default().now(),
            quiet: flags.output.quiet,
        };
        let outcome = demo::run(&options)?;
        tell(if flags.output.json { outcome.json(&options) } else { outcome.summary(&options) });
        Ok(ExitCode::SUCCESS)
    })
}
