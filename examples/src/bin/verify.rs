//! Verifies that trainings went as they should.

use std::process::ExitCode;

use clap::Parser;
use mantis_examples::models::flags::ModelFlags;
use mantis_examples::models::verify::{Verified, verify};
use mantis_examples::program;
use mantis_examples::ui::tell;

/// Verify trained models: files, configuration, data, split, features, and a forecast that agrees live and in a back-test.
///
/// Needs neither libtorch nor LightGBM.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  verify --ticker BTC --data-dir data/raw
  verify                             all models of models/checkpoints
Exit codes: 0 all steps passed, 2 wrong flags, 3 a step failed."
)]
struct Flags {
    #[command(flatten)]
    models: ModelFlags,
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |Flags { models }: Flags| {
        let all = models.modelled()?;
        let (as_of, threads) = (models.as_of(), models.threads.count());
        let verified: Vec<Verified> = all
            .iter()
            .map(|(challenge, at)| verify(challenge, at, &models.data_dir, as_of, threads))
            .collect();
        match serde_json::to_string(&verified) {
            Ok(text) if models.output.json => tell(&text),
            _ => verified.iter().for_each(tell),
        }
        Ok(ExitCode::from(if verified.iter().all(Verified::passed) { 0 } else { 3 }))
    })
}
