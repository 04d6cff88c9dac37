//! Readers of payloads, keys, chains and what a miner is told.

use mantis_data::{ChallengeTable, Timestamp};
use mantis_submit::chain::{Era, Runtime, Signing};
use mantis_submit::drift::{ValidatorConfig, compare};
use mantis_submit::miner::{CycleReport, State, StateFile};
use mantis_submit::source::parse_embeddings;
use mantis_submit::wallet::HotkeySecret;
use mantis_submit::{
    Beacon, CommitUrl, Hotkey, OwnerSecret, Payload, Plaintext, Sealer, open_owner, open_timelock,
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::files::{bundled, in_file};

const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";

fn hotkey() -> Hotkey {
    HOTKEY.parse().unwrap()
}

fn table() -> ChallengeTable {
    ChallengeTable::profile(ChallengeTable::NEWEST).unwrap()
}

pub(crate) mod payload {
    use super::*;

    fn owner() -> OwnerSecret {
        OwnerSecret::random(&mut ChaCha20Rng::seed_from_u64(1))
    }

    fn text() -> Plaintext {
        Plaintext::parse(&format!("{{\"ETH\":[0.5,-0.5],\"hotkey\":\"{HOTKEY}\"}}")).unwrap()
    }

    /// Opens in every way; nothing else than the text that was sealed may come out.
    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Ok(payload) = Payload::parse(bytes) else { return false };
        if let Ok(opened) = open_owner(&payload, &owner()) {
            assert_eq!(opened, text());
        }
        let signature = Beacon::quicknet().published_round().unwrap();
        if let Ok(opened) = open_timelock(&payload, &signature) {
            assert_eq!(opened, text());
        }
        true
    }

    /// A payload locked to a round that is out.
    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let sealer = Sealer::new(owner().public());
        vec![sealer.seal_to_round(&text(), 1_000, &mut rng).unwrap().to_json().into_bytes()]
    }
}

pub(crate) mod keyfile {
    use super::*;

    /// No error may show the secret.
    pub(crate) fn read(bytes: &[u8]) -> bool {
        in_file("hotkey", bytes, |path| {
            let read = HotkeySecret::read(path);
            if let Err(error) = &read {
                let shown = format!("{error} {error:?}");
                assert!(!shown.contains("0101010101"), "{shown}");
            }
            read.is_ok()
        })
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let address = HotkeySecret::from_seed(&[1; 32]).unwrap().hotkey();
        let seed = "01".repeat(32);
        let text = format!(
            "{{\"secretSeed\":\"0x{seed}\",\"ss58Address\":\"{address}\",\"cryptoType\":1}}"
        );
        vec![text.into()]
    }
}

pub(crate) mod metadata {
    use super::*;

    /// Everything that is done with a runtime.
    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Ok(runtime) = Runtime::new(bytes, 365, 1) else { return false };
        let hotkey = hotkey();
        let url = CommitUrl::new("https://pub-1.r2.dev", &hotkey).unwrap();
        let era = Era::mortal(128, 5_000);
        let signing = Signing { genesis: [7; 32], era, birth_hash: [8; 32], nonce: 3 };
        let _ = runtime.commitment_key(123, &hotkey);
        let _ = runtime.registration_key(123, &hotkey);
        let _ = runtime.commitment(&[0; 40]);
        let unsigned = runtime.commit_call(123, &url).and_then(|c| runtime.unsigned(c, &signing));
        unsigned.is_ok_and(|unsigned| runtime.signed(&unsigned, &hotkey, &[9; 64]).is_ok())
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        [15, 16]
            .map(|version| bundled(&format!("golden/payload/finney_metadata_v{version}.scale")))
            .to_vec()
    }
}

pub(crate) mod config_py {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        let Ok(config) = ValidatorConfig::parse(text) else { return false };
        let _ = compare(&table(), &config);
        true
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let text = "import os\nA = 2 * (3 + 1)\nASSETS = ['BTC', \"ETH\"] + [\"SOL\"]\nCHALLENGES = [\n    {\"name\": \"ETH-1H\", \"ticker\": \"ETH\", \"dim\": 2, \"blocks_ahead\": A * 37.5, 'loss_func': \"binary\", 'weight': 1.0},  # one\n]\nif A > 3:\n    B = None\ndef f(x):\n    return x\n";
        vec![text.into()]
    }
}

pub(crate) mod embeddings {
    use super::*;

    /// What comes out must be what the validator would take.
    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        parse_embeddings(&table(), &hotkey(), "fuzz", text).is_ok()
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let text =
            format!("{{\"ETH\": [0.2, -0.1], \"CADUSD\": [7, 0], \"hotkey\": \"{HOTKEY}\"}}");
        vec![text.into()]
    }
}

pub(crate) mod miner_state {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-01-01").unwrap()
    }

    pub(crate) fn read(bytes: &[u8]) -> bool {
        in_file("state/miner.json", bytes, |path| {
            let Ok(state) = StateFile::new(path).load() else { return false };
            let health = state.health(now());
            !health.text.is_empty() && state.last_upload.is_some()
        })
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let last = CycleReport {
            time: now(),
            cycle: 7,
            stored: None,
            embedded: vec!["ETH".to_owned()],
            notes: vec![],
            failures: vec![],
            remarks: vec!["none".to_owned()],
            skew_seconds: Some(2),
            data_age_seconds: Some(30.5),
            seconds: 1.5,
        };
        let state = State {
            hotkey: Some(hotkey()),
            interval: Some(mantis_data::Interval::MINUTE),
            last_upload: Some(last),
            models: vec!["ETH".to_owned()],
            ..State::default()
        };
        vec![serde_json::to_vec(&state).unwrap()]
    }
}
