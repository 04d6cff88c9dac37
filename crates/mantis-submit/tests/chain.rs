//! `Subtensor` against nodes on the loopback interface: one in this process that fails on demand,
//! and one in Python that checks every transaction with the network's own library.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mantis_data::{ManualClock, Timestamp};
use mantis_submit::chain::{Chain, CommitOutcome, DryRun, Subtensor, SubtensorSettings};
use mantis_submit::testing::{Node, NodeFault as Fault};
use mantis_submit::wallet::HotkeySecret;
use mantis_submit::{CommitUrl, Error};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const SUBMIT: &str = "author_submitExtrinsic";

fn new_node() -> Node {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/golden/payload/finney_metadata_v15.scale");
    Node::start(std::fs::read(path).unwrap())
}

fn secret() -> HotkeySecret {
    HotkeySecret::from_seed(&[9; 32]).unwrap()
}

fn url(bucket: &str) -> CommitUrl {
    CommitUrl::new(&format!("https://pub-{bucket}.r2.dev"), &secret().hotkey()).unwrap()
}

fn chain(endpoint: String) -> Subtensor<ManualClock> {
    let timeout = Duration::from_millis(1_500);
    let settings = SubtensorSettings { endpoint, timeout, ..SubtensorSettings::default() };
    Subtensor::new(settings, ManualClock::new(Timestamp::parse("2026-01-01").unwrap()))
}

fn commit(node: &Node) -> Result<CommitOutcome, Error> {
    node.register(&secret().hotkey());
    chain(node.endpoint()).commit(
        &secret().hotkey(),
        &url("1"),
        &mut || Ok(secret()),
        &mut ChaCha20Rng::seed_from_u64(1),
    )
}

#[test]
fn a_url_is_committed_once() {
    let node = new_node();
    node.register(&secret().hotkey());
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut chain = chain(node.endpoint());
    assert_eq!(chain.commitment(&secret().hotkey()).unwrap(), None);
    let outcome =
        chain.commit(&secret().hotkey(), &url("1"), &mut || Ok(secret()), &mut rng).unwrap();
    assert!(matches!(&outcome, CommitOutcome::Committed(held) if held.text == url("1").as_str()));
    let again =
        chain.commit(&secret().hotkey(), &url("1"), &mut || Ok(secret()), &mut rng).unwrap();
    assert!(matches!(again, CommitOutcome::AlreadyCommitted(held) if held.block == 5_001));
    assert_eq!(node.calls(SUBMIT), 1);
    chain.commit(&secret().hotkey(), &url("2"), &mut || Ok(secret()), &mut rng).unwrap();
    assert_eq!((node.calls(SUBMIT), node.nonce(&secret().hotkey())), (2, 2));
    assert_eq!(node.connections(), 1);
    assert_eq!(chain.commitment(&secret().hotkey()).unwrap().unwrap().text, url("2").as_str());
}

#[test]
fn a_dry_run_reads_and_sends_nothing() {
    let node = new_node();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut dry = DryRun(chain(node.endpoint()));
    let outcome =
        dry.commit(&secret().hotkey(), &url("1"), &mut || Ok(secret()), &mut rng).unwrap();
    assert_eq!(outcome, CommitOutcome::WouldCommit(url("1")));
    assert_eq!(node.calls(SUBMIT), 0);
    commit(&node).unwrap();
    let outcome =
        dry.commit(&secret().hotkey(), &url("1"), &mut || Ok(secret()), &mut rng).unwrap();
    assert!(matches!(outcome, CommitOutcome::AlreadyCommitted(_)));
}

#[test]
fn registration_is_looked_up() {
    let node = new_node();
    let mut chain = chain(node.endpoint());
    assert!(!chain.is_registered(&secret().hotkey()).unwrap());
    node.register(&secret().hotkey());
    assert!(chain.is_registered(&secret().hotkey()).unwrap());
}

