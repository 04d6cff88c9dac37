//! `mine`, ended with `kill -9` at random moments, and what it leaves behind.
//!
//! The miner runs with a folder for a bucket, a cycle each second, and a throwaway owner, so that every object can be
//! opened. After each kill the object must be whole and open, must not be out yet, and must be there again within one
//! cycle of the next start. `KILLS` sets how often and `KILL_LOG` a file for the log, as kept in
//! `docs/reliability/mine-kills.txt`.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]
#![expect(clippy::disallowed_methods, reason = "it measures time and may be told how long to run")]
#![cfg(unix)]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mantis_submit::bucket::ObjectKey;
use mantis_submit::miner::StateFile;
use mantis_submit::{Beacon, Hotkey, OwnerSecret, Payload, open_owner};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";
const SEED: u64 = 42;

struct Bench {
    folder: PathBuf,
    owner: OwnerSecret,
}

impl Bench {
    fn start(&self) -> Child {
        let at = |name: &str| self.folder.join(name);
        Command::new(env!("CARGO_BIN_EXE_mine"))
            .args(["--hotkey", HOTKEY, "--profile", "guide", "--interval", "1"])
            .args(["--health-port", "0", "--owner-key", &self.owner.public().to_string()])
            .arg("--embeddings")
            .arg(at("embeddings.json"))
            .arg("--bucket-dir")
            .arg(at("bucket"))
            .arg("--state")
            .arg(at("state.json"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn object(&self) -> Option<Vec<u8>> {
        let hotkey: Hotkey = HOTKEY.parse().unwrap();
        std::fs::read(self.folder.join("bucket").join(ObjectKey::from(&hotkey).as_str())).ok()
    }

    /// The round of the object, which is whole, opens, and is not out yet.
    fn check(&self) -> Option<u64> {
        let payload = Payload::parse(&self.object()?).unwrap();
        let opened = open_owner(&payload, &self.owner).unwrap();
        assert!(opened.as_str().starts_with("{\"BTC\":["), "{}", opened.as_str());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let left = Beacon::quicknet().time_of(payload.round()).unwrap().as_secs() - now;
        assert!(left > 0 && left <= 3_500, "the round is out in {left} s");
        Some(payload.round())
    }
}

#[test]
fn killed_at_any_moment_the_object_is_whole() {
    let variable = |name: &str| std::env::var(name).ok();
    let trials: usize = variable("KILLS").map_or(5, |n| n.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    let owner = OwnerSecret::random(&mut rng);
    let bench = Bench { folder: folder.path().to_owned(), owner };
    std::fs::write(folder.path().join("embeddings.json"), "{\"BTC\":[-0.2,0.2]}").unwrap();
    let state = StateFile::new(folder.path().join("state.json"));

    let mut log = String::from("trial\tkilled_after_ms\tobject\tround\tcycles\tresumed_after_ms\n");
    let (mut slowest, mut without, mut cycles) = (Duration::ZERO, 0, 0);
    for trial in 1..=trials {
        let before = bench.object();
        let started = Instant::now();
        let mut child = bench.start();
        let wait = Duration::from_micros(rng.gen_range(0..2_500_000));
        let mut resumed = None;
        while started.elapsed() < wait {
            if resumed.is_none() && bench.object() != before {
                resumed = Some(started.elapsed());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let round = bench.check();
        assert!(round.is_some() || before.is_none(), "trial {trial}: the object is gone");
        without += usize::from(round.is_none());
        let now = state.load().unwrap().cycles;
        assert!(now >= cycles, "trial {trial}: the state went back from {cycles} to {now}");
        cycles = now;
        slowest = slowest.max(resumed.unwrap_or_default());
        let resumed = resumed.map_or("-".to_owned(), |after| after.as_millis().to_string());
        let object = if round.is_some() { "whole, opens" } else { "none yet" };
        let round = round.map_or("-".to_owned(), |round| round.to_string());
        let killed = wait.as_millis();
        writeln!(log, "{trial}\t{killed}\t{object}\t{round}\t{cycles}\t{resumed}").unwrap();
    }
    // One more start, which is left alone: it resumes within one cycle.
    let before = bench.object();
    let started = Instant::now();
    let mut child = bench.start();
    while bench.object() == before && started.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let resumed = started.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    bench.check().unwrap();
    assert!(resumed < Duration::from_secs(5), "no new object");
    let leftovers = std::fs::read_dir(folder.path().join("bucket")).unwrap().count() - 1;
    let summary = format!(
        "# {trials} kills, seed {SEED}: {without} before the first object, every other object whole and open; {cycles} cycles;\n# slowest new object {} ms after a start, last start {} ms; {leftovers} temporary files left behind\n",
        slowest.as_millis(),
        resumed.as_millis()
    );
    log.insert_str(0, &summary);
    println!("{summary}");
    if let Some(path) = variable("KILL_LOG") {
        std::fs::write(path, log).unwrap();
    }
}
