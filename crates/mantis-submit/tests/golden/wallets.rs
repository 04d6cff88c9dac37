//! Hotkey files, and the addresses beside them.

use std::path::Path;

use mantis_submit::wallet::{Hotkey, HotkeySecret, hotkey_file, verify};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::files::{Case, entries, json, name};

/// End of the name of the file that holds the public half.
const PUBLIC: &str = "pub.txt";

/// Every hotkey of every wallet: its secret must give the address of both files and sign.
pub(crate) fn replay(folder: &Path) -> usize {
    let mut cases = 0;
    for wallet in entries(folder) {
        for kind in entries(&wallet) {
            assert_eq!(name(&kind), "hotkeys", "{}: unknown kind of key", kind.display());
            let files: Vec<String> = entries(&kind).iter().map(|path| name(path)).collect();
            for hotkey in files.iter().filter(|file| !file.ends_with(PUBLIC)) {
                assert!(files.contains(&format!("{hotkey}{PUBLIC}")), "{hotkey} has no {PUBLIC}");
                replay_hotkey(&hotkey_file(folder, &name(&wallet), hotkey).unwrap());
                cases += 1;
            }
            let secrets = files.iter().filter(|file| !file.ends_with(PUBLIC)).count();
            assert_eq!(files.len(), 2 * secrets, "{}: files without a pair", kind.display());
        }
    }
    cases
}

fn replay_hotkey(path: &Path) {
    let secret = HotkeySecret::read(path).unwrap_or_else(|e| panic!("{e}"));
    for path in [path.to_owned(), path.with_file_name(format!("{}{PUBLIC}", name(path)))] {
        let file = json(&path);
        let is_public = name(&path).ends_with(PUBLIC);
        let mut file = Case::new(&file, path.display().to_string());
        let stated: Hotkey = file.text("ss58Address").parse().unwrap();
        assert_eq!(secret.hotkey(), stated, "{}", path.display());
        for field in ["publicKey", "accountId"] {
            assert_eq!(file.bytes(field), stated.public_key(), "{}: {field}", path.display());
        }
        assert_eq!(file.number("cryptoType"), 1, "{}", path.display());
        if !is_public {
            for field in ["secretSeed", "privateKey", "secretPhrase"] {
                file.text(field);
            }
        }
        file.finish();
    }
    let message = b"signed by the golden suite";
    let signature = secret.sign(message, &mut ChaCha20Rng::seed_from_u64(1));
    assert!(verify(&secret.hotkey(), message, &signature), "{}", path.display());
}
