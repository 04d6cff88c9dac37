//! `mine`: every minute, unattended.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mantis_data::{Interval, Timestamp};
use mantis_submit::bucket::{Bucket, FolderBucket, MemoryBucket, ObjectKey, Receipt};
use mantis_submit::chain::{Subtensor, SubtensorSettings};
use mantis_submit::clock::Clock;
use mantis_submit::miner::{
    ChainCommitter, CycleReport, Head, HealthServer, Miner, MinerSettings, StateFile,
};
use mantis_submit::source::{Background, EmbeddingSource};
use mantis_submit::wallet::HotkeySecret;
use mantis_submit::{Hotkey, Retry, Webhook};
use rand::rngs::OsRng;

use super::alarm::Alarm;
use super::artifact::{ArtifactSettings, ArtifactSource};
use super::clock::SystemClock;
use super::drift::DriftGuard;
use super::embeddings::Embeddings;
use super::flags::{ChainFlags, SealFlags, WalletFlags, commit_url, environment};
use super::log::Log;
use super::r2::BucketFlags;
use super::retrain::Retrainer;
use super::stop_signal;
use crate::artifacts::artifact_folder;
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
    /// Command that brings new data, run each cycle before embedding
    #[arg(long, value_name = "COMMAND")]
    pub refresh_command: Option<String>,
    /// Command that trains an artifact into $MANTIS_CANDIDATE_DIR
    #[arg(long, value_name = "COMMAND")]
    pub retrain_command: Option<String>,
    /// Days between trainings
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub retrain_every: u32,
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

/// Any of the buckets.
enum AnyBucket {
    Memory(MemoryBucket),
    Folder(FolderBucket),
    R2(Box<mantis_submit::bucket::R2Bucket<SystemClock>>),
}

impl AnyBucket {
    fn get_ref(&self) -> &dyn Bucket {
        match self {
            Self::Memory(bucket) => bucket,
            Self::Folder(bucket) => bucket,
            Self::R2(bucket) => bucket.as_ref(),
        }
    }
}

impl Bucket for AnyBucket {
    fn put(&self, key: &ObjectKey, object: &[u8]) -> mantis_submit::Result<Receipt> {
        self.get_ref().put(key, object)
    }

    fn get(&self, key: &ObjectKey) -> mantis_submit::Result<Option<Vec<u8>>> {
        self.get_ref().get(key)
    }

    fn head(&self, key: &ObjectKey) -> mantis_submit::Result<Option<u64>> {
        self.get_ref().head(key)
    }
}

type ThisMiner = Miner<Box<dyn EmbeddingSource>, AnyBucket, SystemClock, OsRng>;

/// Mines until the process is asked to end, or for one cycle; whether the last cycle stored an
/// object.
///
/// # Errors
/// For flags that do not go together, before anything is done.
pub fn mine(options: &MineOptions) -> Result<bool> {
    let MineOptions { seal, mining, watching, .. } = options;
    let clock = SystemClock::new(seal.now()?);
    let hotkey = options.wallet.address()?;
    let mut log = Log::open(watching.json, watching.log_file.as_deref())?;
    for warning in seal.warnings()?.into_iter().chain(options.bucket.warnings()) {
        log.say("warning", &warning);
    }
    let mut miner = build(options, hotkey, clock)?;
    if let Some(path) = &watching.salience {
        show_salience(&miner, path, &mut log);
    }
    // A port that is taken is no reason not to mine.
    if watching.health_port != 0 && !mining.once {
        match HealthServer::start(watching.health_port, miner.vitals(), clock) {
            Ok(server) => {
                log.say("info", &format!("health at http://{}/healthz", server.address()))
            }
            Err(error) => log
                .say("warning", &format!("no health page: port {}: {error}", watching.health_port)),
        }
    }
    let mut extras = Extras::new(options, hotkey, clock, &mut log)?;
    extras.look_at_drift(&mut miner, &mut log);
    log.say(
        "info",
        &format!(
            "{} submits for {hotkey}",
            if mining.send { "mine" } else { "mine (dry run, --send uploads)" }
        ),
    );
    let stop = stop_signal()?;
    let mut stored = false;
    miner.run(mining.once, &stop, &mut |miner, report| {
        stored = report.is_stored();
        log.cycle(report);
        extras.after_cycle(miner, report, &mut log);
    });
    if !mining.once {
        log.say("info", "stopped after a whole cycle");
    } else if stored && mining.commit && mining.send {
        // The guide's `--once --commit`: stay until the chain shows it.
        match miner.settle_commit(Duration::from_secs(150), &stop)? {
            Some(block) => log.say("info", &format!("the chain holds the URL since block {block}")),
            None => {
                log.say("warning", "the commitment is not on the chain yet; look with `commit`")
            }
        }
    }
    Ok(stored)
}

