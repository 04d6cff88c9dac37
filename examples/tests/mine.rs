//! The programs of submission, run as users run them, with a folder for a bucket and a throwaway owner.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use mantis_submit::{OwnerSecret, Payload, Plaintext, open_owner};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";
const BTC: &str = "{\"BTC\":[-0.2,0.2]}";

struct Bench {
    folder: tempfile::TempDir,
    owner: OwnerSecret,
}

impl Bench {
    fn new() -> Self {
        let owner = OwnerSecret::random(&mut ChaCha20Rng::seed_from_u64(1));
        Self { folder: tempfile::tempdir().unwrap(), owner }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.at(name), text).unwrap();
        self.at(name)
    }

    /// `mine` for the guide's table, without the variables of whoever runs the test.
    fn mine(&self, embeddings: &str) -> Command {
        let mut command = program(env!("CARGO_BIN_EXE_mine"));
        command
            .args(["--hotkey", HOTKEY, "--profile", "guide", "--health-port", "0"])
            .args(["--owner-key", &self.owner.public().to_string()])
            .args(["--embeddings", embeddings])
            .arg("--bucket-dir")
            .arg(self.at("bucket"))
            .arg("--state")
            .arg(self.at("state.json"));
        command
    }

    fn object(&self) -> Option<Vec<u8>> {
        std::fs::read(self.at("bucket").join(HOTKEY)).ok()
    }

    fn opened(&self) -> Plaintext {
        open_owner(&Payload::parse(&self.object().unwrap()).unwrap(), &self.owner).unwrap()
    }

    fn status(&self) -> Output {
        let mut command = program(env!("CARGO_BIN_EXE_mine"));
        command.arg("status").arg("--state").arg(self.at("state.json")).output().unwrap()
    }
}

fn program(path: &str) -> Command {
    let mut command = Command::new(path);
    for name in ["R2_BUCKET", "R2_ACCESS_KEY", "R2_SECRET_KEY", "R2_ENDPOINT", "R2_PUBLIC_URL"] {
        command.env_remove(name);
    }
    command.env_remove("MANTIS_WEBHOOK");
    command
}

/// Standard output and error together, and the exit code.
fn shown(output: &Output) -> (String, i32) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (String::from_utf8_lossy(&text).into_owned(), output.status.code().unwrap_or(-1))
}

fn run(command: &mut Command) -> (String, i32) {
    shown(&command.output().unwrap())
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..600 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what} within 30 s");
}

#[test]
fn one_cycle_from_a_file() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let (text, code) = run(bench.mine(file.to_str().unwrap()).arg("--once"));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Mining Cycle - 20") && text.contains("✓ 1 embeddings."), "{text}");
    assert_eq!(bench.opened().as_str(), format!("{{\"BTC\":[-0.2,0.2],\"hotkey\":\"{HOTKEY}\"}}"));
    let (text, code) = shown(&bench.status());
    assert!(code == 0 && text.contains("✓ healthy") && text.contains("1 cycles"), "{text}");
}

#[test]
fn json_lines_on_the_output_and_in_a_file() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let log = bench.at("log.jsonl");
    let mut command = bench.mine(file.to_str().unwrap());
    let output = command.args(["--once", "--json", "--log-file"]).arg(&log).output().unwrap();
    for text in [String::from_utf8(output.stdout).unwrap(), std::fs::read_to_string(log).unwrap()] {
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let cycle = lines.iter().find(|line| line["event"] == "cycle").unwrap();
        assert_eq!(cycle["report"]["embedded"][0], "BTC");
    }
}

