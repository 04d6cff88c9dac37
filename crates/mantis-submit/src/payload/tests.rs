use std::sync::LazyLock;

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use super::*;
use crate::beacon::Beacon;
use crate::owner::OwnerSecret;
use crate::plaintext::Plaintext;
use crate::seal::Sealer;
use crate::{open_owner, open_timelock};

const TEXT: &str =
    r#"{"ETH":[0.25,-0.25],"hotkey":"5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR"}"#;
const OTHER_HOTKEY: &str = "5EHe7wXzpR8FUDHwnK5ucKqSyCtLi2NWjWJ533qfQWwecKfc";

static OWNER: LazyLock<OwnerSecret> = LazyLock::new(|| OwnerSecret::random(&mut rng(1)));
static PAYLOAD: LazyLock<Payload> = LazyLock::new(|| sealed(1_000, &mut rng(2)));

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn sealed(round: u64, rng: &mut ChaCha20Rng) -> Payload {
    let plaintext = Plaintext::parse(TEXT).unwrap();
    Sealer::new(OWNER.public()).seal_to_round(&plaintext, round, rng).unwrap()
}

fn with(pointer: &str, value: Value) -> Value {
    let mut json: Value = serde_json::to_value(&*PAYLOAD).unwrap();
    *json.pointer_mut(pointer).unwrap() = value;
    json
}

