//! The sealed object that a miner uploads.

use serde::{Deserialize, Serialize};

use crate::envelope::{self, NONCE_BYTES, Sealed, TAG_BYTES};
use crate::error::{Error, Result, shorten};
use crate::owner::{OwnerKey, decode_hex};
use crate::time_lock;
use crate::wallet::Hotkey;

const VERSION: u64 = 2;

/// A V2 payload whose every field has a form that it can have: lengths, address, keys,
/// the binding and the layout of `W_time` are checked on the way in.
///
/// In JSON, in this order:
///
/// | field | value |
/// |---|---|
/// | `v` | 2 |
/// | `round` | round of the beacon at which it opens |
/// | `hk` | ss58 address of the hotkey |
/// | `owner_pk` | X25519 key of the owner, 32 bytes |
/// | `C` | `nonce` (12 bytes) and `ct`, the plaintext under the content key |
/// | `W_owner` | `pke` (32 bytes, ephemeral key), `nonce` (12), `ct` (48): the content key for the owner |
/// | `W_time` | `ct` (356 bytes, or 372 in the older encoding): ephemeral secret and content key, locked to the round |
/// | `binding` | SHA-256 of hotkey, round, owner key and ephemeral key |
/// | `alg` | `x25519-hkdf-sha256+chacha20poly1305+drand-tlock` |
///
/// Bytes are hexadecimal text. Made by [`Sealer`](crate::Sealer), opened by
/// [`open_owner`](crate::open_owner) and [`open_timelock`](crate::open_timelock).
///
/// ```
/// use mantis_submit::Payload;
///
/// let error = Payload::parse(br#"{"v":2,"round":1000}"#).unwrap_err();
/// assert!(error.to_string().contains("missing field `hk`"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Json", into = "Json")]
pub struct Payload {
    pub(crate) round: u64,
    pub(crate) hotkey: Hotkey,
    pub(crate) owner: OwnerKey,
    pub(crate) content: Sealed,
    pub(crate) ephemeral: [u8; 32],
    pub(crate) wrapped: Sealed,
    pub(crate) locked: Vec<u8>,
    pub(crate) binding: [u8; 32],
}

impl Payload {
    /// What `alg` says.
    pub const ALGORITHM: &str = "x25519-hkdf-sha256+chacha20poly1305+drand-tlock";

    /// Largest object that a validator downloads, 25 MiB.
    pub const MAX_BYTES: usize = 25 * 1024 * 1024;

    /// Reads the JSON of a payload.
    ///
    /// # Errors
    /// [`Error::PayloadSize`], [`Error::PayloadJson`] for anything but exactly the fields of a
    /// payload, in any order, with values of their form.
    pub fn parse(json: &[u8]) -> Result<Self> {
        if json.len() > Self::MAX_BYTES {
            return Err(Error::PayloadSize { got: json.len(), limit: Self::MAX_BYTES });
        }
        // The reader would take a list of the values in order for an object.
        if json.contains(&b'[') {
            let expected = "an object of strings, numbers and objects";
            return Err(Error::PayloadField { field: "(any)", got: "a list".into(), expected });
        }
        let json: Json =
            serde_json::from_slice(json).map_err(|source| Error::PayloadJson { source })?;
        Self::try_from(json)
    }

    /// The JSON text to upload, without spaces.
    #[must_use]
    pub fn to_json(&self) -> String {
        #[expect(clippy::expect_used, reason = "strings and integers always serialise")]
        serde_json::to_string(self).expect("an object of strings and integers")
    }

    /// The round at which anyone can open it.
    #[must_use]
    pub const fn round(&self) -> u64 {
        self.round
    }

    /// The hotkey that it claims to be of.
    #[must_use]
    pub const fn hotkey(&self) -> &Hotkey {
        &self.hotkey
    }

    /// The owner who can open it before that.
    #[must_use]
    pub const fn owner(&self) -> &OwnerKey {
        &self.owner
    }
}

