//! Commits the URL of the payloads on the chain.

use std::process::ExitCode;

use clap::Parser;
use mantis_examples::mine::{CommitOptions, commit};
use mantis_examples::program::{self, OutputFlags};
use mantis_examples::ui::tell;
use mantis_submit::chain::CommitOutcome;

/// Commit the public URL of the hotkey's object, unless the chain holds it already.
///
/// A dry run unless --send is given.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Exit codes: 0 the chain holds the URL, or a dry run; 1 an error, 2 wrong flags.\n\nExample:\n  commit --wallet.name w --wallet.hotkey h --r2-public-url https://pub-<hex>.r2.dev --send"
)]
struct Flags {
    #[command(flatten)]
    options: CommitOptions,
    #[command(flatten)]
    output: OutputFlags,
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let outcome = commit(&flags.options)?;
        let (outcome, block, url) = match &outcome {
            CommitOutcome::AlreadyCommitted(held) => {
                ("already committed", Some(held.block), held.text.as_str())
            }
            CommitOutcome::Committed(held) => ("committed", Some(held.block), held.text.as_str()),
            CommitOutcome::WouldCommit(url) => ("dry run", None, url.as_str()),
        };
        match block {
            _ if flags.output.json => {
                tell(serde_json::json!({"outcome": outcome, "block": block, "url": url}));
            }
            _ if flags.output.quiet => {}
            Some(block) => tell(format_args!("{outcome} at block {block}: {url}")),
            None => tell(format_args!("dry run: {url} would be committed; --send commits it")),
        }
        Ok(ExitCode::SUCCESS)
    })
}
