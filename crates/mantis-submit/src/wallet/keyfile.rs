//! Hotkey files as bittensor's wallet writes them.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use rand::{CryptoRng, RngCore};
use schnorrkel::context::{attach_rng, signing_context};
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey, PublicKey, SecretKey, Signature};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::hotkey::Hotkey;
use crate::error::{Error, Result};
use crate::owner::decode_hex;

/// What sr25519 signatures of the chain are made under.
const SIGNING_CONTEXT: &[u8] = b"substrate";

/// Larger files are no hotkey.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// How encrypted files of the wallet start: NaCl, Ansible vault, Fernet.
const ENCRYPTED_STARTS: [&[u8]; 3] = [b"$NACL", b"$ANSIBLE_VAULT", b"gAAAAA"];

const SR25519: u64 = 1;

/// The secret half of a hotkey: signs what goes on the chain. Erased from memory when dropped,
/// never shown.
///
/// Sealing and uploading need the [`Hotkey`] only; load this for the commit and drop it.
///
/// ```
/// use mantis_submit::wallet::{HotkeySecret, verify};
/// use rand::rngs::OsRng;
///
/// let secret = HotkeySecret::from_seed(&[7; 32])?;
/// let signature = secret.sign(b"message", &mut OsRng);
/// assert!(verify(&secret.hotkey(), b"message", &signature));
/// assert!(!verify(&secret.hotkey(), b"another", &signature));
/// # Ok::<(), mantis_submit::Error>(())
/// ```
pub struct HotkeySecret(Keypair);

impl HotkeySecret {
    /// The key of a 32-byte seed.
    ///
    /// # Errors
    /// [`Error::Library`] never for 32 bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self> {
        let seed = MiniSecretKey::from_bytes(seed)
            .map_err(|_| Error::Library { what: "hotkey seed", action: "take 32 bytes" })?;
        Ok(Self(seed.expand_to_keypair(ExpansionMode::Ed25519)))
    }

    /// Reads an unencrypted hotkey file, the one at [`hotkey_file`].
    ///
    /// The address is computed from the secret and compared with the one that the file states.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::KeyFile`] for an encrypted, ed25519, damaged or contradictory
    /// file; no message repeats a secret.
    pub fn read(path: &Path) -> Result<Self> {
        let refuse = |problem: &str, remedy| Error::KeyFile {
            path: path.to_owned(),
            problem: problem.to_owned(),
            remedy,
        };
        let bytes = read_limited(path)?;
        if ENCRYPTED_STARTS.iter().any(|start| bytes.starts_with(start)) {
            return Err(refuse(
                "it is encrypted",
                "a hotkey signs unattended and is kept unencrypted: make one with `btcli wallet new-hotkey`, or write it again with `btcli wallet regen-hotkey`",
            ));
        }
        let damaged =
            "copy it from your backup, or write it again with `btcli wallet regen-hotkey`";
        // What the reader says about a value may quote it, so only the place is passed on.
        let file: KeyFile = serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            refuse(&format!("it is no key file in JSON (line {line} column {column})"), damaged)
        })?;
        if file.crypto_type.is_some_and(|kind| kind != SR25519) {
            let remedy =
                "the subnet takes sr25519 hotkeys only: make one with `btcli wallet new-hotkey`";
            return Err(refuse("its key is not sr25519 (cryptoType is not 1)", remedy));
        }
        let secret = file.secret(&refuse, damaged)?;
        // An error of the address would quote what stands there, which may be anything.
        let stated = file.address.as_deref().map(str::parse::<Hotkey>).transpose();
        let stated = stated.map_err(|_| refuse("its ss58Address is no address", damaged))?;
        if stated.is_some_and(|stated| stated != secret.hotkey()) {
            return Err(refuse("its ss58Address is not the address of its secret", damaged));
        }
        Ok(secret)
    }

    /// The address.
    #[must_use]
    pub fn hotkey(&self) -> Hotkey {
        Hotkey::from_public_key(self.0.public.to_bytes())
    }

    /// An sr25519 signature, 64 bytes; with its own nonce each time.
    #[must_use]
    pub fn sign(&self, message: &[u8], rng: &mut (impl RngCore + CryptoRng)) -> [u8; 64] {
        let transcript = signing_context(SIGNING_CONTEXT).bytes(message);
        self.0.sign(attach_rng(transcript, rng)).to_bytes()
    }
}

impl fmt::Debug for HotkeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HotkeySecret({}, ..)", self.hotkey())
    }
}

/// Whether `signature` is one of `hotkey` for `message`.
#[must_use]
pub fn verify(hotkey: &Hotkey, message: &[u8], signature: &[u8; 64]) -> bool {
    let (Ok(key), Ok(signature)) =
        (PublicKey::from_bytes(hotkey.public_key()), Signature::from_bytes(signature))
    else {
        return false;
    };
    key.verify(signing_context(SIGNING_CONTEXT).bytes(message), &signature).is_ok()
}

/// Where bittensor keeps a hotkey: `<wallets>/<wallet>/hotkeys/<hotkey>`, with `<wallets>` usually
/// `~/.bittensor/wallets`.
///
/// # Errors
/// [`Error::KeyFile`] if a name is more than one path segment.
pub fn hotkey_file(wallets: &Path, wallet: &str, hotkey: &str) -> Result<PathBuf> {
    let path = wallets.join(wallet).join("hotkeys").join(hotkey);
    for name in [wallet, hotkey] {
        let mut parts = Path::new(name).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            return Err(Error::KeyFile {
                path,
                problem: format!(
                    "{:?} is no name of a wallet or hotkey",
                    crate::error::shorten(name)
                ),
                remedy: "give the names that `btcli wallet list` shows, without a path",
            });
        }
    }
    Ok(path)
}

#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "secretSeed")]
    seed: Option<Zeroizing<String>>,
    #[serde(rename = "privateKey")]
    private_key: Option<Zeroizing<String>>,
    #[serde(rename = "ss58Address")]
    address: Option<String>,
    #[serde(rename = "cryptoType")]
    crypto_type: Option<u64>,
}

impl KeyFile {
    fn secret(
        &self,
        refuse: &impl Fn(&str, &'static str) -> Error,
        damaged: &'static str,
    ) -> Result<HotkeySecret> {
        let from_seed = self.seed.as_deref().map(|text| {
            let seed = Zeroizing::new(decode_hex::<32>("secretSeed", digits(text))?);
            HotkeySecret::from_seed(&seed)
        });
        // Files made from a raw key have no seed.
        let from_key = self.private_key.as_deref().map(|text| {
            let bytes = Zeroizing::new(decode_hex::<64>("privateKey", digits(text))?);
            let key = SecretKey::from_bytes(&*bytes)
                .map_err(|_| refuse("its privateKey is no sr25519 key", damaged))?;
            Ok(HotkeySecret(key.to_keypair()))
        });
        match (from_seed.transpose()?, from_key.transpose()?) {
            (Some(seed), Some(key)) if seed.hotkey() != key.hotkey() => {
                Err(refuse("its secretSeed and privateKey are of different keys", damaged))
            }
            (Some(secret), _) | (None, Some(secret)) => Ok(secret),
            (None, None) => Err(refuse(
                "it has neither secretSeed nor privateKey, so it is a public file",
                "give the file without `pub.txt` at the end",
            )),
        }
    }
}

fn digits(text: &str) -> &str {
    text.strip_prefix("0x").unwrap_or(text)
}

fn read_limited(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    // Room for the whole at once: growing would leave copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE_BYTES as usize));
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut bytes))
        .map_err(|source| Error::Io { path: path.to_owned(), action: "read the hotkey", source })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
