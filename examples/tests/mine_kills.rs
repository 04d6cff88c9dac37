//! `mine`, ended with `kill -9` at random moments, and what it leaves behind.
//!
//! The miner runs with a folder for a bucket, a cycle each second, and a throwaway owner, so that every object can be
//! opened. After each kill the object must be whole and open and must not be out yet, and the first cycle of the next
//! start must store a new one and go on counting where the state file was. `KILLS` sets how often and `KILL_LOG` a file for the log, as kept in
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
        self.command().spawn().unwrap()
    }

    /// The first cycle of the next start, alone.
    fn once(&self) -> bool {
        self.command().arg("--once").status().unwrap().success()
    }

    fn command(&self) -> Command {
        let at = |name: &str| self.folder.join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_mine"));
        command
            .args(["--hotkey", HOTKEY, "--profile", "guide", "--interval", "1"])
            .args(["--health-port", "0", "--owner-key", &self.owner.public().to_string()])
            .arg("--embeddings")
            .arg(at("embeddings.json"))
            .arg("--bucket-dir")
            .arg(at("bucket"))
            .arg("--state")
            .arg(at("state.json"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Temporary files in the bucket and beside the state file.
    fn leftovers(&self) -> Vec<PathBuf> {
        let of = |folder: PathBuf, prefix: &'static str| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
            entries
                .map(|e| e.path())
                .filter(move |path| path.file_name().unwrap().to_string_lossy().starts_with(prefix))
        };
        of(self.folder.join("bucket"), ".put-").chain(of(self.folder.clone(), ".state-")).collect()
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
    let (mut slowest, mut without) = (Duration::ZERO, 0);
    for trial in 1..=trials {
        let before = (bench.object(), state.load().unwrap().cycles);
        let mut child = bench.start();
        let wait = Duration::from_micros(rng.gen_range(0..2_500_000));
        std::thread::sleep(wait);
        child.kill().unwrap();
        child.wait().unwrap();
        let round = bench.check();
        assert!(round.is_some() || before.0.is_none(), "trial {trial}: the object is gone");
        without += usize::from(round.is_none());
        let (left, cycles) = (bench.object(), state.load().unwrap().cycles);
        assert!(cycles >= before.1, "trial {trial}: the state went back to {cycles}");

        // The first cycle of the next start stores a new object and goes on counting.
        let started = Instant::now();
        assert!(bench.once(), "trial {trial}: the first cycle stored nothing");
        let resumed = started.elapsed();
        assert!(bench.check().is_some() && bench.object() != left, "trial {trial}: the old object");
        let resumed_at = state.load().unwrap().cycles;
        assert_eq!(resumed_at, cycles + 1, "trial {trial}: not within one cycle");
        slowest = slowest.max(resumed);
        let object = if round.is_some() { "whole, opens" } else { "none yet" };
        let round = round.map_or("-".to_owned(), |round| round.to_string());
        let (killed, resumed) = (wait.as_millis(), resumed.as_millis());
        writeln!(log, "{trial}\t{killed}\t{object}\t{round}\t{cycles}\t{resumed}").unwrap();
    }
    // Whatever the kills left behind goes once it is old, from both folders.
    let left = bench.leftovers();
    for folder in ["bucket/.put-left", ".state-left"] {
        std::fs::write(bench.folder.join(folder), b"half").unwrap();
    }
    for path in bench.leftovers() {
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(700)).unwrap();
    }
    assert!(bench.once());
    assert_eq!(bench.leftovers(), Vec::<PathBuf>::new());
    let summary = format!(
        "# {trials} kills, seed {SEED}: {without} before the first object, every other object whole and open; each next start stored a\n# new one in its first cycle, at most {} ms after it; {} temporary files left behind, removed once they were old\n",
        slowest.as_millis(),
        left.len()
    );
    log.insert_str(0, &summary);
    println!("{summary}");
    if let Some(path) = variable("KILL_LOG") {
        std::fs::write(path, log).unwrap();
    }
}
