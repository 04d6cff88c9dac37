//! Seals embeddings into a payload.

use std::process::ExitCode;

use clap::Parser;
use mantis_examples::mine::{SealOptions, seal};
use mantis_examples::program::{self, OutputFlags};
use mantis_examples::ui::{tell, warn};

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
    #[command(flatten)]
    output: OutputFlags,
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let Flags { options, output } = flags;
        let warnings = options.seal.warnings()?;
        let (payload, notes) = seal(&options)?;
        warnings.iter().for_each(warn);
        notes
            .iter()
            .for_each(|note| warn(format_args!("left out: {}: {}", note.subject, note.text)));
        let (round, out) = (payload.round(), &options.out);
        match out {
            None => tell(payload.to_json()),
            Some(_) if output.json => tell(serde_json::json!({"round": round, "out": out})),
            Some(_) if output.quiet => {}
            Some(path) => tell(format_args!("sealed to round {round} in {}", path.display())),
        }
        Ok(ExitCode::SUCCESS)
    })
}
