//! What was tried, and how sure the best of it is.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mantis_data::Timestamp;
use mantis_examples::models::flags::{end, now};
use mantis_examples::program::{self, OutputFlags};
use mantis_examples::ui::tell;
use mantis_examples::{Result, runs};

/// Show the runs that `backtest --runs` has recorded, or keep a span back for one look.
///
/// Every run of an experiment is a trial, also one that failed: the more there are, the less the best of them proves.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  runs                                                     all runs of runs.jsonl
  runs --experiment BTC --json
  runs seal --experiment BTC --from 2025-01-01 --to 2025-06-30
A date as an end is meant with its whole day.
Exit codes: 0 done, 1 an error, 2 wrong flags."
)]
struct Flags {
    /// The record
    #[arg(long, global = true, value_name = "FILE", default_value = "runs.jsonl")]
    file: PathBuf,
    /// Experiment [default: all]
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
    #[command(flatten)]
    output: OutputFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Keep a span back: no run of the experiment may judge any of it until `backtest --open-sealed`
    Seal {
        /// Experiment
        #[arg(long, value_name = "NAME")]
        experiment: String,
        /// First close of the span
        #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
        from: Timestamp,
        /// End of the span
        #[arg(long, value_name = "TIME", value_parser = end)]
        to: Timestamp,
    },
}

fn run(flags: &Flags) -> Result<String> {
    match &flags.command {
        None => runs::show(&flags.file, flags.experiment.as_deref(), flags.output.json),
        Some(Command::Seal { experiment, from, to }) => {
            runs::seal(&flags.file, experiment, (*from, *to), now())?;
            Ok(if flags.output.json {
                serde_json::json!({"sealed": experiment, "from": from, "to": to}).to_string()
            } else {
                format!("{experiment}: {from} to {to} is sealed; one run may open it")
            })
        }
    }
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let text = run(&flags)?;
        if flags.command.is_none() || !flags.output.quiet {
            tell(&text);
        }
        Ok(ExitCode::SUCCESS)
    })
}