#[test]
fn a_command_and_lines_on_the_input() {
    let bench = Bench::new();
    let (text, code) = run(bench.mine(&format!("cmd:echo '{BTC}'")).arg("--once"));
    assert_eq!(code, 0, "{text}");
    let (text, code) = run(bench.mine("cmd:exit 7").arg("--once"));
    assert!(code == 1 && text.contains("exit status: 7"), "{text}");

    let bench = Bench::new();
    let mut child =
        bench.mine("-").args(["--interval", "1"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for value in ["0.3", "0.4"] {
        writeln!(input, "{{\"BTC\":[-{value},{value}]}}").unwrap();
        wait_for(value, || bench.object().is_some() && bench.opened().as_str().contains(value));
    }
    end(child);
}

/// SIGTERM; it must end by itself, and well.
fn end(mut child: Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let mut status = None;
    wait_for("the end", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    assert!(status.unwrap().success(), "{status:?}");
}

#[test]
fn the_health_page_and_a_clean_end() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut command = bench.mine(file.to_str().unwrap());
    let child = command
        .args(["--interval", "1", "--health-port", &port.to_string()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let ask = |path: &str| -> Option<String> {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\n\r\n").ok()?;
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).ok()?;
        Some(answer)
    };
    wait_for("health", || ask("/healthz").is_some_and(|answer| answer.contains("200 OK")));
    assert!(ask("/metrics").unwrap().contains("mantis_up 1"));
    end(child);
    let (text, code) = shown(&bench.status());
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_taken_port_and_a_state_that_cannot_be_written_stop_nothing() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = bench.mine(file.to_str().unwrap());
    command.args(["--interval", "1", "--health-port", &port, "--state"]).arg(file.join("state"));
    let child = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    wait_for("an object", || bench.object().is_some());
    end(child);
}

#[test]
fn a_changed_configuration_keeps_the_challenge_back() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let config = bench.file("config.py", "CHALLENGES = []\nNETUID = 124\n");
    let mut command = bench.mine(file.to_str().unwrap());
    let (text, code) = run(command.arg("--once").arg("--config").arg(config));
    assert!(code == 1 && text.contains("NETUID is 124, pinned 123"), "{text}");
    assert!(text.contains("BTC is missing") && bench.object().is_none(), "{text}");
}

#[test]
fn wrong_flags_say_what_to_give() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let mine = || bench.mine(file.to_str().unwrap());
    let (text, code) = run(mine().args(["--once", "--commit"]));
    assert!(code == 2 && text.contains("R2_PUBLIC_URL"), "{text}");
    let (text, code) = run(mine().args(["--lock", "3600"]));
    assert!(code == 1 && text.contains("lock of 3600 s: expected 6 to 3500"), "{text}");
    let (text, code) = run(program(env!("CARGO_BIN_EXE_mine")).arg("--once"));
    assert!(code == 2 && text.contains("--wallet.name"), "{text}");
    let mut send = program(env!("CARGO_BIN_EXE_mine"));
    let (text, code) = run(send.args(["--hotkey", HOTKEY, "--embeddings", "-", "--send"]));
    assert!(code == 2 && text.contains("give --r2-bucket or set R2_BUCKET"), "{text}");
    let (text, code) = run(program(env!("CARGO_BIN_EXE_mine"))
        .args(["--hotkey", HOTKEY, "--model-dir"])
        .arg(bench.at("none")));
    assert!(code == 2 && text.contains("no artifact"), "{text}");
    assert_eq!(bench.status().status.code(), Some(2));
}

#[test]
fn what_would_not_count_is_not_sent() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let mine = || bench.mine(file.to_str().unwrap());
    let (text, code) = run(mine().args(["--once", "--send", "--now", "2026-01-01"]));
    assert!(code == 2 && text.contains("another time than this"), "{text}");
    let public = "https://pub-0123456789abcdef0123456789abcdef.r2.dev";
    let (text, code) = run(mine().args(["--send", "--commit", "--r2-public-url", public]));
    assert!(code == 2 && text.contains("nothing is stored"), "{text}");
    assert!(bench.object().is_none());
}

#[test]
fn the_state_of_another_hotkey_is_left_alone() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let other = "{\"hotkey\":\"5EHe7wXzpR8FUDHwnK5ucKqSyCtLi2NWjWJ533qfQWwecKfc\",\"cycles\":70}";
    bench.file("state.json", other);
    let (text, code) = run(bench.mine(file.to_str().unwrap()).arg("--once"));
    assert!(code == 1 && text.contains("a file of its own"), "{text}");
    assert_eq!(std::fs::read_to_string(bench.at("state.json")).unwrap(), other);
    assert!(bench.object().is_none());
}

