//! Tells how good trained models are on bars that they never saw.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mantis_data::{Challenge, LossKind, Timestamp};
use mantis_examples::models::check::{Each, Outcome, Span, Told, check, check_any};
use mantis_examples::models::flags::{CriterionFlags, ModelFlags, end, now};
use mantis_examples::models::source::load;
use mantis_examples::program;
use mantis_examples::runs::RunFlags;
use mantis_examples::ui::{note, tell};
use mantis_examples::{Error, Result};

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
    #[command(flatten)]
    record: RunFlags,
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
        (&flags.models.data_dir, flags.models.threads.count(), flags.models.output.quiet);
    // One that cannot be checked does not keep the others from it.
    let one = |(challenge, folder): &(Challenge, PathBuf)| {
        if flags.record.runs.is_none() {
            return check_any((challenge, folder), data, span, threads, quiet);
        }
        if challenge.loss != LossKind::Binary {
            let ticker = &challenge.ticker;
            return Err(Error::usage(&format!("{ticker} has no direction; --runs records those")));
        }
        let start = load(challenge, folder)?.recipe().dates.validation_end;
        let admitted = flags.record.ask(&challenge.ticker, (start, span.end), now())?;
        let checked = check((challenge, folder), data, span, threads, quiet)?;
        if let Some(admitted) = admitted {
            admitted.record_model(&checked, (challenge, folder), now())?;
        }
        Ok(Outcome::Direction(Box::new(checked)))
    };
    Ok(all.iter().map(|model| (model.0.ticker.clone(), one(model))).collect())
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let told = Told::new(&run(&flags)?, flags.models.output.json);
        tell(told.text);
        told.errors.iter().for_each(|error| note(format_args!("error: {error}")));
        Ok(ExitCode::from(told.exit_code))
    })
}
