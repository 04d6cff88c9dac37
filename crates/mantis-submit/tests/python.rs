//! The `timelock` wheel that validators use opens what we lock, and we open what it locks.
//!
//! `scripts/python_wheels.sh` gets it; where it cannot be had, these tests print that they were
//! skipped.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

use mantis_submit::{Beacon, OwnerSecret, Payload, Plaintext, Sealer, open_timelock};
use rand::{CryptoRng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde_json::Value;

const ROUND: u64 = 1_000;
const SIGNATURE: &str = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39";

/// Fixed bytes first, then random ones.
struct Script(Vec<u8>, ChaCha20Rng);

impl RngCore for Script {
    fn next_u32(&mut self) -> u32 {
        self.1.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.1.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        if self.0.len() < dest.len() {
            return self.1.fill_bytes(dest);
        }
        let rest = self.0.split_off(dest.len());
        dest.copy_from_slice(&std::mem::replace(&mut self.0, rest));
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Script {}

/// What the wheel prints, or `None` without it.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn wheel(arguments: &[&str]) -> Option<String> {
    let there = Command::new("python3").args(["-c", "import timelock"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!(
            "skipped: python3 with the timelock wheel is not there; see scripts/python_wheels.sh"
        );
        return None;
    }
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/timelock_wheel.py");
    let output = Command::new("python3").arg(tool).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// A payload with known keys, locked to a round that is out, and the message in its `W_time`.
fn payload() -> (Payload, Plaintext, String) {
    let hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";
    let text = format!("{{\"ETH\":[0.5,-0.5],\"hotkey\":\"{hotkey}\"}}");
    let plaintext = Plaintext::parse(&text).unwrap();
    let keys = [vec![0x11; 32], vec![0x22; 32]].concat();
    let message = hex::encode(&keys);
    let mut rng = Script(keys, ChaCha20Rng::seed_from_u64(1));
    let owner = OwnerSecret::random(&mut ChaCha20Rng::seed_from_u64(2)).public();
    let payload = Sealer::new(owner).seal_to_round(&plaintext, ROUND, &mut rng).unwrap();
    (payload, plaintext, message)
}

#[test]
fn the_wheel_opens_ours() {
    let (payload, _, message) = payload();
    let json: Value = serde_json::from_str(&payload.to_json()).unwrap();
    let locked = json["W_time"]["ct"].as_str().unwrap();
    assert_eq!(locked.len(), 2 * 356);
    let Some(opened) = wheel(&["open", SIGNATURE, locked]) else { return };
    assert_eq!(opened, message);
}

#[test]
fn we_open_the_wheels() {
    let (payload, plaintext, message) = payload();
    let key = Beacon::quicknet().public_key_hex().to_owned();
    let Some(locked) = wheel(&["lock", &key, &ROUND.to_string(), &message]) else { return };
    assert_eq!(locked.len(), 2 * 372);
    let mut json: Value = serde_json::from_str(&payload.to_json()).unwrap();
    json["W_time"]["ct"] = Value::from(locked);
    let theirs = Payload::parse(json.to_string().as_bytes()).unwrap();
    let signature = Beacon::quicknet().verify(ROUND, SIGNATURE).unwrap();
    assert_eq!(open_timelock(&theirs, &signature).unwrap(), plaintext);
}
