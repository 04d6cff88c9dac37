//! The parts of a miner, as the flags ask for them.

use std::sync::Arc;
use std::time::Duration;

use mantis_data::{Interval, Timestamp};
use mantis_submit::bucket::{Bucket, FolderBucket, MemoryBucket, ObjectKey, R2Bucket, Receipt};
use mantis_submit::chain::{Chain, Subtensor, SubtensorSettings};
use mantis_submit::miner::{
    ChainCommitter, CommitState, Committer, Head, Miner, MinerSettings, StateFile,
};
use mantis_submit::source::{Background, EmbeddingSource};
use mantis_submit::wallet::HotkeySecret;
use mantis_submit::{Hotkey, Retry};
use rand::rngs::OsRng;

use super::flags::{commit_url, environment};
use super::log::Log;
use super::options::MineOptions;
use super::{ArtifactSettings, ArtifactSource, CommandRefresh, Refresh, StoreSync};
use crate::fetch::Route;
use crate::{Error, Result, SystemClock};

/// Any of the buckets.
pub(super) enum AnyBucket {
    Memory(MemoryBucket),
    Folder(FolderBucket),
    R2(Box<R2Bucket<SystemClock>>),
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

/// The miner of the program.
pub(super) type ThisMiner = Miner<Box<dyn EmbeddingSource>, AnyBucket, SystemClock, OsRng>;

pub(super) fn build(
    options: &MineOptions,
    hotkey: Hotkey,
    clock: SystemClock,
    log: &mut Log,
) -> Result<ThisMiner> {
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
        source(options, hotkey, clock, log)?,
        open_bucket(options, clock)?,
        clock,
        OsRng,
        StateFile::new(&mining.state),
    )?;
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

impl<C: Chain> Committer for Watcher<C> {
    fn step(
        &mut self,
        _: Timestamp,
        _: &mut CommitState,
        _: &mut dyn FnMut(&CommitState) -> mantis_submit::Result<()>,
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
    log: &mut Log,
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
    };
    let refresh = refresh(options, clock, log);
    Ok(Box::new(Background::new(ArtifactSource::open(settings, table, refresh)?)))
}

/// What brings new bars: the store's own sources unless something else was asked for. Recorded data stays as it is.
fn refresh(options: &MineOptions, clock: SystemClock, log: &mut Log) -> Option<Box<dyn Refresh>> {
    let MineOptions { seal, mining, .. } = options;
    if let Some(command) = &mining.refresh_command {
        return Some(Box::new(CommandRefresh::new(command, clock)));
    }
    let recorded = seal.now.is_some() && mining.base_url.is_empty();
    if mining.no_sync || recorded {
        return None;
    }
    let data_dir = &mining.data_dir;
    if !StoreSync::suits(data_dir) {
        log.say("warning", &format!(
            "--data-dir {} is no store of `fetch`, so its bars are not kept current; fetch into it, or give --refresh-command or --no-sync",
            data_dir.display()
        ));
        return None;
    }
    let route = Route { base_urls: mining.base_url.clone(), proxy: mining.proxy.clone() };
    Some(Box::new(StoreSync::new(data_dir.clone(), route, Arc::new(clock))))
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
