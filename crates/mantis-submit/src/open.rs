//! Opening payloads, by the owner's secret or by the signature of the round.

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::beacon::RoundSignature;
use crate::envelope::{self, KEY_BYTES};
use crate::error::{Error, Result};
use crate::owner::{OwnerSecret, decode_hex};
use crate::payload::Payload;
use crate::plaintext::Plaintext;
use crate::time_lock;

/// Opens a payload as its owner, at any time.
///
/// # Errors
/// [`Error::OtherOwner`] if it was sealed for another key, [`Error::LowOrderKey`],
/// [`Error::Unseal`] if a byte was altered, and what [`Plaintext::parse`] refuses.
pub fn open_owner(payload: &Payload, owner: &OwnerSecret) -> Result<Plaintext> {
    if owner.public() != payload.owner {
        return Err(Error::OtherOwner {
            payload: payload.owner.to_string(),
            secret: owner.public().to_string(),
        });
    }
    let wrap = envelope::wrap_key(owner.secret(), &payload.ephemeral, "payload: W_owner.pke")?;
    let part = "W_owner";
    let key = envelope::open(&wrap, &payload.wrapped, &payload.binding, part)?;
    let key: [u8; KEY_BYTES] = key.as_slice().try_into().map_err(|_| Error::Unseal { part })?;
    open_content(payload, &Zeroizing::new(key))
}

/// Opens a payload as everyone can once its round is out, and as the validator does.
///
/// ```
/// use mantis_data::{ChallengeTable, Embedding, EmbeddingSet};
/// use mantis_submit::{Beacon, OwnerKey, Plaintext, Sealer, open_timelock};
/// use rand::rngs::OsRng;
///
/// let text = r#"{"ETH":[0.1,-0.1],"hotkey":"5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR"}"#;
/// let sealer = Sealer::new(OwnerKey::subnet());
/// let payload = sealer.seal_to_round(&Plaintext::parse(text)?, 1_000, &mut OsRng)?;
///
/// // From the beacon: https://api.drand.sh/v2/beacons/quicknet/rounds/1000
/// let signature = concat!(
///     "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125",
///     "e342b73a8dd2bacbe47e4b6b63ed5e39",
/// );
/// let signature = Beacon::quicknet().verify(1_000, signature)?;
/// assert_eq!(open_timelock(&payload, &signature)?.as_str(), text);
/// # Ok::<(), mantis_submit::Error>(())
/// ```
///
/// # Errors
/// [`Error::OtherRound`] if the signature is of another round, [`Error::Unseal`] if a byte was
/// altered, [`Error::PayloadField`] if the lock hides other keys than the payload shows, and what
/// [`Plaintext::parse`] refuses.
pub fn open_timelock(payload: &Payload, signature: &RoundSignature) -> Result<Plaintext> {
    if signature.round() != payload.round {
        return Err(Error::OtherRound { payload: payload.round, signature: signature.round() });
    }
    let message = time_lock::unlock(&payload.locked, signature)?;
    let hidden = |at: usize| {
        let digits = message.get(at..at + 2 * KEY_BYTES);
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or("");
        decode_hex::<KEY_BYTES>("payload: keys in W_time", digits).map(Zeroizing::new)
    };
    let (secret, key) = (hidden(0)?, hidden(2 * KEY_BYTES)?);
    if PublicKey::from(&StaticSecret::from(*secret)).to_bytes() != payload.ephemeral {
        return Err(Error::PayloadField {
            field: "W_owner.pke",
            got: "another key".to_owned(),
            expected: "the public key of the secret in W_time",
        });
    }
    open_content(payload, &key)
}

fn open_content(payload: &Payload, key: &Zeroizing<[u8; KEY_BYTES]>) -> Result<Plaintext> {
    let bytes = envelope::open(key, &payload.content, &payload.binding, "C")?;
    let text = std::str::from_utf8(&bytes).map_err(|error| Error::Plaintext {
        place: format!("byte {}", error.valid_up_to()),
        problem: "not UTF-8".to_owned(),
    })?;
    let plaintext = Plaintext::parse(text)?;
    if *plaintext.hotkey() != payload.hotkey {
        return Err(Error::OtherHotkey {
            what: "plaintext",
            got: *plaintext.hotkey(),
            expected: payload.hotkey,
        });
    }
    Ok(plaintext)
}
