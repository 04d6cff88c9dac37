//! A miner in a world with faults, and all that can be seen of it from outside.

#[path = "faults.rs"]
mod faults;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use faults::{MachineClock, Model, SlowChain, Store, World, check_round};
use mantis_data::{ChallengeTable, Interval, Timestamp};
use mantis_submit::miner::{ChainCommitter, CycleReport, Miner, MinerSettings, StateFile};
use mantis_submit::wallet::HotkeySecret;
use mantis_submit::{CommitUrl, OwnerSecret, Payload, Plaintext, Sealer, open_owner};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

pub(crate) fn start() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:07Z").unwrap()
}

pub(crate) fn secret() -> HotkeySecret {
    HotkeySecret::from_seed(&[9; 32]).unwrap()
}

pub(crate) type TestMiner = Miner<Model, Store, MachineClock, ChaCha20Rng>;

/// A miner in its world, and all that can be seen of it from outside.
pub(crate) struct Run {
    pub(crate) world: Rc<World>,
    owner: OwnerSecret,
    objects: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    pub(crate) sent: Rc<RefCell<Vec<(Timestamp, String)>>>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) loaded: Rc<RefCell<u32>>,
}

impl Run {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            world: World::new(start(), seed),
            owner: OwnerSecret::random(&mut ChaCha20Rng::seed_from_u64(seed)),
            objects: Rc::default(),
            sent: Rc::default(),
            folder: tempfile::tempdir().unwrap(),
            loaded: Rc::default(),
        }
    }

    /// A miner that was just started; the world and the state file are as they are.
    pub(crate) fn miner(&self, state: &Path) -> TestMiner {
        let table = ChallengeTable::profile("2026-07").unwrap();
        let world = || Rc::clone(&self.world);
        let hotkey = secret().hotkey();
        let store = Store { world: world(), objects: Rc::clone(&self.objects) };
        let url = CommitUrl::new("https://pub-1.r2.dev", &hotkey).unwrap();
        let chain = SlowChain { world: world(), sent: Rc::clone(&self.sent) };
        let loaded = Rc::clone(&self.loaded);
        let load = move || {
            *loaded.borrow_mut() += 1;
            Ok(secret())
        };
        let rng = ChaCha20Rng::seed_from_u64(2);
        let committer = ChainCommitter::new(chain, url, (hotkey, 123), load, true, rng);
        Miner::new(
            MinerSettings { dry_run: false, ..MinerSettings::default() },
            hotkey,
            table.clone(),
            Sealer::new(self.owner.public()),
            Model { world: world(), table },
            store,
            self.world.machine(),
            ChaCha20Rng::seed_from_u64(3),
            StateFile::new(state),
        )
        .unwrap()
        .with_committer(Box::new(committer))
    }

    pub(crate) fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("state.json")
    }

    pub(crate) fn object(&self) -> Option<Vec<u8>> {
        self.objects.borrow().get(&secret().hotkey().to_string()).cloned()
    }

    /// The object in the bucket is whole, opens, and would count if it were sampled now.
    pub(crate) fn check_object(&self) -> Plaintext {
        let payload = Payload::parse(&self.object().unwrap()).unwrap();
        check_round(&payload, self.world.truth());
        open_owner(&payload, &self.owner).unwrap()
    }

    /// Cycles with their reports, for a span of true time.
    pub(crate) fn mine(
        &self,
        miner: &mut TestMiner,
        span: Interval,
        each: &mut dyn FnMut(&CycleReport),
    ) -> usize {
        let end = self.world.truth() + span;
        let stop = AtomicBool::new(false);
        let mut cycles = 0;
        miner.run(false, &stop, &mut |_, report| {
            cycles += 1;
            each(report);
            stop.store(self.world.truth() >= end, Ordering::Relaxed);
        });
        cycles
    }
}
