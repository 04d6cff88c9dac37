use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use super::*;

const SEED: &str = "0xeaa714d91be5959e2e4cb5517b810b5a35d73cebeb229ec54463bb1e1e6a9aad";
const KEY: &str = "0x7c7bc2b8a2eb47bac155a527430d9e99278c8657016816c762dd816a2f49140b8a7dcfb362b50c620da13fe8b307b6a6e3a405b4c28eec99d87c06a9d5e67598";
const ADDRESS: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";
const OTHER_SEED: &str = "0x0783dd63fa42b04279fb6be918d9e6a18d94622ac1ffca4bf25bf6407e494f80";

fn read(content: impl AsRef<[u8]>) -> Result<HotkeySecret> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("default");
    std::fs::write(&path, content).unwrap();
    HotkeySecret::read(&path)
}

fn refusal(content: impl AsRef<[u8]>) -> String {
    read(content).unwrap_err().to_string()
}

fn file() -> Value {
    json!({"secretSeed": SEED, "privateKey": KEY, "ss58Address": ADDRESS, "cryptoType": 1})
}

fn with(field: &str, value: Value) -> String {
    let mut file = file();
    file[field] = value;
    file.to_string()
}

#[test]
fn seed_and_key_give_the_stated_address() {
    for field in ["secretSeed", "privateKey", "cryptoType", "ss58Address", "none"] {
        let mut file = file();
        file.as_object_mut().unwrap().remove(field);
        assert_eq!(read(file.to_string()).unwrap().hotkey().to_string(), ADDRESS, "no {field}");
    }
}

#[test]
fn signatures_verify_and_differ() {
    let secret = read(file().to_string()).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (one, two) = (secret.sign(b"call", &mut rng), secret.sign(b"call", &mut rng));
    assert_ne!(one, two);
    assert!(verify(&secret.hotkey(), b"call", &one) && verify(&secret.hotkey(), b"call", &two));
    assert!(!verify(&secret.hotkey(), b"cal", &one));
    let mut wrong = one;
    wrong[5] ^= 1;
    assert!(!verify(&secret.hotkey(), b"call", &wrong));
    assert!(!verify(&Hotkey::from_public_key([255; 32]), b"call", &one));
}

#[test]
fn encrypted_and_ed25519_files_are_refused_with_the_remedy() {
    for start in ["$NACL...", "$ANSIBLE_VAULT;1.1;AES256", "gAAAAABk"] {
        let message = refusal(start);
        assert!(message.contains("it is encrypted") && message.contains("new-hotkey"), "{message}");
    }
    let message = refusal(with("cryptoType", json!(0)));
    assert!(message.contains("not sr25519") && message.contains("new-hotkey"), "{message}");
}

#[test]
fn damaged_and_contradictory_files_are_refused() {
    assert!(refusal("").contains("no key file in JSON (line 1 column 0)"));
    assert!(refusal("[]").contains("no key file in JSON"));
    assert!(refusal(with("ss58Address", json!("5abc"))).contains("its ss58Address is no address"));
    assert!(refusal(with("secretSeed", json!(OTHER_SEED))).contains("of different keys"));
    let zero = format!("0x{}", "ff".repeat(64));
    assert!(refusal(with("privateKey", json!(zero))).contains("privateKey is no sr25519 key"));
    let other = json!({"secretSeed": OTHER_SEED, "ss58Address": ADDRESS}).to_string();
    assert!(refusal(other).contains("not the address of its secret"));
    let public = json!({"publicKey": "0x00", "ss58Address": ADDRESS}).to_string();
    assert!(refusal(public).contains("without `pub.txt`"));
    let endless = format!("{{\"x\":\"{}\"}}", "a".repeat(100_000));
    assert!(refusal(endless).contains("no key file"));
    let absent = HotkeySecret::read(Path::new("no/such/hotkey")).unwrap_err().to_string();
    assert!(absent.contains("no/such/hotkey: cannot read the hotkey"), "{absent}");
}

#[test]
fn no_secret_is_repeated() {
    let seed = &SEED[2..10];
    for wrong in [
        with("secretSeed", json!(&SEED[..60])),
        with("cryptoType", json!(SEED)),
        with("ss58Address", json!(&SEED[2..42])),
        with("privateKey", json!({"key": SEED})),
        file().to_string().replace("\"cryptoType\":1", &format!("\"cryptoType\":1,{SEED}")),
    ] {
        let message = refusal(&wrong);
        assert!(!message.contains(seed), "{message}");
    }
    let shown = format!("{:?}", read(file().to_string()).unwrap());
    assert_eq!(shown, format!("HotkeySecret({ADDRESS}, ..)"));
}

#[test]
fn files_are_found_by_name() {
    let path = hotkey_file(Path::new("wallets"), "miner", "default").unwrap();
    assert_eq!(path, Path::new("wallets/miner/hotkeys/default"));
    for name in ["", "..", "a/b", "/etc", "."] {
        let message = hotkey_file(Path::new("wallets"), name, "default").unwrap_err().to_string();
        assert!(message.contains("no name of a wallet"), "{message}");
    }
}
