//! Checks everything that can be known to be wrong before anything is sent.

use std::process::ExitCode;

use clap::Parser;
use mantis_examples::mine::{PreflightOptions, preflight};
use mantis_examples::program::{self, OutputFlags};
use mantis_examples::ui::tell;

/// Check embeddings, payload, URL, lock, clock, hotkey, bucket and chain; every finding at once.
///
/// Only what is given is checked: the bucket if R2 is configured, the chain with --network or --endpoint, the clock with
/// --beacon. Nothing is sent but questions.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Exit codes: 0 nothing or notes, 1 warnings or what cannot be read, 2 errors or wrong flags.\n\nExample:\n  preflight --wallet.name w --wallet.hotkey h --embeddings now.json --network finney --beacon --config config.py"
)]
struct Flags {
    #[command(flatten)]
    options: PreflightOptions,
    #[command(flatten)]
    output: OutputFlags,
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |Flags { options, output }: Flags| {
        let report = preflight(&options)?;
        let code = report.exit_code();
        match serde_json::to_string_pretty(&report) {
            Ok(json) if output.json => tell(json),
            _ if output.quiet && report.findings.is_empty() => {}
            _ => {
                tell(report.to_string().trim_end());
                tell(format_args!("{} findings", report.findings.len()));
            }
        }
        Ok(ExitCode::from(code))
    })
}