#[test]
fn nothing_is_sent_for_a_hotkey_that_is_not_registered() {
    let node = new_node();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let error = chain(node.endpoint())
        .commit(&secret().hotkey(), &url("1"), &mut || Ok(secret()), &mut rng)
        .unwrap_err();
    assert!(error.to_string().contains("btcli subnet register --netuid 123"), "{error}");
    assert_eq!(node.calls(SUBMIT), 0);
}

#[test]
fn the_newest_block_has_a_time() {
    let node = new_node();
    let head = chain(node.endpoint()).head().unwrap();
    assert_eq!((head.block, head.time.as_secs()), (5_000, 60_000));
}

#[test]
fn lost_connections_are_made_anew() {
    for fault in [Fault::Close, Fault::Hang] {
        for method in
            ["state_getRuntimeVersion", "state_call", "state_getStorage", "chain_getHeader"]
        {
            let node = new_node();
            node.fail_next(&[(method, fault)]);
            let outcome = commit(&node).unwrap();
            assert!(matches!(outcome, CommitOutcome::Committed(_)), "{method} {fault:?}");
            assert_eq!((node.calls(SUBMIT), node.connections()), (1, 2), "{method} {fault:?}");
        }
    }
}

#[test]
fn a_lost_answer_does_not_commit_twice() {
    let node = new_node();
    node.fail_next(&[(SUBMIT, Fault::LoseAnswer)]);
    assert!(matches!(commit(&node).unwrap(), CommitOutcome::Committed(_)));
    assert_eq!((node.calls(SUBMIT), node.nonce(&secret().hotkey())), (1, 1));
}

#[test]
fn a_stale_nonce_is_read_again() {
    let node = new_node();
    node.fail_next(&[(SUBMIT, Fault::Invalid)]);
    assert!(matches!(commit(&node).unwrap(), CommitOutcome::Committed(_)));
    assert_eq!((node.calls(SUBMIT), node.calls("system_accountNextIndex")), (2, 2));
}

#[test]
fn a_refusal_for_another_reason_is_not_asked_for_again() {
    let node = new_node();
    for (fault, hint) in [(Fault::Limited, "wait an hour"), (Fault::Poor, "a little TAO")] {
        let before = node.calls(SUBMIT);
        node.fail_next(&[(SUBMIT, fault)]);
        let message = commit(&node).unwrap_err().to_string();
        assert!(message.contains(hint), "{message}");
        assert_eq!(node.calls(SUBMIT), before + 1);
    }
}

#[test]
fn the_secret_is_loaded_only_to_sign_and_must_be_the_hotkeys() {
    let node = new_node();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let hotkey = secret().hotkey();
    let mut never = || panic!("there is nothing to sign");
    let dry = DryRun(chain(node.endpoint())).commit(&hotkey, &url("1"), &mut never, &mut rng);
    assert_eq!(dry.unwrap(), CommitOutcome::WouldCommit(url("1")));
    commit(&node).unwrap();
    let again = chain(node.endpoint()).commit(&hotkey, &url("1"), &mut never, &mut rng);
    assert!(matches!(again.unwrap(), CommitOutcome::AlreadyCommitted(_)));
    let mut other = || HotkeySecret::from_seed(&[8; 32]);
    let refused = chain(node.endpoint()).commit(&hotkey, &url("2"), &mut other, &mut rng);
    assert!(matches!(refused, Err(Error::OtherHotkey { .. })), "{refused:?}");
    assert_eq!(node.calls(SUBMIT), 1);
}

#[test]
fn refusals_and_silence_end_with_a_reason() {
    let node = new_node();
    node.fail_next(&[(SUBMIT, Fault::Invalid); 3]);
    let message = commit(&node).unwrap_err().to_string();
    assert!(message.contains("Invalid Transaction, Transaction is outdated"), "{message}");
    assert!(message.contains("registered on the subnet"), "{message}");

    let node = new_node();
    node.fail_next(&[(SUBMIT, Fault::Forget); 3]);
    let message = commit(&node).unwrap_err().to_string();
    assert!(message.contains("does not hold the URL after 10 blocks"), "{message}");

    let node = new_node();
    node.fail_next(&[("state_getRuntimeVersion", Fault::Nonsense)]);
    let message = commit(&node).unwrap_err().to_string();
    assert!(message.contains("no node of the chain"), "{message}");
}