fn build(options: &MineOptions, hotkey: Hotkey, clock: SystemClock) -> Result<ThisMiner> {
    let MineOptions { seal, mining, chain, bucket, .. } = options;
    let interval = Interval::from_micros(i64::from(mining.interval) * 1_000_000);
    let settings = MinerSettings {
        interval,
        // Shorter intervals are for trying things out.
        lead: Duration::from_secs(u64::from(mining.interval.min(60)) / 4),
        place: place(options),
        dry_run: !mining.send && bucket.bucket_dir.is_none(),
        ..MinerSettings::default()
    };
    let url = mining.commit.then(|| commit_url(bucket.public_url().as_deref(), &hotkey));
    let url = url.transpose()?;
    let miner = Miner::new(
        settings,
        hotkey,
        seal.table()?,
        seal.sealer()?,
        source(options, hotkey, clock)?,
        open_bucket(options, clock)?,
        clock,
        OsRng,
        StateFile::new(&mining.state),
    );
    let endpoint = match url {
        Some(_) => Some(chain.endpoint_or_finney()?),
        None => chain.endpoint()?,
    };
    let Some(endpoint) = endpoint else { return Ok(miner) };
    // A node that hangs must not hold up the next cycle.
    let settings = SubtensorSettings {
        endpoint,
        netuid: chain.netuid,
        timeout: Duration::from_secs(5),
        retry: Retry { within: Duration::from_secs(5), ..Retry::default() },
        ..SubtensorSettings::default()
    };
    let subtensor = Subtensor::new(settings, clock);
    let Some(url) = url else {
        return Ok(miner.with_committer(Box::new(Watcher(subtensor))));
    };
    let file = options.wallet.file()?;
    let needed = "--commit signs with the hotkey: give --wallet.name and --wallet.hotkey";
    let file = file.ok_or_else(|| Error::usage(needed))?;
    let committer = ChainCommitter::new(
        subtensor,
        url,
        (hotkey, chain.netuid),
        move || HotkeySecret::read(&file),
        mining.send,
        OsRng,
    );
    Ok(miner.with_committer(Box::new(committer)))
}

/// Looks at the chain's newest block only.
struct Watcher<C>(C);

impl<C: mantis_submit::chain::Chain> mantis_submit::miner::Committer for Watcher<C> {
    fn step(
        &mut self,
        _: Timestamp,
        _: &mut mantis_submit::miner::CommitState,
        _: &mut dyn FnMut(&mantis_submit::miner::CommitState) -> mantis_submit::Result<()>,
    ) -> mantis_submit::Result<Option<String>> {
        Ok(None)
    }

    fn head(&mut self) -> mantis_submit::Result<Head> {
        self.0.head()
    }
}

fn source(
    options: &MineOptions,
    hotkey: Hotkey,
    clock: SystemClock,
) -> Result<Box<dyn EmbeddingSource>> {
    let MineOptions { seal, mining, .. } = options;
    let table = seal.table()?;
    let max_age = Interval::from_micros(i64::from(mining.max_age) * 1_000_000);
    if let Some(embeddings) = &mining.embeddings {
        return Ok(embeddings.source(&table, hotkey, max_age, clock));
    }
    let settings = ArtifactSettings {
        model_dir: mining.model_dir.clone(),
        data_dir: mining.data_dir.clone(),
        max_age,
        max_artifact_age: Interval::days(mining.max_artifact_age.into()),
        threads: 1,
    };
    let refresh = mining.refresh_command.as_ref().map(|command| {
        Box::new(super::refresh::CommandRefresh::new(command, clock)) as Box<dyn super::Refresh>
    });
    Ok(Box::new(Background::new(ArtifactSource::open(settings, table, refresh)?)))
}

