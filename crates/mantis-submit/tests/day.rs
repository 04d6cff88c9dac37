//! Days of mining in a world with faults, on a clock that is passed in.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/faults.rs"]
mod faults;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use faults::{MachineClock, Model, Puts, SlowChain, Store, World};
use mantis_data::{ChallengeTable, Interval, Timestamp};
use mantis_submit::miner::{ChainCommitter, CycleReport, Miner, MinerSettings, StateFile};
use mantis_submit::wallet::HotkeySecret;
use mantis_submit::{Beacon, CommitUrl, Lock, OwnerSecret, Payload, Plaintext, Sealer, open_owner};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const MINUTE: Interval = Interval::minutes(1);

fn start() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:07Z").unwrap()
}

fn secret() -> HotkeySecret {
    HotkeySecret::from_seed(&[9; 32]).unwrap()
}

type TestMiner = Miner<Model, Store, MachineClock, ChaCha20Rng>;

/// A miner in its world, and all that can be seen of it from outside.
struct Run {
    world: Rc<World>,
    owner: OwnerSecret,
    objects: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    puts: Rc<RefCell<Puts>>,
    sent: Rc<RefCell<Vec<(Timestamp, String)>>>,
    folder: tempfile::TempDir,
    loaded: Rc<RefCell<u32>>,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            world: World::new(start(), seed),
            owner: OwnerSecret::random(&mut ChaCha20Rng::seed_from_u64(seed)),
            objects: Rc::default(),
            puts: Rc::default(),
            sent: Rc::default(),
            folder: tempfile::tempdir().unwrap(),
            loaded: Rc::default(),
        }
    }

    /// A miner that was just started; the world and the state file are as they are.
    fn miner(&self, state: &Path) -> TestMiner {
        let table = ChallengeTable::profile("2026-07").unwrap();
        let world = || Rc::clone(&self.world);
        let hotkey = secret().hotkey();
        let store = Store {
            world: world(),
            objects: Rc::clone(&self.objects),
            puts: Rc::clone(&self.puts),
        };
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
            MachineClock(world()),
            ChaCha20Rng::seed_from_u64(3),
            StateFile::new(state),
        )
        .with_committer(Box::new(committer))
    }

    fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("state.json")
    }

    fn object(&self) -> Option<Vec<u8>> {
        self.objects.borrow().get(&secret().hotkey().to_string()).cloned()
    }

    /// The object in the bucket is whole, opens, and would count if it were sampled now.
    fn check_object(&self) -> Plaintext {
        let payload = Payload::parse(&self.object().unwrap()).unwrap();
        check_round(&payload, self.world.truth());
        open_owner(&payload, &self.owner).unwrap()
    }

    /// Cycles with their reports, for a span of true time.
    fn mine(
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

/// Not open yet, and open before the validator opens its copy.
fn check_round(payload: &Payload, now: Timestamp) {
    let opens = Beacon::quicknet().time_of(payload.round()).unwrap();
    let left = opens.as_secs() - now.as_secs();
    assert!(left > 0, "round {} is out since {} s", payload.round(), -left);
    assert!(left <= i64::from(Lock::MAX_SECONDS), "round {} is out in {left} s", payload.round());
}

/// Bytes of memory in use, and seconds of processor time.
fn usage() -> Option<(f64, f64)> {
    let memory = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = memory.split_whitespace().nth(1)?.parse().ok()?;
    let times = std::fs::read_to_string("/proc/self/stat").ok()?;
    let times: Vec<&str> = times.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = times.get(11)?.parse::<f64>().ok()? + times.get(12)?.parse::<f64>().ok()?;
    Some((pages * 4_096.0, ticks / 100.0))
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are the result")]
fn a_day_with_a_fault_in_every_fifth_call() {
    let run = Run::new(1);
    run.world.faults.set(0.2);
    let mut miner = run.miner(&run.state());
    let (mut stored, mut without, mut worst) = (0, 0, 0);
    let mut memory = Vec::new();
    let before = usage();
    let cycles = run.mine(&mut miner, Interval::hours(24), &mut |report| {
        stored += usize::from(report.is_stored());
        without = if report.is_stored() { 0 } else { without + 1 };
        worst = worst.max(without);
        // An object that is there stays, whole and in time.
        if stored > 0 {
            let text = run.check_object();
            assert!(text.as_str().contains("\"hotkey\""));
        }
        if report.cycle % 60 == 0 {
            memory.extend(usage().map(|(bytes, _)| bytes));
        }
    });
    for (time, object) in run.puts.borrow().iter() {
        check_round(&Payload::parse(object).unwrap(), *time);
    }
    let (calls, failed) = (run.world.calls.get(), run.world.failed.get());
    println!("{cycles} cycles, {stored} stored, at most {worst} in a row without");
    println!("{failed} of {calls} calls failed, {} commits", run.sent.borrow().len());
    // One at once, one each minute, and the one in which the day ends.
    assert!((1_430..=1_442).contains(&cycles), "{cycles}");
    // Refusals, a twenty-fifth of all, are not tried again before the next cycle.
    assert!(stored as f64 > 0.9 * cycles as f64, "{stored} of {cycles}");
    assert!((0.17..0.23).contains(&(failed as f64 / calls as f64)), "{failed} of {calls}");
    assert_eq!(run.sent.borrow().len(), 1, "commits");
    assert!(*run.loaded.borrow() <= 3, "the secret is loaded for the commit only");
    if let (Some((_, from)), Some((_, to))) = (before, usage()) {
        let each = (to - from) / cycles as f64;
        println!("{each:.4} s of processor time for a cycle");
        assert!(each < 1.0, "{each} s");
    }
    if memory.len() > 12 {
        let (early, late) = (memory[2], memory[memory.len() - 1]);
        println!("memory {:.1} MB after 3 hours, {:.1} MB at the end", early / 1e6, late / 1e6);
        // The puts are kept for the check above.
        let kept: usize = run.puts.borrow().iter().map(|(_, object)| object.len()).sum();
        assert!(late - early < kept as f64 * 2.0 + 4e6, "{early} to {late}, {kept} kept");
    }
}

#[test]
fn the_network_gone_for_two_hours() {
    let run = Run::new(2);
    let mut miner = run.miner(&run.state());
    run.mine(&mut miner, Interval::minutes(10), &mut |report| assert!(report.is_stored()));
    run.world.offline.set(true);
    let mut failures = 0;
    run.mine(&mut miner, Interval::hours(2), &mut |report| {
        failures += 1;
        assert!(!report.is_stored() && !report.failures.is_empty());
    });
    assert_eq!(miner.state().failures_in_a_row, failures);
    let vitals = miner.vitals().lock().unwrap().clone();
    let health = vitals.health(run.world.truth());
    assert!(!health.ok && health.text.contains("has opened"), "{}", health.text);
    run.world.offline.set(false);
    let mut first = None;
    run.mine(&mut miner, Interval::minutes(2), &mut |report| {
        first.get_or_insert(report.is_stored());
    });
    assert_eq!(first, Some(true), "the first cycle after it stores");
    run.check_object();
    assert_eq!(miner.state().failures_in_a_row, 0);
    assert_eq!(run.sent.borrow().len(), 1);
}

#[test]
fn a_clock_that_is_stepped_either_way() {
    for seconds in [600, -600] {
        let run = Run::new(3);
        let mut miner = run.miner(&run.state());
        run.mine(&mut miner, Interval::minutes(5), &mut |report| {
            assert!(report.is_stored());
            run.check_object();
        });
        run.world.set_offset(seconds);
        let mut cycles = 0;
        run.mine(&mut miner, Interval::minutes(20), &mut |report| {
            cycles += 1;
            assert!(report.is_stored(), "{seconds}: {report}");
            // Sealed by the store's clock, whatever ours says.
            run.check_object();
            let said = report.remarks.iter().any(|text| text.contains("set the clock"));
            assert!(said, "{seconds}: {report}");
        });
        assert!((19..=22).contains(&cycles), "{seconds}: {cycles}");
        run.world.set_offset(0);
        let mut last = String::new();
        run.mine(&mut miner, Interval::minutes(20), &mut |report| {
            assert!(report.is_stored());
            run.check_object();
            last = report.to_string();
        });
        assert!(!last.contains("clock"), "{last}");
        assert_eq!(run.sent.borrow().len(), 1);
    }
}

#[test]
fn a_state_that_cannot_be_written() {
    let run = Run::new(4);
    // A file where the folder should be.
    let blocked = run.folder.path().join("file");
    std::fs::write(&blocked, b"").unwrap();
    let mut miner = run.miner(&blocked.join("state.json"));
    run.mine(&mut miner, Interval::minutes(5), &mut |report| {
        assert!(report.is_stored());
        assert!(report.failures.iter().any(|failure| failure.class == "disk"), "{report}");
    });
    // Without a note of it, a crash might lead to a second one.
    assert_eq!(run.sent.borrow().len(), 0);
    std::fs::remove_file(&blocked).unwrap();
    run.mine(&mut miner, Interval::minutes(5), &mut |_| {});
    assert_eq!(run.sent.borrow().len(), 1);
    assert!(miner.state().commit.block.is_some());
}

#[test]
fn restarts_go_on_where_they_were() {
    let run = Run::new(5);
    run.world.faults.set(0.2);
    let mut cycles = 0;
    for _ in 0..100 {
        let mut miner = run.miner(&run.state());
        cycles += run.mine(&mut miner, MINUTE, &mut |_| {});
        assert_eq!(miner.state().cycles, cycles as u64);
    }
    run.check_object();
    assert_eq!(run.sent.borrow().len(), 1);
}
