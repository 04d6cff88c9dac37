//! `W_time`: the part of a payload that opens when its round is out.
//!
//! Identity-based encryption on BLS12-381 by the crate `timelock`, whose encoding is, in bytes:
//!
//! ```text
//! U 96 | V 32 | W 32 | body length 8 | ciphertext length 8 | ciphertext 144
//!                    | nonce length 8 | nonce 12 | suite length 8 | suite 8
//! ```
//!
//! An older encoding has the length 32 before V and before W. Lengths are little-endian. Readers
//! of this encoding allocate what a length says before they look for the bytes, so a shifted one
//! can end the reading process; nothing goes out or is decoded here before all four are checked.

use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use rand::{CryptoRng, RngCore};
use timelock::block_ciphers::AESGCMBlockCipherProvider;
use timelock::engines::drand::TinyBLS381;
use timelock::ibe::fullident::Identity;
use timelock::tlock::{TLECiphertext, tld, tle};
use zeroize::Zeroizing;

use crate::beacon::{Beacon, RoundSignature, identity};
use crate::error::{Error, Result};

/// Bytes of the message: two keys of 32 bytes as hexadecimal digits.
pub(crate) const MESSAGE_BYTES: usize = 128;

/// Bytes of the encoding that is written.
pub(crate) const BYTES: usize = 356;

/// Bytes of the older encoding, which is read only.
const LEGACY_BYTES: usize = 372;

const POINT_BYTES: usize = 96;
const HASH_BYTES: usize = 32;
const PREFIX_BYTES: usize = 8;
const CIPHERTEXT_BYTES: usize = MESSAGE_BYTES + 16;
const NONCE_BYTES: usize = 12;
const SUITE: &[u8; 8] = b"AES_GCM_";

/// Offset of the length before the body, and of what follows.
const BODY_AT: usize = POINT_BYTES + 2 * HASH_BYTES;
const CIPHERTEXT_AT: usize = BODY_AT + PREFIX_BYTES;
const NONCE_AT: usize = CIPHERTEXT_AT + PREFIX_BYTES + CIPHERTEXT_BYTES;
const SUITE_AT: usize = NONCE_AT + PREFIX_BYTES + NONCE_BYTES;

/// What every length must say, by offset.
const LENGTHS: [(usize, usize); 4] = [
    (BODY_AT, SUITE_AT - CIPHERTEXT_AT),
    (CIPHERTEXT_AT, CIPHERTEXT_BYTES),
    (NONCE_AT, NONCE_BYTES),
    (SUITE_AT, SUITE.len()),
];

/// Locks a message to a round. Draws 32 bytes (the key), 32 bytes, then 12 bytes from `rng`.
pub(crate) fn lock(
    beacon: &Beacon,
    round: u64,
    message: &[u8; MESSAGE_BYTES],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<u8>> {
    let mut key = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *key);
    let id = Identity::new(b"", &identity(round));
    let refused = |action| Error::Library { what: "payload: W_time", action };
    let ciphertext = tle::<TinyBLS381, AESGCMBlockCipherProvider, _>(
        beacon.public_key(),
        *key,
        message,
        id,
        rng,
    )
    .map_err(|_| refused("encrypt"))?;
    let mut bytes = Vec::with_capacity(BYTES);
    ciphertext.serialize_compressed(&mut bytes).map_err(|_| refused("encode"))?;
    check_layout(&bytes)?;
    Ok(bytes)
}

/// Opens what was locked to the round of the signature, in either encoding.
pub(crate) fn unlock(bytes: &[u8], signature: &RoundSignature) -> Result<Zeroizing<Vec<u8>>> {
    let bytes = current_form(bytes)?;
    let unseal = || Error::Unseal { part: "W_time" };
    let ciphertext = TLECiphertext::<TinyBLS381>::deserialize_compressed(&bytes[..])
        .map_err(|_| field(&bytes, "a point of the curve at its start"))?;
    tld::<TinyBLS381, AESGCMBlockCipherProvider>(ciphertext, signature.point())
        .map(Zeroizing::new)
        .map_err(|_| unseal())
}