fn open_bucket(options: &MineOptions, clock: SystemClock) -> Result<AnyBucket> {
    let MineOptions { mining, bucket, .. } = options;
    if let Some(folder) = &bucket.bucket_dir {
        return Ok(AnyBucket::Folder(FolderBucket::create(folder)?));
    }
    // Wrong settings are told in a dry run too.
    let r2 = if bucket.names_r2() || mining.send {
        let timeout = Duration::from_secs(u64::from(mining.interval / 6).clamp(2, 10));
        Some(bucket.connect(timeout, clock)?)
    } else {
        None
    };
    Ok(match r2 {
        Some(bucket) if mining.send => AnyBucket::R2(Box::new(bucket)),
        _ => AnyBucket::Memory(MemoryBucket::default()),
    })
}

/// Where objects can be read.
fn place(options: &MineOptions) -> String {
    let bucket = &options.bucket;
    match (&bucket.bucket_dir, bucket.public_url()) {
        (Some(folder), _) => folder.display().to_string(),
        (None, Some(url)) => url,
        (None, None) => bucket
            .r2_bucket
            .clone()
            .or_else(|| environment("R2_BUCKET"))
            .map_or_else(|| "memory".to_owned(), |name| format!("r2:{name}")),
    }
}

fn show_salience(miner: &ThisMiner, path: &std::path::Path, log: &mut Log) {
    let read = std::fs::read(path).map_err(|error| error.to_string());
    let salience = read.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|e| e.to_string()));
    match salience {
        Ok(salience) => {
            let vitals = miner.vitals();
            let mut vitals = vitals.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            vitals.set_salience(salience);
        }
        Err(error) => log.say("warning", &format!("--salience {}: {error}", path.display())),
    }
}

/// What goes on beside the cycles.
struct Extras {
    clock: SystemClock,
    drift: Option<DriftGuard>,
    alarm: Option<Alarm>,
    retrainer: Option<Retrainer>,
    models: Vec<String>,
}

impl Extras {
    fn new(
        options: &MineOptions,
        hotkey: Hotkey,
        clock: SystemClock,
        log: &mut Log,
    ) -> Result<Self> {
        let MineOptions { seal, mining, watching, .. } = options;
        let table = seal.table()?;
        if mining.config.is_none() && mining.send {
            log.say(
                "warning",
                "without --config, a change of the validator's challenges goes unnoticed",
            );
        }
        let webhook = environment("MANTIS_WEBHOOK").map(|url| Webhook::new(&url)).transpose()?;
        let retrainer = mining.retrain_command.as_ref().map(|command| {
            let every = Interval::days(mining.retrain_every.into());
            // Trainings are of one artifact: the folder itself, or the first ticker's.
            let ticker = table.challenges().first().map_or("", |c| c.ticker.as_str());
            let folder = artifact_folder(&mining.model_dir, ticker);
            Retrainer::new(command, every, folder, mining.data_dir.clone(), clock.now())
        });
        Ok(Self {
            clock,
            drift: mining.config.as_ref().map(|place| DriftGuard::new(place, table)),
            alarm: webhook.map(|webhook| Alarm::new(webhook, watching.webhook_after, hotkey)),
            retrainer,
            models: Vec::new(),
        })
    }

    fn after_cycle(&mut self, miner: &mut ThisMiner, report: &CycleReport, log: &mut Log) {
        if self.alarm.as_mut().is_some_and(|alarm| alarm.cycle(report)) {
            log.say("info", "the webhook is called");
        }
        let now = self.clock.now();
        if let Some(news) = self.retrainer.as_mut().and_then(|retrainer| retrainer.step(now)) {
            log.say("info", &news);
            self.models.push(format!("{now} {news}"));
            miner.remember_models(self.models.clone());
        }
        self.look_at_drift(miner, log);
    }

    /// Keeps back what changed; a configuration that cannot be read changes nothing.
    fn look_at_drift(&mut self, miner: &mut ThisMiner, log: &mut Log) {
        match self.drift.as_mut().and_then(|guard| guard.look_if_due(self.clock.now())) {
            None => {}
            Some(Ok(report)) => {
                for difference in &report.differences {
                    log.say("warning", &format!("validator's configuration: {difference}"));
                }
                miner.set_drift(report);
            }
            Some(Err(error)) => log.say("warning", &error.to_string()),
        }
    }
}
