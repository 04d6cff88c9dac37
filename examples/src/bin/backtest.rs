//! Back-tests trained models on a span.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mantis_data::{Challenge, LossKind, Timestamp};
use mantis_examples::models::backtest::write_html;
use mantis_examples::models::check::{Each, Outcome, Span, Told, check};
use mantis_examples::models::flags::{CriterionFlags, ModelFlags, Plan, end, now};
use mantis_examples::program;
use mantis_examples::runs::RunFlags;
use mantis_examples::ui::{note, tell};
use mantis_examples::{Error, Result};

/// Back-test trained models on a span after their own data, beside the baselines, by month and by confidence.
///
/// Runs the code that serves, and needs neither libtorch nor LightGBM.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  backtest --ticker BTC --test-start 2025-01-01 --test-end 2025-06-30 --html btc.html
  backtest --ticker BTC --test-start 2025-01-01 --test-end 2025-06-30 --runs runs.jsonl
  backtest --walk-forward --ticker BTC --test-start 2024-01-01 --test-end 2025-06-30 --seeds 3
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
    #[command(flatten)]
    criterion: CriterionFlags,
    /// Write a page; with several models the ticker is put before its name
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    record: RunFlags,
    /// Fit the guide's recipe again and again, and judge each fit on what came next; needs no model, but the engines
    #[arg(long, requires = "test_start")]
    walk_forward: bool,
    /// Folder of the folds of a walk forward, TICKER/fold-DATE.json; those that are done are not fitted again
    #[arg(long, value_name = "DIR", default_value = "target/walk")]
    out: PathBuf,
    /// Days from one fit to the next
    #[arg(long, value_name = "DAYS", default_value_t = 91, value_parser = clap::value_parser!(i64).range(1..=3660))]
    refit_days: i64,
    /// Days of training of each fit; 0: all before
    #[arg(long, value_name = "DAYS", default_value_t = 730, value_parser = clap::value_parser!(i64).range(0..=36600))]
    train_days: i64,
    /// Days between training and fold, for early stopping and the head
    #[arg(long, value_name = "DAYS", default_value_t = 182, value_parser = clap::value_parser!(i64).range(1..=3660))]
    val_days: i64,
    /// Trainings in each fold, which are averaged
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Columns that a walk forward chooses from
    #[arg(long, value_enum, default_value = "guide", requires = "walk_forward")]
    plan: Plan,
    /// Another asset or symbol that models of a walk forward learn from as well, in rows of their own; may be repeated
    #[arg(long, value_name = "ASSET", requires = "walk_forward")]
    companion: Vec<String>,
    /// Parts of a recipe for a walk forward, in TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[cfg(feature = "engines")]
fn walk(flags: &Flags) -> Result<Vec<mantis_examples::models::walk::Walked>> {
    use mantis_data::Interval;
    use mantis_examples::models::train::{Changes, Engine};
    use mantis_examples::models::walk::{Options, walk};

    let as_of = flags.models.as_of();
    let challenges = flags.models.challenges()?;
    let options = Options {
        data_dir: flags.models.data_dir.clone(),
        out: flags.out.clone(),
        as_of,
        from: flags.test_start.unwrap_or(as_of),
        to: flags.test_end.unwrap_or(as_of),
        refit: Interval::days(flags.refit_days),
        validation: Interval::days(flags.val_days),
        train: (flags.train_days > 0).then(|| Interval::days(flags.train_days)),
        seeds: flags.seeds,
        changes: Changes {
            config: flags.config.clone(),
            plan: flags.plan,
            companions: flags.companion.clone(),
            ..Changes::default()
        },
        engine: Engine::default(),
        threads: flags.models.threads.count(),
        quiet: flags.models.output.quiet,
    };
    let one = |challenge: &Challenge| {
        let admitted = flags.record.ask(&challenge.ticker, (options.from, options.to), now())?;
        let walked = walk(challenge, &options)?;
        if let Some(admitted) = admitted {
            let hybrid = walked.rows.iter().find(|row| row.name == "hybrid");
            admitted.record_judgement(walked.made(), hybrid.map(|row| &row.judgement), now())?;
        }
        Ok(walked)
    };
    challenges.iter().map(one).collect()
}

#[cfg(not(feature = "engines"))]
fn walk(_: &Flags) -> Result<Vec<String>> {
    Err(Error::usage("--walk-forward trains, and this program was built without the engines"))
}

fn run(flags: &Flags) -> Result<Each> {
    let as_of = flags.models.as_of();
    let span = Span {
        start: flags.test_start,
        end: flags.test_end.unwrap_or(as_of),
        as_of,
        criterion: flags.criterion.criterion()?,
    };
    let (data, threads, quiet) =
        (&flags.models.data_dir, flags.models.threads.count(), flags.models.output.quiet);
    let named = !flags.models.ticker.is_empty();
    let mut models = flags.models.modelled()?;
    models.retain(|(challenge, _)| named || challenge.loss == LossKind::Binary);
    if let Some((challenge, _)) = models.iter().find(|(c, _)| c.loss != LossKind::Binary) {
        let ticker = &challenge.ticker;
        return Err(Error::usage(&format!(
            "{ticker} has no direction to back-test; check judges it"
        )));
    }
    let several = models.len() > 1;
    let one = |(challenge, folder): &(Challenge, PathBuf)| {
        let admitted = match span.start {
            Some(start) => flags.record.ask(&challenge.ticker, (start, span.end), now())?,
            None if flags.record.runs.is_some() => {
                return Err(Error::usage(
                    "--runs needs --test-start and --test-end: a record tells what was judged",
                ));
            }
            None => None,
        };
        let checked = check((challenge, folder), data, span, threads, quiet)?;
        if let Some(admitted) = admitted {
            admitted.record_model(&checked, (challenge, folder), now())?;
        }
        if let Some(html) = &flags.html {
            let name = html.file_name().unwrap_or_default().to_string_lossy();
            let own = format!("{}-{name}", challenge.ticker);
            let path = if several { html.with_file_name(own) } else { html.clone() };
            write_html(&checked, &path)?;
        }
        Ok(Outcome::Direction(Box::new(checked)))
    };
    // One that fails does not keep the others from it.
    Ok(models.iter().map(|model| (model.0.ticker.clone(), one(model))).collect())
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        if flags.walk_forward {
            let all = walk(&flags)?;
            match serde_json::to_string(&all) {
                Ok(text) if flags.models.output.json => tell(&text),
                _ => all.iter().for_each(tell),
            }
            return Ok(ExitCode::SUCCESS);
        }
        let told = Told::new(&run(&flags)?, flags.models.output.json);
        tell(told.text);
        told.errors.iter().for_each(|error| note(format_args!("error: {error}")));
        Ok(ExitCode::from(told.exit_code))
    })
}
