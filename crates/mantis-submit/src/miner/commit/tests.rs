use std::cell::RefCell;
use std::rc::Rc;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::chain::{CommitOutcome, Commitment, Transaction};

fn secret() -> HotkeySecret {
    HotkeySecret::from_seed(&[9; 32]).unwrap()
}

fn minute(n: i64) -> Timestamp {
    Timestamp::parse("2026-01-01").unwrap() + Interval::minutes(n)
}

fn node(code: Option<i64>) -> Error {
    Error::Node { method: "author_submitExtrinsic", got: "no".to_owned(), hint: "wait", code }
}

/// What the chain does next, and what it was asked to send.
#[derive(Default)]
struct Script {
    held: Option<String>,
    sign: Vec<Result<()>>,
    send: Vec<Result<()>>,
    sent: usize,
}

#[derive(Clone, Default)]
struct Scripted(Rc<RefCell<Script>>);

impl Scripted {
    fn sent(&self) -> usize {
        self.0.borrow().sent
    }
}

fn next(results: &mut Vec<Result<()>>) -> Result<()> {
    if results.is_empty() { Ok(()) } else { results.remove(0) }
}

impl Chain for Scripted {
    fn commitment(&mut self, _: &Hotkey) -> Result<Option<Commitment>> {
        let held = self.0.borrow().held.clone();
        Ok(held.map(|text| Commitment { block: 5, text }))
    }

    fn is_registered(&mut self, _: &Hotkey) -> Result<bool> {
        Ok(true)
    }

    fn head(&mut self) -> Result<Head> {
        Err(node(None))
    }

    fn sign(
        &mut self,
        _: &HotkeySecret,
        _: &CommitUrl,
        _: &mut (impl RngCore + CryptoRng),
    ) -> Result<Transaction> {
        next(&mut self.0.borrow_mut().sign).map(|()| Transaction(Vec::new()))
    }

    fn send(&mut self, _: &Transaction) -> Result<()> {
        let mut script = self.0.borrow_mut();
        script.sent += 1;
        next(&mut script.send)
    }

    fn commit(
        &mut self,
        _: &Hotkey,
        _: &CommitUrl,
        _: &mut dyn FnMut() -> Result<HotkeySecret>,
        _: &mut (impl RngCore + CryptoRng),
    ) -> Result<CommitOutcome> {
        panic!("a miner commits step by step")
    }
}

fn url() -> CommitUrl {
    CommitUrl::new("https://pub-1.r2.dev", &secret().hotkey()).unwrap()
}

fn committer(chain: &Scripted) -> ChainCommitter<Scripted, ChaCha20Rng> {
    let who = (secret().hotkey(), 123);
    let rng = ChaCha20Rng::seed_from_u64(1);
    ChainCommitter::new(chain.clone(), url(), who, || Ok(secret()), true, rng)
}

/// One step; the state is kept as a miner keeps it.
fn step(
    committer: &mut ChainCommitter<Scripted, ChaCha20Rng>,
    at: i64,
    state: &mut CommitState,
) -> Result<Option<String>> {
    committer.step(minute(at), state, &mut |_| Ok(()))
}

#[test]
fn what_fails_before_anything_is_sent_is_tried_again_at_once() {
    let chain = Scripted::default();
    chain.0.borrow_mut().sign.push(Err(node(None)));
    let (mut committer, mut state) = (committer(&chain), CommitState::default());
    assert!(step(&mut committer, 0, &mut state).is_err());
    assert_eq!((state.sent_at, chain.sent()), (None, 0));
    assert!(step(&mut committer, 1, &mut state).unwrap().unwrap().contains("was sent"));
    assert_eq!((state.sent_at, chain.sent()), (Some(minute(1)), 1));
}

#[test]
fn a_lost_answer_and_a_waiting_transaction_count_as_sent() {
    for code in [None, Some(1013), Some(1014)] {
        let chain = Scripted::default();
        chain.0.borrow_mut().send.push(Err(node(code)));
        let (mut committer, mut state) = (committer(&chain), CommitState::default());
        assert!(step(&mut committer, 0, &mut state).is_err());
        for at in 1..30 {
            let said = step(&mut committer, at, &mut state).unwrap().unwrap();
            assert!(said.contains("not on the chain yet"), "{said}");
        }
        assert_eq!(chain.sent(), 1, "{code:?}");
        // By then it has expired.
        step(&mut committer, 30, &mut state).unwrap_err();
        assert_eq!(chain.sent(), 2, "{code:?}");
    }
}

#[test]
fn a_refusal_is_followed_by_longer_and_longer_pauses() {
    let chain = Scripted::default();
    chain.0.borrow_mut().send.extend((0..9).map(|_| Err(node(Some(1010)))));
    let (mut committer, mut state) = (committer(&chain), CommitState::default());
    let mut sent_at = Vec::new();
    for at in 0..180 {
        let before = chain.sent();
        let result = step(&mut committer, at, &mut state);
        if chain.sent() > before {
            assert!(result.is_err());
            sent_at.push(at);
        } else {
            assert!(result.unwrap().unwrap().contains("tried again later"));
        }
    }
    assert_eq!(sent_at, [0, 5, 15, 35, 75, 135]);
    chain.0.borrow_mut().held = Some(url().to_string());
    assert!(step(&mut committer, 180, &mut state).unwrap().unwrap().contains("holds"));
    assert_eq!((state.block, state.refusals, state.refused_at), (Some(5), 0, None));
}

#[test]
fn nothing_is_sent_without_a_note_of_it_or_with_another_secret() {
    let chain = Scripted::default();
    let mut state = CommitState::default();
    let mut full = |_: &CommitState| Err(node(None));
    assert!(committer(&chain).step(minute(0), &mut state, &mut full).is_err());
    let who = (Hotkey::from_public_key([1; 32]), 123);
    let url = CommitUrl::new("https://pub-1.r2.dev", &who.0).unwrap();
    let rng = ChaCha20Rng::seed_from_u64(1);
    let mut other = ChainCommitter::new(chain.clone(), url, who, || Ok(secret()), true, rng);
    let error = step(&mut other, 0, &mut state).unwrap_err();
    assert!(matches!(error, Error::OtherHotkey { .. }), "{error}");
    assert_eq!((chain.sent(), state.sent_at), (0, None));
}
