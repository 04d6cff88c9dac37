//! Ends a miner with `kill -9` at random moments and looks at what it leaves behind.
//!
//! Usage: `kill9 PATH_OF_MINE [TRIALS [LOG]]`. The miner runs with a folder for a bucket, a cycle
//! each second, and a throwaway owner, so that every object can be opened. After each kill the
//! object must be whole and open, must not be out yet, and must be there again within one cycle of
//! the next start.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool that stops at the first surprise"
)]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
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
    mine: PathBuf,
    folder: PathBuf,
    owner: OwnerSecret,
}

impl Bench {
    fn start(&self) -> Child {
        let at = |name: &str| self.folder.join(name);
        Command::new(&self.mine)
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
            .expect("mine starts")
    }

    fn object(&self) -> Option<Vec<u8>> {
        let hotkey: Hotkey = HOTKEY.parse().expect("an address");
        std::fs::read(self.folder.join("bucket").join(ObjectKey::from(&hotkey).as_str())).ok()
    }

    /// The round of the object, which is whole, opens, and is not out yet.
    fn check(&self) -> Option<u64> {
        let payload = Payload::parse(&self.object()?).expect("a whole object");
        let opened = open_owner(&payload, &self.owner).expect("an object that opens");
        assert!(opened.as_str().starts_with("{\"BTC\":["), "{}", opened.as_str());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs() as i64;
        let left = Beacon::quicknet().time_of(payload.round()).expect("a date").as_secs() - now;
        assert!(left > 0 && left <= 3_500, "the round is out in {left} s");
        Some(payload.round())
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mine = arguments.get(1).expect("the path of mine");
    let trials: usize = arguments.get(2).map_or(200, |n| n.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    let owner = OwnerSecret::random(&mut rng);
    let bench = Bench { mine: PathBuf::from(mine), folder: folder.path().to_owned(), owner };
    std::fs::write(folder.path().join("embeddings.json"), "{\"BTC\":[-0.2,0.2]}").expect("a file");
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
        child.kill().expect("SIGKILL");
        child.wait().expect("it has ended");
        let round = bench.check();
        assert!(round.is_some() || before.is_none(), "trial {trial}: the object is gone");
        without += usize::from(round.is_none());
        let now = state.load().expect("a whole state").cycles;
        assert!(now >= cycles, "trial {trial}: the state went back from {cycles} to {now}");
        cycles = now;
        slowest = slowest.max(resumed.unwrap_or_default());
        let resumed = resumed.map_or("-".to_owned(), |after| after.as_millis().to_string());
        let object = if round.is_some() { "whole, opens" } else { "none yet" };
        let round = round.map_or("-".to_owned(), |round| round.to_string());
        let killed = wait.as_millis();
        writeln!(log, "{trial}\t{killed}\t{object}\t{round}\t{cycles}\t{resumed}").expect("memory");
    }
    // One more start, which is left alone: it resumes within one cycle.
    let before = bench.object();
    let started = Instant::now();
    let mut child = bench.start();
    while bench.object() == before && started.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let resumed = started.elapsed();
    child.kill().expect("SIGKILL");
    child.wait().expect("it has ended");
    bench.check().expect("an object");
    assert!(resumed < Duration::from_secs(5), "no new object");
    let leftovers = std::fs::read_dir(folder.path().join("bucket")).expect("a bucket").count() - 1;
    let summary = format!(
        "# {trials} kills, seed {SEED}: {without} before the first object, every other object whole and open; {cycles} cycles;\n# slowest new object {} ms after a start, last start {} ms; {leftovers} temporary files left behind\n",
        slowest.as_millis(),
        resumed.as_millis()
    );
    log.insert_str(0, &summary);
    print!("{summary}");
    if let Some(path) = arguments.get(3) {
        std::fs::write(Path::new(path), log).expect("the log");
    }
}
