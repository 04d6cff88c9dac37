//! The primitives that sealing and opening share.

use chacha20poly1305::aead::{Aead, KeyInit, Payload as Message};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::owner::OwnerKey;
use crate::wallet::Hotkey;

pub(crate) const KEY_BYTES: usize = 32;
pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const TAG_BYTES: usize = 16;

const WRAP_INFO: &[u8] = b"mantis-owner-wrap";

/// A ciphertext with its tag, and the nonce it was made with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sealed {
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) ciphertext: Vec<u8>,
}

/// What ties the parts of a payload together; both seals authenticate it.
pub(crate) fn binding(
    hotkey: &Hotkey,
    round: u64,
    owner: &OwnerKey,
    ephemeral: &[u8; 32],
) -> [u8; 32] {
    Sha256::new()
        .chain_update(hotkey.to_string())
        .chain_update(b":")
        .chain_update(round.to_string())
        .chain_update(b":")
        .chain_update(owner.as_bytes())
        .chain_update(b":")
        .chain_update(ephemeral)
        .finalize()
        .into()
}

/// The key that wraps the content key for the owner.
pub(crate) fn wrap_key(
    secret: &StaticSecret,
    public: &[u8; 32],
    what: &'static str,
) -> Result<Zeroizing<[u8; KEY_BYTES]>> {
    let shared = secret.diffie_hellman(&PublicKey::from(*public));
    if !shared.was_contributory() {
        return Err(Error::LowOrderKey { what });
    }
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Hkdf::<Sha256>::new(None, shared.as_bytes())
        .expand(WRAP_INFO, &mut *key)
        .map_err(|_| Error::Library { what: "payload: W_owner", action: "derive the wrap key" })?;
    Ok(key)
}

pub(crate) fn seal(
    key: &[u8; KEY_BYTES],
    nonce: [u8; NONCE_BYTES],
    binding: &[u8; 32],
    message: &[u8],
) -> Result<Sealed> {
    let ciphertext = ChaCha20Poly1305::new(Key::from_slice(key))
        .encrypt(Nonce::from_slice(&nonce), Message { msg: message, aad: binding })
        .map_err(|_| Error::Library { what: "payload: C", action: "encrypt" })?;
    Ok(Sealed { nonce, ciphertext })
}

pub(crate) fn open(
    key: &[u8; KEY_BYTES],
    sealed: &Sealed,
    binding: &[u8; 32],
    part: &'static str,
) -> Result<Zeroizing<Vec<u8>>> {
    ChaCha20Poly1305::new(Key::from_slice(key))
        .decrypt(
            Nonce::from_slice(&sealed.nonce),
            Message { msg: &sealed.ciphertext, aad: binding },
        )
        .map(Zeroizing::new)
        .map_err(|_| Error::Unseal { part })
}
