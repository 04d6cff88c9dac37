//! Sealed payloads and rounds of the beacon.

use std::path::Path;

use mantis_submit::{
    Beacon, OwnerSecret, Payload, Plaintext, RoundSignature, Sealer, open_owner, open_timelock,
};
use rand::{CryptoRng, Error, RngCore};
use serde_json::{Value, json};

use crate::files::{Case, json};

/// Hands out fixed bytes in order, and fails beyond them.
struct Script(Vec<u8>);

impl RngCore for Script {
    fn next_u32(&mut self) -> u32 {
        panic!("sealing draws bytes only")
    }

    fn next_u64(&mut self) -> u64 {
        panic!("sealing draws bytes only")
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        assert!(dest.len() <= self.0.len(), "more randomness was drawn than the case has");
        let rest = self.0.split_off(dest.len());
        dest.copy_from_slice(&std::mem::replace(&mut self.0, rest));
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Script {}

/// Payloads for fixed keys and nonces, which must come out byte by byte.
pub(crate) fn vectors(path: &Path) -> usize {
    let file = json(path);
    let mut file = Case::new(&file, path.display().to_string());
    file.text("note");
    let quicknet_pk = file.text("quicknet_pk");
    assert_eq!(quicknet_pk, Beacon::quicknet().public_key_hex(), "{}", path.display());
    let cases = Case::list(file.value("cases"), path);
    file.finish();
    let count = cases.len();
    for mut case in cases {
        let name = case.text("name");
        let opening = Opening::of(&mut case);
        let round_time = Beacon::quicknet().time_of(opening.signature.round()).unwrap();
        assert_eq!(round_time.as_secs() as u64, case.number("round_time"), "{name}");
        assert_eq!(opening.owner.public().to_string(), case.text("owner_pk"), "{name}");

        let mut fixed = case.inner("fixed");
        let order =
            ["ske", "key", "c_nonce", "wrap_nonce", "tle_secret", "tle_sigma", "tle_aes_nonce"];
        let mut script = Script(order.iter().flat_map(|field| fixed.bytes(field)).collect());
        fixed.finish();
        let plaintext = Plaintext::parse(opening.plaintext).unwrap();
        let payload = Sealer::new(opening.owner.public())
            .seal_to_round(&plaintext, opening.signature.round(), &mut script)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(script.0.is_empty(), "{name}: {} random bytes left", script.0.len());
        let expected = case.value("payload");
        let sealed: Value = serde_json::from_str(&payload.to_json()).unwrap();
        assert_eq!(&sealed, expected, "{name}");

        opening.replay(expected);
        let mut legacy = expected.clone();
        legacy["W_time"]["ct"] = json!(case.text("w_time_legacy_372"));
        opening.replay(&legacy);
        case.finish();
    }
    count
}

/// Payloads made by the upstream Python, which must open both ways.
pub(crate) fn upstream(path: &Path) -> usize {
    let file = json(path);
    let cases = Case::list(&file, path);
    let count = cases.len();
    for mut case in cases {
        Opening::of(&mut case).replay(case.value("payload"));
        case.finish();
    }
    count
}

/// Real rounds: signature, randomness and time.
pub(crate) fn rounds(path: &Path) -> usize {
    let beacon = Beacon::quicknet();
    let file = json(path);
    let mut file = Case::new(&file, path.display().to_string());
    assert_eq!(file.number("genesis_time"), beacon.genesis().as_secs() as u64);
    assert_eq!(file.number("period"), u64::from(beacon.period_seconds()));
    let cases = Case::list(file.value("rounds"), path);
    file.finish();
    let count = cases.len();
    for mut case in cases {
        let round = case.number("round");
        let signature = case.text("signature");
        let verified = beacon.verify(round, signature).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(verified.randomness().to_vec(), case.bytes("randomness"), "round {round}");
        assert!(beacon.verify(round + 1, signature).is_err(), "round {round}");
        let time = beacon.time_of(round).unwrap();
        assert_eq!(time.as_secs() as u64, case.number("time"), "round {round}");
        assert_eq!(beacon.round_at(time).unwrap(), round);
        case.finish();
    }
    count
}

/// What opens a payload, and what must come out.
struct Opening<'a> {
    place: String,
    owner: OwnerSecret,
    signature: RoundSignature,
    hotkey: &'a str,
    plaintext: &'a str,
}

impl<'a> Opening<'a> {
    fn of(case: &mut Case<'a>) -> Self {
        let round = case.number("round");
        Self {
            place: case.place.clone(),
            owner: OwnerSecret::from_hex(case.text("owner_sk")).unwrap(),
            signature: Beacon::quicknet().verify(round, case.text("signature")).unwrap(),
            hotkey: case.text("hotkey"),
            plaintext: case.text("plaintext"),
        }
    }

    fn replay(&self, payload: &Value) {
        let place = &self.place;
        let payload = Payload::parse(payload.to_string().as_bytes())
            .unwrap_or_else(|e| panic!("{place}: {e}"));
        assert_eq!(payload.hotkey().to_string(), self.hotkey, "{place}");
        let by_owner = open_owner(&payload, &self.owner).unwrap_or_else(|e| panic!("{place}: {e}"));
        let by_round =
            open_timelock(&payload, &self.signature).unwrap_or_else(|e| panic!("{place}: {e}"));
        assert_eq!(by_owner.as_str(), self.plaintext, "{place}");
        assert_eq!(by_round.as_str(), self.plaintext, "{place}");
    }
}
