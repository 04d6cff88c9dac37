//! Prints the live embedding of every challenge that there is a model of.

use std::process::ExitCode;

use clap::Parser;
use mantis_data::Interval;
use mantis_examples::Result;
use mantis_examples::models::embed::{Embedded, embed};
use mantis_examples::models::flags::ModelFlags;
use mantis_examples::models::source::ArtifactSettings;
use mantis_examples::ui::tell;

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
Exit codes: 0 at least one embedding, 1 none, 2 wrong flags."
)]
struct Flags {
    #[command(flatten)]
    models: ModelFlags,
    /// Hours after the end of its data for which a model is used
    #[arg(long, value_name = "HOURS", default_value_t = 24 * 365, value_parser = clap::value_parser!(i64).range(0..=24 * 3660))]
    max_model_age: i64,
}

fn run(flags: &Flags) -> Result<Embedded> {
    let settings = ArtifactSettings {
        model_dir: flags.models.model_dir.clone(),
        data_dir: flags.models.data_dir.clone(),
        max_age: Interval::HOUR,
        max_artifact_age: Interval::hours(flags.max_model_age),
    };
    embed(settings, &flags.models.asked()?, flags.models.as_of())
}

#[expect(clippy::print_stderr, reason = "a program talks to its user")]
fn main() -> ExitCode {
    let flags = Flags::parse();
    match run(&flags) {
        Ok(embedded) => {
            embedded.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
            if flags.models.json {
                tell(embedded.json());
            } else {
                tell(serde_json::Value::Object(embedded.embeddings));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
