//! What `mine` can be asked for.

use std::path::PathBuf;

use clap::Args;

use super::embeddings::Embeddings;
use super::flags::{ChainFlags, SealFlags, WalletFlags};
use super::r2::{BucketFlags, is_loopback};
use crate::{Error, Result};

/// What `mine` was asked for.
#[derive(Args, Clone, Debug)]
pub struct MineOptions {
    /// Who submits.
    #[command(flatten, next_help_heading = "Wallet")]
    pub wallet: WalletFlags,
    /// Where to.
    #[command(flatten, next_help_heading = "Bucket")]
    pub bucket: BucketFlags,
    /// The chain.
    #[command(flatten, next_help_heading = "Chain")]
    pub chain: ChainFlags,
    /// Sealing.
    #[command(flatten, next_help_heading = "Sealing")]
    pub seal: SealFlags,
    /// What is submitted and when.
    #[command(flatten, next_help_heading = "Mining")]
    pub mining: MiningFlags,
    /// Who is told.
    #[command(flatten, next_help_heading = "Log and health")]
    pub watching: WatchingFlags,
}

/// What is submitted and when.
#[derive(Args, Clone, Debug)]
pub struct MiningFlags {
    /// Folder with the artifact, or with one for each ticker
    #[arg(long, value_name = "DIR", default_value = "models/checkpoints")]
    pub model_dir: PathBuf,
    /// Folder with market data
    #[arg(long, value_name = "DIR", default_value = "data/raw")]
    pub data_dir: PathBuf,
    /// Embeddings from elsewhere: a JSON file, `-` for lines on standard input, or `cmd:COMMAND`
    #[arg(long, value_name = "FROM")]
    pub embeddings: Option<Embeddings>,
    /// One cycle only
    #[arg(long)]
    pub once: bool,
    /// Commit the URL on the chain, once
    #[arg(long)]
    pub commit: bool,
    /// Upload and commit; without it nothing leaves this machine
    #[arg(long)]
    pub send: bool,
    /// Seconds from cycle to cycle
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub interval: u32,
    /// Seconds by which data or embeddings may be late before they count as stale
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub max_age: u32,
    /// Days after the end of its data until an artifact is no longer used
    #[arg(long, value_name = "DAYS", default_value_t = 45)]
    pub max_artifact_age: u32,
    /// The validator's config.py, a path or URL: what changed there is not submitted
    #[arg(long, value_name = "PATH OR URL")]
    pub config: Option<String>,
    /// Command that brings new data, run each cycle before embedding, in place of fetching what the store lacks
    #[arg(long, value_name = "COMMAND", conflicts_with = "no_sync")]
    pub refresh_command: Option<String>,
    /// Fetch no data: another program keeps the data folder current
    #[arg(long)]
    pub no_sync: bool,
    /// Mirror of the sources of data, as `fetch` takes it; may be repeated
    #[arg(long, value_name = "URL")]
    pub base_url: Vec<String>,
    /// Proxy for the sources of data: http://host:port
    #[arg(long, env = "HTTPS_PROXY", hide_env_values = true)]
    pub proxy: Option<String>,
    /// Command that trains artifacts into $MANTIS_CANDIDATE_DIR
    #[arg(long, value_name = "COMMAND")]
    pub retrain_command: Option<String>,
    /// Days from the end of a training to the next
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub retrain_every: u32,
    /// Hours after which a training is ended
    #[arg(long, value_name = "HOURS", default_value_t = 12)]
    pub retrain_limit: u32,
    /// File with the miner's state
    #[arg(long, value_name = "FILE", default_value = "mine-state.json")]
    pub state: PathBuf,
}

/// Who is told.
#[derive(Args, Clone, Debug)]
pub struct WatchingFlags {
    /// Print JSON lines
    #[arg(long)]
    pub json: bool,
    /// Print warnings and failed cycles only
    #[arg(long)]
    pub quiet: bool,
    /// Append JSON lines to a file
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Port of /healthz and /metrics on the loopback interface; 0 for none
    #[arg(long, value_name = "PORT", default_value_t = 9184)]
    pub health_port: u16,
    /// Call the webhook in MANTIS_WEBHOOK after this many failed cycles
    #[arg(long, value_name = "CYCLES", default_value_t = 5)]
    pub webhook_after: u64,
    /// JSON file of ticker -> salience of the last evaluation, shown in /metrics
    #[arg(long, value_name = "FILE")]
    pub salience: Option<PathBuf>,
}

impl MineOptions {
    /// Refuses flags that would send what does not count.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn check(&self) -> Result<()> {
        let Self { mining, bucket, seal, chain, .. } = self;
        let endpoint = chain.endpoint_or_finney()?;
        let local = bucket.is_local() && (!mining.commit || is_loopback(&endpoint));
        if mining.send && seal.now.is_some() && !local {
            return Err(Error::usage(
                "--send with --now would upload what was sealed for another time than this; leave one of them out",
            ));
        }
        if mining.send && mining.commit && bucket.bucket_dir.is_some() {
            return Err(Error::usage(
                "--send --commit with --bucket-dir would commit a URL under which nothing is stored; leave --bucket-dir or --commit out",
            ));
        }
        Ok(())
    }
}
