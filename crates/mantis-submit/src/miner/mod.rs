//! Submitting every minute, unattended.

#[cfg(feature = "chain")]
mod commit;
mod cycle;
mod health;
mod metrics;
mod pool;
mod report;
mod schedule;
mod state;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mantis_data::{ChallengeTable, Clock, Interval, Timestamp};
use rand::{CryptoRng, RngCore};

#[cfg(feature = "chain")]
pub use commit::ChainCommitter;
pub use health::HealthServer;
pub use metrics::Vitals;
pub use report::{CycleReport, Failure, Stored};
pub use schedule::{BlockClock, Head};
pub use state::{CommitState, Health, State, StateFile};

use self::pool::Pool;
use self::schedule::micros;
use crate::bucket::{Bucket, ObjectKey};
use crate::drift::DriftReport;
use crate::error::{Error, Result};
use crate::seal::Sealer;
use crate::source::EmbeddingSource;
use crate::wallet::Hotkey;

/// The longest pause without a look at the stop signal and the clock.
const NAP: Duration = Duration::from_millis(250);

/// How a miner works.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `interval` | 60 s | from cycle to cycle |
/// | `lead` | 15 s | a cycle starts this long before the validators' sample |
/// | `embed_within` | 10 s | what is not embedded by then is taken in the next cycle |
/// | `place` | `bucket` | where objects can be read, for the log |
/// | `dry_run` | yes | nothing leaves the machine; for the log |
#[derive(Clone, Debug)]
pub struct MinerSettings {
    /// From cycle to cycle.
    pub interval: Interval,
    /// A cycle starts this long before a sample.
    pub lead: Duration,
    /// For the source.
    pub embed_within: Duration,
    /// Where objects can be read, without the key.
    pub place: String,
    /// Whether nothing leaves the machine.
    pub dry_run: bool,
}

impl Default for MinerSettings {
    fn default() -> Self {
        Self {
            interval: Interval::minutes(1),
            lead: Duration::from_secs(15),
            embed_within: Duration::from_secs(10),
            place: "bucket".to_owned(),
            dry_run: true,
        }
    }
}

/// Brings the URL onto the chain, a step in each cycle, and knows the newest block.
///
/// [`ChainCommitter`] (feature `chain`) is the one that does it.
pub trait Committer {
    /// Does what can be done now without waiting for the chain; a remark for the log, if there is
    /// something to say. `remember` writes the state, before anything is sent.
    ///
    /// # Errors
    /// Whatever keeps the URL from getting onto the chain.
    fn step(
        &mut self,
        now: Timestamp,
        state: &mut CommitState,
        remember: &mut dyn FnMut(&CommitState) -> Result<()>,
    ) -> Result<Option<String>>;

    /// The newest block.
    ///
    /// # Errors
    /// Whatever keeps the chain from answering.
    fn head(&mut self) -> Result<Head>;
}

