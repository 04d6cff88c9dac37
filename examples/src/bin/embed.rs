//! Prints the live embedding of every challenge that there is a model of.

use std::process::ExitCode;

use clap::Parser;
use mantis_data::Interval;
use mantis_examples::Result;
use mantis_examples::models::embed::embed_each;
use mantis_examples::models::flags::ModelFlags;
use mantis_examples::models::source::ArtifactSettings;
use mantis_examples::program;
use mantis_examples::ui::{note, tell, warn};

/// Print the embeddings of now as JSON: ticker -> numbers, as `mine --embeddings` reads them.
///
/// A challenge without a model, or without the data that its model needs, is left out and named on standard error. Needs neither
/// libtorch nor LightGBM.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  embed --data-dir data/raw > embeddings.json
  embed --ticker ETH --ticker TRADEMIX
  embed --profile guide --as-of 2025-06-30T12:00:00Z --json
  embed --hours-before 24 --timing > day.jsonl
Exit codes: 0 at least one embedding, 1 none, 2 wrong flags."
)]
struct Flags {
    #[command(flatten)]
    models: ModelFlags,
    /// Days after the end of its data until an artifact is no longer used
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(i64).range(0..=3660))]
    max_artifact_age: i64,
    /// Embed at so many earlier hours too, the oldest first, one line each; a miner that was down may learn what it would have sent
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=24 * 366))]
    hours_before: i64,
    /// Tell on standard error how long each took; the first reads the data and the whole history
    #[arg(long)]
    timing: bool,
}

fn run(flags: &Flags) -> Result<()> {
    let settings = ArtifactSettings {
        model_dir: flags.models.model_dir.clone(),
        data_dir: flags.models.data_dir.clone(),
        max_age: Interval::HOUR,
        max_artifact_age: Interval::days(flags.max_artifact_age),
    };
    let now = flags.models.as_of();
    let times: Vec<_> = (0..=flags.hours_before).rev().map(|h| now - Interval::hours(h)).collect();
    embed_each(settings, &flags.models.asked()?, &times, |embedded, took| {
        embedded.warnings.iter().for_each(warn);
        if flags.timing {
            let (challenges, ms) = (embedded.embeddings.len(), took.as_secs_f64() * 1e3);
            note(format_args!("timing: {}, {challenges} challenges in {ms:.1} ms", embedded.time));
        }
        if flags.models.output.json {
            tell(embedded.json());
        } else {
            tell(serde_json::Value::Object(embedded.embeddings));
        }
    })
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        run(&flags)?;
        Ok(ExitCode::SUCCESS)
    })
}
