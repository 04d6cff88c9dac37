//! Commits the URL of the payloads on the chain.

use std::process::ExitCode;

use clap::Parser;
use mantis_examples::mine::{CommitOptions, commit};
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
}

#[expect(clippy::print_stderr, reason = "a program talks to its user")]
fn main() -> ExitCode {
    match commit(&Flags::parse().options) {
        Ok(CommitOutcome::AlreadyCommitted(held)) => {
            tell(format_args!(
                "already committed at block {}: {}; nothing was sent",
                held.block, held.text
            ));
        }
        Ok(CommitOutcome::Committed(held)) => {
            tell(format_args!("committed at block {}: {}", held.block, held.text));
        }
        Ok(CommitOutcome::WouldCommit(url)) => {
            tell(format_args!("dry run: {url} would be committed; --send commits it"));
        }
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(error.exit_code());
        }
    }
    ExitCode::SUCCESS
}
