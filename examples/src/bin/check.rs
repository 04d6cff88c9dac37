//! Tells how good trained models are on bars that they never saw.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mantis_data::{Challenge, Timestamp};
use mantis_examples::Result;
use mantis_examples::models::check::{Each, Span, Told, check_any};
use mantis_examples::models::flags::{CriterionFlags, ModelFlags, end};

/// Check trained models on the bars after their validation: accuracy, interval, AUC, beside the baselines. Models of
/// other challenges are shown beside the share of each answer, and have no criterion.
///
/// Needs neither libtorch nor LightGBM.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  check --ticker BTC --data-dir data/raw --min-accuracy 0.55
  check                              all models of models/checkpoints
Exit codes: 0 all pass, 1 an error, 2 wrong flags, 3 a model is below the criterion, 4 a test span is empty."
)]
struct Flags {
    #[command(flatten)]
    models: ModelFlags,
    #[command(flatten)]
    criterion: CriterionFlags,
    /// End of the test [default: the end of the data]
    #[arg(long, value_name = "TIME", value_parser = end)]
    test_end: Option<Timestamp>,
}

fn run(flags: &Flags) -> Result<Each> {
    let all = flags.models.modelled()?;
    if !flags.models.ticker.is_empty() {
        flags.criterion.refuse_without_direction(all.iter().map(|(challenge, _)| challenge))?;
    }
    let as_of = flags.models.as_of();
    let span = Span {
        start: None,
        end: flags.test_end.unwrap_or(as_of),
        as_of,
        criterion: flags.criterion.criterion()?,
    };
    let (data, threads, quiet) =
        (&flags.models.data_dir, flags.models.threads(), flags.models.quiet);
    // One that cannot be checked does not keep the others from it.
    let one = |(challenge, folder): &(Challenge, PathBuf)| {
        let checked = check_any((challenge, folder), data, span, threads, quiet);
        (challenge.ticker.clone(), checked)
    };
    Ok(all.iter().map(one).collect())
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its user")]
fn main() -> ExitCode {
    let flags = Flags::parse();
    match run(&flags) {
        Ok(all) => {
            let told = Told::new(&all, flags.models.json);
            println!("{}", told.text);
            told.errors.iter().for_each(|error| eprintln!("error: {error}"));
            ExitCode::from(told.exit_code)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