/// Embeds, checks, seals, uploads, every minute; see [`Miner::cycle`].
///
/// Everything that it depends on is passed in: the source of the embeddings, the bucket, the
/// clock, the randomness. So a day of mining with a fault in every fifth call is a test of a few
/// seconds.
///
/// ```
/// use mantis_data::{ChallengeTable, Embedding, Interval, ManualClock, Timestamp};
/// use mantis_submit::bucket::MemoryBucket;
/// use mantis_submit::miner::{Miner, MinerSettings, StateFile};
/// use mantis_submit::source::{EmbeddingSource, Harvest, Prediction};
/// use mantis_submit::{OwnerKey, Sealer};
/// use rand::rngs::OsRng;
///
/// # struct Model(ChallengeTable);
/// # impl EmbeddingSource for Model {
/// #     fn name(&self) -> String { "model".into() }
/// #     fn embed(&mut self, now: Timestamp, _: Timestamp) -> mantis_submit::Result<Harvest> {
/// #         let btc = self.0.get("BTC").and_then(|btc| Embedding::from_probability(btc, 0.6));
/// #         let embedding = btc.map_err(|e| mantis_submit::source::failed("model", e))?;
/// #         let p = Prediction { embedding, as_of: now, expires: now + Interval::HOUR };
/// #         Ok(Harvest { predictions: vec![p], ..Harvest::default() })
/// #     }
/// # }
/// # let folder = tempfile::tempdir().unwrap();
/// let table = ChallengeTable::profile("guide")?;
/// let mut miner = Miner::new(
///     MinerSettings::default(),
///     "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?,
///     table.clone(),
///     Sealer::new(OwnerKey::subnet()),
///     Model(table), // implements `EmbeddingSource`
///     MemoryBucket::default(),
///     ManualClock::new(Timestamp::parse("2026-01-01")?),
///     OsRng,
///     StateFile::new(folder.path().join("state.json")),
/// )?;
/// let report = miner.cycle();
/// assert!(report.is_stored(), "{report}");
/// assert_eq!(report.embedded, ["BTC"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Miner<S, B, C, R> {
    settings: MinerSettings,
    hotkey: Hotkey,
    key: ObjectKey,
    table: ChallengeTable,
    sealer: Sealer,
    source: S,
    bucket: B,
    clock: C,
    rng: R,
    file: StateFile,
    state: State,
    /// What the state file said when it was opened.
    opening: Option<String>,
    committer: Option<Box<dyn Committer>>,
    drift: DriftReport,
    pool: Pool,
    blocks: BlockClock,
    /// When the chain was asked for its newest block.
    head_asked: Option<Timestamp>,
    /// By how many seconds the store's clock is ahead, when it was last off.
    correction: i64,
    vitals: Arc<Mutex<Vitals>>,
}