/// Checks length and inner lengths of either encoding.
pub(crate) fn check(bytes: &[u8]) -> Result<()> {
    current_form(bytes).map(drop)
}

/// Checks that the bytes are the encoding which every validator opens.
pub(crate) fn check_layout(bytes: &[u8]) -> Result<()> {
    let length_at = |at: usize| {
        let prefix = bytes.get(at..at + PREFIX_BYTES)?;
        Some(u64::from_le_bytes(prefix.try_into().ok()?))
    };
    let lengths_fit = LENGTHS.iter().all(|&(at, length)| length_at(at) == Some(length as u64));
    if bytes.len() != BYTES || !lengths_fit || !bytes.ends_with(SUITE) {
        return Err(field(bytes, "356 bytes with the inner lengths 172, 144, 12 and 8"));
    }
    Ok(())
}

/// The current encoding of either one.
fn current_form(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut form = bytes.to_vec();
    if form.len() == LEGACY_BYTES {
        let prefix = (HASH_BYTES as u64).to_le_bytes();
        for at in [POINT_BYTES, POINT_BYTES + HASH_BYTES] {
            if form[at..at + PREFIX_BYTES] != prefix {
                return Err(field(bytes, "the length 32 before V and before W in 372 bytes"));
            }
            form.drain(at..at + PREFIX_BYTES);
        }
    }
    check_layout(&form)?;
    Ok(form)
}

fn field(bytes: &[u8], expected: &'static str) -> Error {
    let got = format!("{} bytes of another layout", bytes.len());
    Error::PayloadField { field: "W_time.ct", got, expected }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    fn locked() -> Vec<u8> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        lock(&Beacon::quicknet(), 1_000, &[b'a'; MESSAGE_BYTES], &mut rng).unwrap()
    }

    fn signature() -> RoundSignature {
        let signature = concat!(
            "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125",
            "e342b73a8dd2bacbe47e4b6b63ed5e39",
        );
        Beacon::quicknet().verify(1_000, signature).unwrap()
    }

    fn legacy(bytes: &[u8]) -> Vec<u8> {
        let prefix = 32_u64.to_le_bytes();
        [&bytes[..96], &prefix, &bytes[96..128], &prefix, &bytes[128..]].concat()
    }

    #[test]
    fn both_encodings_open() {
        let bytes = locked();
        assert_eq!(bytes.len(), BYTES);
        assert_eq!(**unlock(&bytes, &signature()).unwrap(), [b'a'; MESSAGE_BYTES]);
        assert_eq!(**unlock(&legacy(&bytes), &signature()).unwrap(), [b'a'; MESSAGE_BYTES]);
    }

    #[test]
    fn every_wrong_length_is_refused_before_it_is_believed() {
        let bytes = locked();
        for cut in 0..BYTES {
            assert!(check(&bytes[..cut]).is_err(), "{cut}");
        }
        for (at, _) in LENGTHS {
            for byte in at..at + PREFIX_BYTES {
                let mut wrong = bytes.clone();
                wrong[byte] ^= 0x80;
                let message = check(&wrong).unwrap_err().to_string();
                assert!(message.contains("W_time.ct is 356 bytes of another"), "{message}");
                assert!(unlock(&wrong, &signature()).is_err());
            }
        }
        let mut wrong = legacy(&bytes);
        wrong[POINT_BYTES + 7] = 1;
        assert!(check(&wrong).unwrap_err().to_string().contains("the length 32 before V"));
    }

    #[test]
    fn an_altered_byte_anywhere_does_not_open() {
        let bytes = locked();
        for at in (0..BYTES).step_by(5) {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1;
            assert!(unlock(&wrong, &signature()).is_err(), "{at}");
        }
    }
}