fn refusal(pointer: &str, value: Value) -> String {
    Payload::parse(with(pointer, value).to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn fields_are_written_in_order_and_read_in_any() {
    let json = PAYLOAD.to_json();
    let names = ["v", "round", "hk", "owner_pk", "C", "W_owner", "W_time", "binding", "alg"];
    let places: Vec<usize> =
        names.iter().map(|name| json.find(&format!("\"{name}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    // `serde_json::Value` sorts its keys.
    let sorted = serde_json::to_value(&*PAYLOAD).unwrap().to_string();
    assert_ne!(sorted, json);
    assert_eq!(Payload::parse(sorted.as_bytes()).unwrap(), *PAYLOAD);
}

#[test]
fn every_field_is_checked() {
    assert!(refusal("/v", json!(1)).contains("field v is 1, expected 2"));
    assert!(refusal("/v", json!("2")).contains("invalid type: string \"2\", expected u64"));
    assert!(refusal("/round", json!(-1)).contains("expected u64"));
    assert!(refusal("/round", json!(1000.0)).contains("expected u64"));
    assert!(refusal("/hk", json!("5abc")).contains("address \"5abc\""));
    assert!(refusal("/owner_pk", json!("00".repeat(32))).contains("small order"));
    assert!(refusal("/C/nonce", json!("00")).contains("C.nonce is 1 bytes, expected 12 bytes"));
    assert!(refusal("/C/ct", json!("00")).contains("C.ct is 1 bytes, expected at least the 16"));
    assert!(refusal("/C/ct", json!("0g")).contains("C.ct is \"0g\", expected an even number"));
    assert!(refusal("/W_owner/pke", json!("00")).contains("W_owner.pke: got 2 characters"));
    assert!(refusal("/W_owner/ct", json!("00".repeat(47))).contains("expected 48 bytes"));
    assert!(refusal("/W_time/ct", json!("00".repeat(355))).contains("W_time.ct is 355 bytes"));
    assert!(refusal("/binding", json!("00".repeat(32))).contains("field binding is"));
    assert!(refusal("/alg", json!("none")).contains("alg is \"none\", expected x25519"));
    assert!(refusal("/C", json!({"nonce": "", "ct": "", "x": 1})).contains("unknown field `x`"));
    let twice = PAYLOAD.to_json().replacen("{\"v\":2", "{\"v\":2,\"v\":2", 1);
    let message = Payload::parse(twice.as_bytes()).unwrap_err().to_string();
    assert!(message.contains("duplicate field `v` at line 1"), "{message}");
    let list = with("/C", json!(["00".repeat(12), "00".repeat(16)])).to_string();
    assert!(Payload::parse(list.as_bytes()).unwrap_err().to_string().contains("is a list"));
    let large = vec![b' '; Payload::MAX_BYTES + 1];
    assert!(matches!(Payload::parse(&large), Err(Error::PayloadSize { .. })));
}

#[test]
fn the_binding_ties_hotkey_round_and_keys() {
    let other_owner = OwnerSecret::random(&mut rng(9)).public().to_string();
    for (pointer, value) in [
        ("/hk", json!(OTHER_HOTKEY)),
        ("/round", json!(1_001)),
        ("/owner_pk", json!(other_owner)),
        ("/W_owner/pke", json!(other_owner)),
    ] {
        assert!(refusal(pointer, value).contains("field binding"), "{pointer}");
    }
    let upper = with("/owner_pk", json!(OWNER.public().to_string().to_uppercase()));
    assert_eq!(Payload::parse(upper.to_string().as_bytes()).unwrap(), *PAYLOAD);
}

#[test]
fn nothing_altered_opens() {
    let flipped = |change: fn(&mut Payload)| {
        let mut payload = PAYLOAD.clone();
        change(&mut payload);
        open_owner(&payload, &OWNER).unwrap_err().to_string()
    };
    assert!(flipped(|p| p.content.ciphertext[3] ^= 1).contains("C does not open"));
    assert!(flipped(|p| p.content.nonce[0] ^= 1).contains("C does not open"));
    assert!(flipped(|p| p.wrapped.ciphertext[47] ^= 1).contains("W_owner does not open"));
    assert!(flipped(|p| p.binding[0] ^= 1).contains("W_owner does not open"));
    assert!(flipped(|p| p.ephemeral = [0; 32]).contains("W_owner.pke: the key has a small order"));
    let message = open_owner(&PAYLOAD, &OwnerSecret::random(&mut rng(9))).unwrap_err().to_string();
    assert!(message.contains("sealed for owner"), "{message}");
}

#[test]
fn the_time_path_wants_its_round_and_its_secret() {
    let signature = concat!(
        "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125",
        "e342b73a8dd2bacbe47e4b6b63ed5e39",
    );
    let signature = Beacon::quicknet().verify(1_000, signature).unwrap();
    assert_eq!(open_timelock(&PAYLOAD, &signature).unwrap().as_str(), TEXT);
    let later = sealed(1_001, &mut rng(3));
    let message = open_timelock(&later, &signature).unwrap_err().to_string();
    assert!(message.contains("locked to round 1001, got the signature of round 1000"), "{message}");
    // The lock of one payload in another one.
    let mut mixed = sealed(1_000, &mut rng(4));
    mixed.locked = PAYLOAD.locked.clone();
    let message = open_timelock(&mixed, &signature).unwrap_err().to_string();
    assert!(message.contains("W_owner.pke is another key"), "{message}");
}

#[test]
fn the_text_must_be_of_the_hotkey_that_submits() {
    let mut payload = PAYLOAD.clone();
    payload.hotkey = OTHER_HOTKEY.parse().unwrap();
    let message = open_owner(&payload, &OWNER).unwrap_err().to_string();
    assert!(message.contains(&format!("expected {OTHER_HOTKEY}")), "{message}");
}

#[test]
fn keys_and_nonces_are_fresh() {
    let mut rng = rng(5);
    let (one, two) = (sealed(1_000, &mut rng), sealed(1_000, &mut rng));
    assert_ne!(one.ephemeral, two.ephemeral);
    assert_ne!(one.content.nonce, two.content.nonce);
    assert_ne!(one.wrapped.nonce, two.wrapped.nonce);
    assert_ne!(one.locked[..96], two.locked[..96]);
    assert_eq!(one, sealed(1_000, &mut self::rng(5)));
    let never =
        Sealer::new(OWNER.public()).seal_to_round(&Plaintext::parse(TEXT).unwrap(), 0, &mut rng);
    assert!(matches!(never, Err(Error::Round { got: 0, .. })));
}

proptest! {
    #[test]
    fn an_edited_payload_never_panics_and_never_reads_as_another(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut json = PAYLOAD.to_json().into_bytes();
        let at = at.index(json.len());
        json[at] = byte;
        if let Ok(payload) = Payload::parse(&json)
            && payload != *PAYLOAD
        {
            prop_assert!(open_owner(&payload, &OWNER).is_err() || payload.locked != PAYLOAD.locked);
        }
    }
}