impl<S, B, C, R> std::fmt::Debug for Miner<S, B, C, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Miner")
            .field("hotkey", &self.hotkey)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<S: EmbeddingSource, B: Bucket, C: Clock, R: RngCore + CryptoRng> Miner<S, B, C, R> {
    /// A miner that goes on where its state file says that it was. A state that cannot be read is
    /// no reason not to mine: it is reported by the first cycle.
    ///
    /// # Errors
    /// [`Error::OtherState`] for the state file of another hotkey, which would be overwritten.
    #[expect(clippy::too_many_arguments, reason = "all that it depends on is passed in")]
    pub fn new(
        settings: MinerSettings,
        hotkey: Hotkey,
        table: ChallengeTable,
        sealer: Sealer,
        source: S,
        bucket: B,
        clock: C,
        rng: R,
        file: StateFile,
    ) -> Result<Self> {
        let (mut state, opening) = match file.load() {
            Ok(state) => (state, None),
            Err(error) => (State::default(), Some(error.to_string())),
        };
        if let Some(got) = state.hotkey.filter(|other| *other != hotkey) {
            let path = file.path().to_owned();
            return Err(Error::OtherState { path, got, expected: hotkey });
        }
        state.hotkey = Some(hotkey);
        state.interval = Some(settings.interval);
        let blocks = state.head.map_or_else(BlockClock::genesis, BlockClock::observed);
        let vitals = Vitals::new(&state);
        Ok(Self {
            key: ObjectKey::from(&hotkey),
            settings,
            hotkey,
            table,
            sealer,
            source,
            bucket,
            clock,
            rng,
            file,
            state,
            opening,
            committer: None,
            drift: DriftReport::default(),
            pool: Pool::default(),
            blocks,
            head_asked: None,
            correction: 0,
            vitals: Arc::new(Mutex::new(vitals)),
        })
    }

    /// Also commits the URL, once an object is there.
    #[must_use]
    pub fn with_committer(self, committer: Box<dyn Committer>) -> Self {
        Self { committer: Some(committer), ..self }
    }

    /// Keeps back what the validator's configuration no longer asks for in the same way.
    pub fn set_drift(&mut self, drift: DriftReport) {
        self.drift = drift;
    }

    /// The source, for a program that changes its model.
    pub fn source_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// Writes down what became of a model; the newest of these remarks are kept.
    ///
    /// # Errors
    /// [`Error::Io`]; the next cycle tries again to write it then.
    pub fn note_model(&mut self, news: String) -> Result<()> {
        const KEPT: usize = 20;
        self.state.models.push(news);
        let gone = self.state.models.len().saturating_sub(KEPT);
        self.state.models.drain(..gone);
        self.file.save(&self.state)
    }

    /// Writes down when a training began, so that a restart does not begin the schedule anew.
    ///
    /// # Errors
    /// As [`note_model`](Self::note_model).
    pub fn note_training(&mut self, began: Timestamp) -> Result<()> {
        self.state.trained_at = Some(began);
        self.file.save(&self.state)
    }

    /// What it remembers.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// What [`HealthServer`] shows.
    #[must_use]
    pub fn vitals(&self) -> Arc<Mutex<Vitals>> {
        Arc::clone(&self.vitals)
    }

    /// Mines until `stop` is set, or for one cycle; the first one starts at once, later ones so
    /// that the object is there before the validators' sample. A cycle is always finished.
    ///
    /// `after` is called after each cycle, with time until the next one.
    pub fn run(
        &mut self,
        once: bool,
        stop: &AtomicBool,
        after: &mut dyn FnMut(&mut Self, &CycleReport),
    ) {
        while !stop.load(Ordering::Relaxed) {
            let report = self.cycle();
            after(self, &report);
            if once {
                return;
            }
            self.wait(stop);
        }
    }

    /// Looks for the commitment once per block until the chain shows it, for a program that ends
    /// after one cycle; the block, if it is there in time.
    ///
    /// # Errors
    /// Whatever keeps the URL from getting onto the chain.
    pub fn settle_commit(&mut self, within: Duration, stop: &AtomicBool) -> Result<Option<u64>> {
        const BLOCK: Duration = Duration::from_secs(12);
        let mut left = within;
        loop {
            let Some(committer) = &mut self.committer else { return Ok(None) };
            let (file, state) = (&self.file, &self.state);
            let mut commit = state.commit.clone();
            let mut remember = |commit: &CommitState| {
                file.save(&State { commit: commit.clone(), ..state.clone() })
            };
            let step = committer.step(self.clock.now(), &mut commit, &mut remember);
            self.state.commit = commit;
            self.file.save(&self.state)?;
            step?;
            let block = self.state.commit.block;
            // Nothing on its way is nothing to wait for.
            let pending = self.state.commit.sent_at.is_some();
            if block.is_some() || !pending || left < BLOCK || stop.load(Ordering::Relaxed) {
                return Ok(block);
            }
            self.clock.sleep(BLOCK);
            left -= BLOCK;
        }
    }

    /// Waits for the next cycle. A clock that is set back does not prolong it.
    fn wait(&self, stop: &AtomicBool) {
        let (interval, lead) = (self.settings.interval, self.settings.lead);
        let start = self.clock.now();
        let due = self.blocks.next_start(start, interval, lead);
        let most = u64::try_from(due.as_micros() - start.as_micros()).unwrap_or(0);
        let end = self.clock.elapsed() + Duration::from_micros(most);
        while self.clock.now() < due && !stop.load(Ordering::Relaxed) {
            let left = end.saturating_sub(self.clock.elapsed());
            if left.is_zero() {
                return;
            }
            self.clock.sleep(left.min(NAP));
        }
    }

    /// When the cycle that began at `start` must be over.
    fn deadline(&self, start: Timestamp) -> Timestamp {
        // A tenth of the interval is left for the state and for the chain.
        let usable = self.settings.interval.as_micros() / 10 * 9;
        start + Interval::from_micros(usable)
    }

    fn embed_by(&self, start: Timestamp) -> Timestamp {
        let third = self.settings.interval.as_micros() / 3;
        start + Interval::from_micros(micros(self.settings.embed_within).min(third))
    }
}

#[cfg(test)]
mod tests;