#[test]
fn addresses_are_checked_before_anything_is_sent() {
    for endpoint in ["ws://example.com", "https://example.com", "", "wss://"] {
        let error = chain(endpoint.to_owned()).commitment(&secret().hotkey()).unwrap_err();
        assert!(matches!(error, Error::Endpoint { .. }), "{endpoint}: {error}");
    }
}

/// The Python node, ended when dropped.
struct PythonNode(Child);

impl Drop for PythonNode {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tool() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/mock_subtensor_node.py")
}

/// The Python node with faults, and the lines that it prints; `None` where its packages are not.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn python_node(faults: &[&str]) -> Option<(PythonNode, String, impl Iterator<Item = String>)> {
    let python = Command::new("python3").args(["-c", "import bittensor_core, websockets"]).output();
    if !python.is_ok_and(|output| output.status.success()) {
        println!(
            "skipped: python3 with bittensor-core 0.1.5 and websockets is not there; see scripts/python_wheels.sh"
        );
        return None;
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let metadata = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/golden/payload/finney_metadata_v15.scale");
    let mut child = Command::new("python3")
        .arg(tool())
        .arg(port.to_string())
        .arg(metadata)
        .args(faults)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let node = PythonNode(child);
    assert_eq!(lines.next().unwrap(), "ready");
    Some((node, format!("ws://127.0.0.1:{port}"), lines))
}

#[test]
fn the_networks_own_library_accepts_the_transactions() {
    let Some((_node, endpoint, lines)) = python_node(&[]) else { return };
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut chain = chain(endpoint);
    assert!(chain.is_registered(&secret().hotkey()).unwrap());
    assert_eq!(chain.head().unwrap().block, 5_000);
    assert_eq!(chain.commitment(&secret().hotkey()).unwrap(), None);
    for (bucket, sent) in [("1", true), ("1", false), ("2", true)] {
        let outcome =
            chain.commit(&secret().hotkey(), &url(bucket), &mut || Ok(secret()), &mut rng).unwrap();
        assert_eq!(matches!(outcome, CommitOutcome::Committed(_)), sent, "{outcome:?}");
    }
    let accepted: Vec<String> = lines.take(2).collect();
    assert!(accepted.iter().all(|line| line.starts_with("accepted ")), "{accepted:?}");
}

#[test]
fn its_faults_are_survived_with_one_transaction() {
    let submit_lost = format!("{SUBMIT}=lose");
    let faults = ["state_call=close", "chain_getHeader=hang", &submit_lost];
    let Some((_node, endpoint, mut lines)) = python_node(&faults) else { return };
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let outcome = chain(endpoint.clone())
        .commit(&secret().hotkey(), &url("1"), &mut || Ok(secret()), &mut rng)
        .unwrap();
    assert!(matches!(outcome, CommitOutcome::Committed(_)), "{outcome:?}");
    assert!(lines.next().unwrap().starts_with("accepted "));
    let again = chain(endpoint)
        .commit(&secret().hotkey(), &url("1"), &mut || Ok(secret()), &mut rng)
        .unwrap();
    assert!(matches!(again, CommitOutcome::AlreadyCommitted(_)), "{again:?}");

    let Some((_node, endpoint, _)) = python_node(&["unregistered"]) else { return };
    let error = chain(endpoint)
        .commit(&secret().hotkey(), &url("1"), &mut || Ok(secret()), &mut rng)
        .unwrap_err();
    assert!(matches!(error, Error::NotRegistered { .. }), "{error}");
}
