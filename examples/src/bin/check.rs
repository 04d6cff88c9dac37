//! Tells how good trained models are on bars that they never saw.

use std::process::ExitCode;

use clap::Parser;
use mantis_data::Timestamp;
use mantis_eval::metrics::PassCriterion;
use mantis_examples::Result;
use mantis_examples::models::check::{Outcome, Span, check_any, directions, exit_code};
use mantis_examples::models::flags::{ModelFlags, end};

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
    /// What accuracy, the lower end of its 95 % interval and AUC must exceed
    #[arg(long, default_value_t = 0.55)]
    min_accuracy: f64,
    /// End of the test [default: the end of the data]
    #[arg(long, value_name = "TIME", value_parser = end)]
    test_end: Option<Timestamp>,
}

fn run(flags: &Flags) -> Result<Vec<Outcome>> {
    let bar = flags.min_accuracy;
    let as_of = flags.models.as_of();
    let span = Span {
        start: None,
        end: flags.test_end.unwrap_or(as_of),
        as_of,
        criterion: PassCriterion::new(bar, bar, PassCriterion::default().auc)?,
    };
    let (data, threads, quiet) =
        (&flags.models.data_dir, flags.models.threads(), flags.models.quiet);
    let all = flags.models.modelled()?;
    all.iter().map(|(c, folder)| check_any((c, folder), data, span, threads, quiet)).collect()
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its user")]
fn main() -> ExitCode {
    let flags = Flags::parse();
    match run(&flags) {
        Ok(all) => {
            if flags.models.json {
                println!("{}", serde_json::Value::from_iter(all.iter().map(Outcome::json)));
            } else {
                all.iter().for_each(|checked| println!("{checked}"));
            }
            ExitCode::from(exit_code(directions(&all)))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
