//! Seals embeddings into a payload.

use std::process::ExitCode;

use clap::Parser;
use mantis_examples::mine::{SealOptions, seal};
use mantis_examples::ui::tell;

/// Seal embeddings of a file, or of standard input, into a payload; nothing is sent.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Exit codes: 0 sealed, 1 an error, 2 wrong flags.\n\nExample:\n  python3 model.py | seal --hotkey 5F... --embeddings - --out payload.json"
)]
struct Flags {
    #[command(flatten)]
    options: SealOptions,
}

#[expect(clippy::print_stderr, reason = "a program talks to its user")]
fn main() -> ExitCode {
    let flags = Flags::parse();
    let warnings = flags.options.seal.warnings();
    match warnings.and_then(|warnings| Ok((warnings, seal(&flags.options)?))) {
        Ok((warnings, (payload, notes))) => {
            warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
            notes.iter().for_each(|note| eprintln!("left out: {}: {}", note.subject, note.text));
            match &flags.options.out {
                Some(path) => {
                    tell(format_args!("sealed to round {} in {}", payload.round(), path.display()));
                }
                None => tell(payload.to_json()),
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
