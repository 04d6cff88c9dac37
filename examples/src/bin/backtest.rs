//! Back-tests trained models on a span.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mantis_data::Timestamp;
use mantis_eval::metrics::PassCriterion;
use mantis_examples::Result;
use mantis_examples::models::backtest::write_html;
use mantis_examples::models::check::{Checked, Span, check, exit_code};
use mantis_examples::models::flags::{ModelFlags, end};

/// Back-test trained models on a span after their own data, beside the baselines, by month and by confidence.
///
/// Runs the code that serves, and needs neither libtorch nor LightGBM.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:
  backtest --ticker BTC --test-start 2025-01-01 --test-end 2025-06-30 --html btc.html
A date as an end is meant with its whole day.
Exit codes: 0 all pass, 1 an error, 2 wrong flags, 3 a model is below the criterion, 4 a span is empty."
)]
struct Flags {
    #[command(flatten)]
    models: ModelFlags,
    /// First close [default: the end of the model's validation]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    test_start: Option<Timestamp>,
    /// End [default: the end of the data]
    #[arg(long, value_name = "TIME", value_parser = end)]
    test_end: Option<Timestamp>,
    /// What accuracy, the lower end of its 95 % interval and AUC must exceed
    #[arg(long, default_value_t = 0.55)]
    min_accuracy: f64,
    /// Write a page; with several models the ticker is put before its name
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

fn run(flags: &Flags) -> Result<Vec<Checked>> {
    let (bar, as_of) = (flags.min_accuracy, flags.models.as_of());
    let span = Span {
        start: flags.test_start,
        end: flags.test_end.unwrap_or(as_of),
        as_of,
        criterion: PassCriterion::new(bar, bar, bar)?,
    };
    let (data, threads, quiet) =
        (&flags.models.data_dir, flags.models.threads(), flags.models.quiet);
    let models = flags.models.modelled()?;
    let mut all = Vec::new();
    for (challenge, folder) in &models {
        let checked = check((challenge, folder), data, span, threads, quiet)?;
        if let Some(html) = &flags.html {
            let name = html.file_name().unwrap_or_default().to_string_lossy();
            let several = format!("{}-{name}", challenge.ticker);
            let path = if models.len() > 1 { html.with_file_name(several) } else { html.clone() };
            write_html(&checked, &path)?;
        }
        all.push(checked);
    }
    Ok(all)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its user")]
fn main() -> ExitCode {
    let flags = Flags::parse();
    match run(&flags) {
        Ok(all) => {
            if flags.models.json {
                println!("{}", serde_json::Value::from_iter(all.iter().map(Checked::json)));
            } else {
                all.iter().for_each(|checked| println!("{checked}"));
            }
            ExitCode::from(exit_code(&all))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
