//! Embeds, seals and uploads every minute.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mantis_data::Clock;
use mantis_examples::SystemClock;
use mantis_examples::mine::{MineOptions, StatusOptions, mine, status};
use mantis_examples::program;
use mantis_examples::ui::tell;

/// Embed, seal and upload every minute; commit the URL once.
///
/// A dry run unless --send is given: everything is done but nothing leaves this machine. Credentials come from R2_BUCKET,
/// R2_ACCESS_KEY, R2_SECRET_KEY, R2_ENDPOINT and R2_PUBLIC_URL, a webhook from MANTIS_WEBHOOK.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 all well, 1 the last cycle stored nothing or an error, 2 wrong flags.\n`mine status`: 0 healthy, 1 not healthy, 2 no state.\n\nExamples:\n  mine --once --wallet.name w --wallet.hotkey h --model-dir models/checkpoints --data-dir data/raw\n  mine --send --commit --wallet.name w --wallet.hotkey h --embeddings 'cmd:python3 model.py'"
)]
struct Flags {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: MineOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Tell how a miner is doing, from its state file
    Status(StatusOptions),
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let Some(Command::Status(options)) = flags.command else {
            let stored = mine(&flags.options)?;
            return Ok(ExitCode::from(u8::from(!stored)));
        };
        match status(&options.state, options.now.unwrap_or_else(|| SystemClock::default().now())) {
            Ok(found) => {
                let json = serde_json::to_string_pretty(&found).unwrap_or_default();
                tell(if options.json { json } else { found.to_string() });
                Ok(ExitCode::from(u8::from(!found.healthy)))
            }
            // Not healthy is something else than not known.
            Err(error) => {
                program::tell_error(&error, options.json);
                Ok(ExitCode::from(2))
            }
        }
    })
}