/// `mantis-eval` has the validator's own rules, which take more than is wise to commit; what is made here must pass them.
#[test]
fn what_is_committed_and_sealed_passes_the_validators_rules() {
    use mantis_eval::ledger::{MAX_PAYLOAD_BYTES, accepts_commitment, is_v2_payload};
    let hotkey: mantis_submit::Hotkey = HOTKEY.parse().unwrap();
    for address in ["https://pub-0123456789abcdef0123456789abcdef.r2.dev", "https://a-b.c.r2.dev/"]
    {
        let url = mantis_submit::CommitUrl::new(address, &hotkey).unwrap();
        assert!(accepts_commitment(url.as_str(), HOTKEY), "{url}");
    }
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    run(bench.mine(file.to_str().unwrap()).arg("--once"));
    assert!(is_v2_payload(&serde_json::from_slice(&bench.object().unwrap()).unwrap()));
    assert_eq!(Payload::MAX_BYTES as u64, MAX_PAYLOAD_BYTES);
}

#[test]
fn a_dry_commit_needs_no_secret() {
    let commit = |flags: &[&str]| {
        let mut command = program(env!("CARGO_BIN_EXE_commit"));
        let public = "https://pub-0123456789abcdef0123456789abcdef.r2.dev";
        command.args(["--hotkey", HOTKEY, "--r2-public-url", public]);
        // Nothing listens there.
        run(command.args(["--endpoint", "ws://127.0.0.1:1"]).args(flags))
    };
    let (text, code) = commit(&[]);
    assert!(code == 1 && text.contains("node: connect"), "{text}");
    let (text, code) = commit(&["--send"]);
    assert!(code == 2 && text.contains("--send signs"), "{text}");
}

#[test]
fn a_full_and_a_read_only_disk_are_survived() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/full_disk.sh");
    let (text, code) = run(Command::new(script).arg(env!("CARGO_BIN_EXE_mine")));
    println!("{text}");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.starts_with("skipped") || text.lines().filter(|l| l.starts_with("ok ")).count() == 13,
        "{text}"
    );
}

#[test]
fn keys_in_flags_give_a_warning_and_are_not_shown() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let mut command = bench.mine(file.to_str().unwrap());
    command.args(["--once", "--r2-access-key", "5ec2e7-a", "--r2-secret-key", "5ec2e7-b"]);
    let (text, code) = run(&mut command);
    assert!(code == 0 && text.contains("--r2-secret-key is shown in the process list"), "{text}");
    assert!(!text.contains("5ec2e7"), "{text}");
}

#[test]
fn sealed_checked_and_refused() {
    let bench = Bench::new();
    let file = bench.file("embeddings.json", BTC);
    let sealed = bench.at("payload.json");
    let owner = bench.owner.public().to_string();
    let seal = |from: &Path| {
        let mut command = program(env!("CARGO_BIN_EXE_seal"));
        command.args(["--hotkey", HOTKEY, "--profile", "guide", "--owner-key", &owner]);
        run(command.arg("--embeddings").arg(from).arg("--out").arg(&sealed))
    };
    let (text, code) = seal(&file);
    assert_eq!(code, 0, "{text}");
    let payload = Payload::parse(&std::fs::read(&sealed).unwrap()).unwrap();
    assert!(open_owner(&payload, &bench.owner).is_ok());
    let (text, code) = seal(&bench.file("wrong.json", "{\"BTC\":[-2,0.2]}"));
    assert!(code == 2 && text.contains("value 0 is -2"), "{text}");

    let check = |embeddings: &Path, flags: &[&str]| {
        let mut command = program(env!("CARGO_BIN_EXE_preflight"));
        command.args(["--hotkey", HOTKEY, "--profile", "guide"]).args(flags);
        run(command.arg("--payload").arg(&sealed).arg("--embeddings").arg(embeddings))
    };
    let tried = ["--owner-key", owner.as_str()];
    let (text, code) = check(&file, &tried);
    assert!(code == 1 && text.contains("1 findings"), "{text}");
    assert!(text.contains("--owner-key is not the subnet's"), "{text}");
    // Validators take what is sealed for the subnet's owner only.
    let (text, code) = check(&file, &[]);
    assert!(code == 2 && text.contains("error: payload: sealed to the owner"), "{text}");
    let (text, code) = check(&file, &[&tried[..], &["--lock", "30"]].concat());
    assert!(code == 1 && text.contains("warning: lock:"), "{text}");
    let (text, code) = check(&bench.at("wrong.json"), &tried);
    assert!(code == 2 && text.contains("error: BTC: "), "{text}");
}
