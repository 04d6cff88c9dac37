//! Trains a model for each challenge.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Parser, ValueEnum};
use mantis_data::{LossKind, Timestamp};
use mantis_examples::models::flags::{ModelFlags, Plan, end};
use mantis_examples::models::sync::Fetching;
use mantis_examples::models::train::{Changes, Engine, Options, run_any};
use mantis_examples::program;
use mantis_examples::ui::{note, tell};
use mantis_features::select::Selector;
use mantis_models::lstm::Device;
use serde_json::json;

/// Train models: bars, features, LSTM with a boosted head, an artifact as TICKER in the folder of the models.
///
/// The recipe is the mining guide's; a TOML file changes any part of it, and flags come last. Each model is judged, beside its
/// baselines, on the bars after its validation.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  train --ticker BTC --data-dir data/raw --train-end 2023-12-31 --val-end 2024-12-31
  train --ticker CADUSD --ticker XAGUSD --data-dir fixtures/data --offline --train-end 2024-09-30 --val-end 2025-03-31
  train --ticker ETH --config recipe.toml --resume
  train --ticker BTC --companion ETH --companion XRP
A date as an end is meant with its whole day. Assets that no free source has are left absent and named. Flags of the LSTM are refused
for a challenge that is named and has none. Exit codes: 0 trained, 1 a training failed, 2 wrong flags."
)]
struct Flags {
    #[command(flatten)]
    models: ModelFlags,
    /// First close to train on [default: as soon as all columns have values]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    train_start: Option<Timestamp>,
    /// End of training [default: 2023-12-31]
    #[arg(long, value_name = "TIME", value_parser = end)]
    train_end: Option<Timestamp>,
    /// End of validation [default: 2024-12-31]
    #[arg(long, value_name = "TIME", value_parser = end)]
    val_end: Option<Timestamp>,
    /// Most passes of the LSTM over its rows [default: 12]
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Sequences in one step of the LSTM [default: 512]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// Choice of the columns [default: tmfg]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Selector::NAMES))]
    selector: Option<String>,
    /// Columns to choose from
    #[arg(long, value_enum, default_value = "guide")]
    plan: Plan,
    /// Another asset or symbol whose rows the LSTM is trained on as well; may be repeated
    #[arg(long, value_name = "ASSET")]
    companion: Vec<String>,
    /// Seed of all random choices [default: 42]
    #[arg(long)]
    seed: Option<u64>,
    /// Where the LSTM is trained: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Engine of the boosted head
    #[arg(long, value_enum, default_value = "lightgbm")]
    engine: EngineName,
    /// Parts of a recipe, in TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Go on with a training that was killed, if nothing about it has changed
    #[arg(long)]
    resume: bool,
    /// Fetch nothing
    #[arg(long)]
    offline: bool,
    /// First day that missing bars are fetched of
    #[arg(long, value_name = "TIME", default_value = "2019-09-08", value_parser = Timestamp::parse, conflicts_with = "offline")]
    since: Timestamp,
    /// Mirror of all sources, or of one, as `fetch` takes it; may be repeated
    #[arg(long, value_name = "URL", conflicts_with = "offline")]
    base_url: Vec<String>,
    /// Proxy for the sources of data: http://host:port
    #[arg(long, env = "HTTPS_PROXY", hide_env_values = true)]
    proxy: Option<String>,
    /// Time to believe in when fetching, for mirrors of old data
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse, conflicts_with = "offline")]
    now: Option<Timestamp>,
}

#[derive(Clone, Copy, ValueEnum)]
enum EngineName {
    Lightgbm,
    Native,
}

impl Flags {
    fn options(&self) -> Options {
        Options {
            data_dir: self.models.data_dir.clone(),
            model_dir: self.models.model_dir.clone(),
            as_of: self.models.as_of(),
            changes: Changes {
                config: self.config.clone(),
                train_start: self.train_start,
                train_end: self.train_end,
                validation_end: self.val_end,
                epochs: self.epochs,
                batch: self.batch_size,
                selector: self.selector.as_deref().and_then(Selector::named),
                plan: self.plan,
                companions: self.companion.clone(),
                seed: self.seed,
            },
            engine: match self.engine {
                EngineName::Lightgbm => Engine::LightGbm,
                EngineName::Native => Engine::Native,
            },
            device: self.device,
            threads: self.models.threads.count(),
            resume: self.resume,
            fetching: (!self.offline).then(|| Fetching {
                since: self.since,
                base_urls: self.base_url.clone(),
                proxy: self.proxy.clone(),
                now: self.now,
            }),
            quiet: self.models.output.quiet,
        }
    }
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        let challenges = flags.models.challenges()?;
        let options = flags.options();
        let (mut worst, mut documents) = (0, Vec::new());
        for challenge in challenges {
            // What is given for all of a table is meant for those that have a use for it.
            let of_all = flags.models.ticker.is_empty() && challenge.loss != LossKind::Binary;
            let own = if of_all { options.of_trees() } else { options.clone() };
            match run_any(&challenge, &own) {
                Ok(trained) if flags.models.output.json => documents.push(trained.json()),
                Ok(trained) => tell(&trained),
                Err(error) => {
                    let ticker = &challenge.ticker;
                    note(format_args!("error: {ticker}: {error}"));
                    worst = worst.max(error.exit_code());
                    documents.push(json!({"ticker": ticker, "error": error.to_string()}));
                }
            }
        }
        if flags.models.output.json {
            tell(serde_json::Value::from(documents));
        }
        Ok(ExitCode::from(worst))
    })
}