/// The JSON form; the order of the fields is the order in which they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    v: u64,
    round: u64,
    hk: String,
    owner_pk: String,
    #[serde(rename = "C")]
    content: JsonSealed,
    #[serde(rename = "W_owner")]
    wrapped: JsonWrapped,
    #[serde(rename = "W_time")]
    locked: JsonLocked,
    binding: String,
    alg: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonSealed {
    nonce: String,
    ct: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonWrapped {
    pke: String,
    nonce: String,
    ct: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonLocked {
    ct: String,
}

impl TryFrom<Json> for Payload {
    type Error = Error;

    fn try_from(json: Json) -> Result<Self> {
        let refuse = |field, got: &str, expected| {
            Err(Error::PayloadField { field, got: format!("{:?}", shorten(got)), expected })
        };
        if json.v != VERSION {
            let got = json.v.to_string();
            return Err(Error::PayloadField { field: "v", got, expected: "2" });
        }
        if json.alg != Self::ALGORITHM {
            return refuse("alg", &json.alg, Self::ALGORITHM);
        }
        let content = sealed("C.nonce", &json.content.nonce, "C.ct", &json.content.ct)?;
        let wrapped = sealed("W_owner.nonce", &json.wrapped.nonce, "W_owner.ct", &json.wrapped.ct)?;
        if wrapped.ciphertext.len() != envelope::KEY_BYTES + TAG_BYTES {
            return refuse("W_owner.ct", &json.wrapped.ct, "48 bytes in hexadecimal digits");
        }
        let locked = bytes("W_time.ct", &json.locked.ct)?;
        time_lock::check(&locked)?;
        let payload = Self {
            round: json.round,
            hotkey: json.hk.parse()?,
            owner: OwnerKey::from_hex(&json.owner_pk)?,
            content,
            ephemeral: decode_hex("payload: field W_owner.pke", &json.wrapped.pke)?,
            wrapped,
            locked,
            binding: decode_hex("payload: field binding", &json.binding)?,
        };
        let Self { hotkey, round, owner, ephemeral, binding, .. } = &payload;
        if envelope::binding(hotkey, *round, owner, ephemeral) != *binding {
            let expected = "the SHA-256 of hk, round, owner_pk and pke";
            return refuse("binding", "another hash", expected);
        }
        Ok(payload)
    }
}

impl From<Payload> for Json {
    fn from(payload: Payload) -> Self {
        Self {
            v: VERSION,
            round: payload.round,
            hk: payload.hotkey.to_string(),
            owner_pk: payload.owner.to_string(),
            content: JsonSealed {
                nonce: hex::encode(payload.content.nonce),
                ct: hex::encode(payload.content.ciphertext),
            },
            wrapped: JsonWrapped {
                pke: hex::encode(payload.ephemeral),
                nonce: hex::encode(payload.wrapped.nonce),
                ct: hex::encode(payload.wrapped.ciphertext),
            },
            locked: JsonLocked { ct: hex::encode(payload.locked) },
            binding: hex::encode(payload.binding),
            alg: Payload::ALGORITHM.to_owned(),
        }
    }
}

fn sealed(
    nonce_field: &'static str,
    nonce: &str,
    field: &'static str,
    ciphertext: &str,
) -> Result<Sealed> {
    let nonce: [u8; NONCE_BYTES] =
        bytes(nonce_field, nonce)?.try_into().map_err(|got: Vec<u8>| Error::PayloadField {
            field: nonce_field,
            got: format!("{} bytes", got.len()),
            expected: "12 bytes in hexadecimal digits",
        })?;
    let ciphertext = bytes(field, ciphertext)?;
    if ciphertext.len() < TAG_BYTES {
        let got = format!("{} bytes", ciphertext.len());
        return Err(Error::PayloadField { field, got, expected: "at least the 16 bytes of a tag" });
    }
    Ok(Sealed { nonce, ciphertext })
}

fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>> {
    hex::decode(text).map_err(|_| Error::PayloadField {
        field,
        got: format!("{:?}", shorten(text)),
        expected: "an even number of hexadecimal digits",
    })
}

#[cfg(test)]
mod tests;
