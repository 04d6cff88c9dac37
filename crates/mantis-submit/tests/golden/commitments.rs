//! Transactions that commit a URL.

use std::path::Path;

use mantis_submit::chain::{Era, Runtime, Signing, extrinsic_hash};
use mantis_submit::wallet::{HotkeySecret, verify};
use mantis_submit::{CommitUrl, Hotkey};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::files::{Case, json};

/// Every case, over every version of the metadata in the bundled folder.
pub(crate) fn replay(path: &Path, bundled: &Path) -> usize {
    let file = json(path);
    let mut file = Case::new(&file, path.display().to_string());
    file.text("note");
    let cases = Case::list(file.value("cases"), path);
    file.finish();
    let metadata: Vec<Vec<u8>> = ["finney_metadata_v15.scale", "finney_metadata_v16.scale"]
        .iter()
        .map(|name| std::fs::read(bundled.join(name)).unwrap())
        .collect();
    let count = cases.len();
    for mut case in cases {
        replay_case(&mut case, &metadata);
        case.finish();
    }
    count
}

fn replay_case(case: &mut Case<'_>, metadata: &[Vec<u8>]) {
    let secret = HotkeySecret::from_seed(&array(case.bytes("seed"))).unwrap();
    let hotkey = secret.hotkey();
    assert_eq!(hotkey.to_string(), case.text("ss58"));
    assert_eq!(hotkey.public_key().to_vec(), case.bytes("public"));
    let url = CommitUrl::parse(case.text("url"), &hotkey).unwrap();
    let netuid = u16::try_from(case.number("netuid")).unwrap();
    let versions = (case.number("spec_version") as u32, case.number("transaction_version") as u32);
    let mut era = case.inner("era");
    let signing = Signing {
        genesis: array(case.bytes("genesis")),
        era: Era::mortal(era.number("period"), era.number("current")),
        birth_hash: array(case.bytes("birth_hash")),
        nonce: case.number("nonce") as u32,
    };
    era.finish();
    assert_eq!(signing.era.birth_block(), case.number("era_birth"));
    let expected: Vec<Vec<u8>> =
        ["call", "extra", "additional", "payload", "storage_key", "extrinsic", "extrinsic_hash"]
            .iter()
            .map(|field| case.bytes(field))
            .collect();
    let signature: [u8; 64] = array(case.bytes("signature"));
    let stored = case.bytes("storage_value");

    for metadata in metadata {
        let runtime = Runtime::new(metadata, versions.0, versions.1).unwrap();
        let call = runtime.commit_call(netuid, &url).unwrap();
        let unsigned = runtime.unsigned(call, &signing).unwrap();
        let extrinsic = runtime.signed(&unsigned, &hotkey, &signature).unwrap();
        let made = [
            unsigned.call.clone(),
            unsigned.extra.clone(),
            unsigned.additional.clone(),
            unsigned.payload(),
            runtime.commitment_key(netuid, &hotkey).unwrap(),
            extrinsic.clone(),
            extrinsic_hash(&extrinsic).to_vec(),
        ];
        for (made, expected) in made.iter().zip(&expected) {
            assert_eq!(hex::encode(made), hex::encode(expected), "{}", case.place);
        }
        let message = unsigned.message();
        assert!(verify(&hotkey, &message, &signature), "{}: the given signature", case.place);
        let own = secret.sign(&message, &mut ChaCha20Rng::seed_from_u64(1));
        assert!(verify(&hotkey, &message, &own), "{}: our signature", case.place);
        let commitment = runtime.commitment(&stored).unwrap();
        assert_eq!(commitment.text, url.as_str());
        // After the deposit of 8 bytes.
        assert_eq!(commitment.block, u64::from(u32::from_le_bytes(array(stored[8..12].to_vec()))));
        assert!(commitment.text.ends_with(&Hotkey::to_string(&hotkey)));
    }
}

fn array<const N: usize>(bytes: Vec<u8>) -> [u8; N] {
    bytes.try_into().unwrap()
}
