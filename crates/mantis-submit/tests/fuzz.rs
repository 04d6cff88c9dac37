//! Arbitrary and altered bytes never panic a reader, and are never taken for something else.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use mantis_data::Timestamp;
use mantis_submit::chain::{Era, Runtime, Signing};
use mantis_submit::wallet::HotkeySecret;
use mantis_submit::{
    Beacon, CommitUrl, OwnerSecret, Payload, Plaintext, Sealer, open_owner, open_timelock,
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";

fn owner() -> OwnerSecret {
    OwnerSecret::random(&mut ChaCha20Rng::seed_from_u64(1))
}

/// A payload locked to a round that is out.
fn payload() -> (String, Plaintext) {
    let text = format!("{{\"ETH\":[0.5,-0.5],\"hotkey\":\"{HOTKEY}\"}}");
    let plaintext = Plaintext::parse(&text).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let payload = Sealer::new(owner().public()).seal_to_round(&plaintext, 1_000, &mut rng);
    (payload.unwrap().to_json(), plaintext)
}

/// Opens in every way; nothing else than the text may come out.
fn open(bytes: &[u8], expected: &Plaintext) {
    let Ok(payload) = Payload::parse(bytes) else { return };
    if let Ok(opened) = open_owner(&payload, &owner()) {
        assert_eq!(&opened, expected);
    }
    let signature = Beacon::quicknet().published_round().unwrap();
    if let Ok(opened) = open_timelock(&payload, &signature) {
        assert_eq!(&opened, expected);
    }
}

fn metadata(version: u8) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("../../fixtures/golden/payload/finney_metadata_v{version}.scale"));
    std::fs::read(path).unwrap()
}

/// Everything that is done with a runtime.
fn use_runtime(bytes: &[u8]) {
    let Ok(runtime) = Runtime::new(bytes, 365, 1) else { return };
    let hotkey = HOTKEY.parse().unwrap();
    let url = CommitUrl::new("https://pub-1.r2.dev", &hotkey).unwrap();
    let signing =
        Signing { genesis: [7; 32], era: Era::mortal(128, 5_000), birth_hash: [8; 32], nonce: 3 };
    let _ = runtime.commitment_key(123, &hotkey);
    let _ = runtime.registration_key(123, &hotkey);
    let _ = runtime.commitment(&[0; 40]);
    if let Ok(unsigned) = runtime.commit_call(123, &url).and_then(|c| runtime.unsigned(c, &signing))
    {
        let _ = runtime.signed(&unsigned, &hotkey, &[9; 64]);
    }
}

fn read_key(bytes: &[u8]) -> Result<HotkeySecret, mantis_submit::Error> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    HotkeySecret::read(file.path())
}

/// A text with some bytes replaced, cut or doubled.
fn altered(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = bytes.len();
    let change = (0..length, any::<u8>(), 0..4_u8);
    proptest::collection::vec(change, 1..4).prop_map(move |changes| {
        let mut bytes = bytes.clone();
        for (at, byte, kind) in changes {
            let at = at.min(bytes.len().saturating_sub(1));
            match kind {
                0 if !bytes.is_empty() => bytes[at] = byte,
                1 => bytes.truncate(at),
                2 => bytes.insert(at, byte),
                _ => bytes.extend_from_within(at..(at + 20).min(bytes.len())),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn payloads_of_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        open(&bytes, &payload().1);
    }

    #[test]
    fn altered_payloads_open_to_the_same_text_or_not_at_all(
        bytes in altered(payload().0.into_bytes())
    ) {
        open(&bytes, &payload().1);
    }

    #[test]
    fn keyfiles_of_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_key(&bytes);
    }

    #[test]
    fn altered_keyfiles_never_show_their_secret(bytes in altered(keyfile().into_bytes())) {
        if let Err(error) = read_key(&bytes) {
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains("0101010101"), "{}", shown);
        }
    }

    #[test]
    fn metadata_of_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        use_runtime(&bytes);
        let with_head: Vec<u8> = b"meta\x0f".iter().chain(&bytes).copied().collect();
        use_runtime(&with_head);
    }

    #[test]
    fn times_of_the_beacon(micros in any::<i64>(), round in any::<u64>()) {
        let _ = Beacon::quicknet().round_at(Timestamp::from_micros(micros));
        let _ = Beacon::quicknet().time_of(round);
    }
}

proptest! {
    // Each case decodes a third of a megabyte.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn altered_metadata(bytes in altered(metadata(15))) {
        use_runtime(&bytes);
    }

    #[test]
    fn altered_metadata_of_version_16(bytes in altered(metadata(16))) {
        use_runtime(&bytes);
    }
}

fn keyfile() -> String {
    let seed = [1; 32];
    let address = HotkeySecret::from_seed(&seed).unwrap().hotkey();
    format!(
        "{{\"secretSeed\":\"0x{}\",\"ss58Address\":\"{address}\",\"cryptoType\":1}}",
        "01".repeat(32)
    )
}
