//! The keys of whoever may open a payload before its round is out.

use std::fmt;

use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Key of the subnet's owner.
const SUBNET_OWNER: &str = "fbfe185ded7a4e6865effceb23cbac32894170587674e751ac237a06f72b3067";

/// Public X25519 key of an owner, checked not to be of small order.
///
/// ```
/// use mantis_submit::OwnerKey;
///
/// let subnet = OwnerKey::subnet();
/// assert_eq!(OwnerKey::from_hex(&subnet.to_string())?, subnet);
/// assert!(OwnerKey::from_hex(&"00".repeat(32)).is_err());
/// # Ok::<(), mantis_submit::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OwnerKey([u8; 32]);

impl OwnerKey {
    /// The key for which the subnet's validators expect payloads to be sealed.
    #[must_use]
    pub fn subnet() -> Self {
        #[expect(clippy::expect_used, reason = "a constant that the tests read")]
        Self::from_hex(SUBNET_OWNER).expect("the subnet owner's key")
    }

    /// A key from its 64 hexadecimal digits, in any case.
    ///
    /// # Errors
    /// [`Error::Hex`], and [`Error::LowOrderKey`] for a key that hides nothing.
    pub fn from_hex(text: &str) -> Result<Self> {
        Self::from_bytes(decode_hex("owner key", text)?)
    }

    /// A key from its 32 bytes.
    ///
    /// # Errors
    /// [`Error::LowOrderKey`] for a key that hides nothing.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self> {
        // With a point of small order every secret gives zero, so one trial shows it.
        let trial = StaticSecret::from([1; 32]);
        if !trial.diffie_hellman(&PublicKey::from(bytes)).was_contributory() {
            return Err(Error::LowOrderKey { what: "owner key" });
        }
        Ok(Self(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl TryFrom<String> for OwnerKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::from_hex(&text)
    }
}

impl From<OwnerKey> for String {
    fn from(key: OwnerKey) -> Self {
        key.to_string()
    }
}

/// Lower-case hexadecimal digits.
impl fmt::Display for OwnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for OwnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnerKey({self})")
    }
}

/// Secret X25519 key of an owner; erased from memory when dropped, never shown.
///
/// Miners hold no owner's secret. A throwaway one lets a program open what it sealed:
///
/// ```
/// use mantis_submit::OwnerSecret;
/// use rand::rngs::OsRng;
///
/// let throwaway = OwnerSecret::random(&mut OsRng);
/// println!("seal for {}", throwaway.public());
/// assert_eq!(format!("{throwaway:?}"), "OwnerSecret(..)");
/// ```
#[derive(Clone)]
pub struct OwnerSecret(StaticSecret);

impl OwnerSecret {
    /// A new secret.
    #[must_use]
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(StaticSecret::random_from_rng(rng))
    }

    /// A secret from its 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`Error::Hex`]; the message does not repeat the text.
    pub fn from_hex(text: &str) -> Result<Self> {
        let bytes = Zeroizing::new(decode_hex::<32>("owner secret", text)?);
        Ok(Self(StaticSecret::from(*bytes)))
    }

    /// The public key that belongs to it.
    #[must_use]
    pub fn public(&self) -> OwnerKey {
        // Every secret is clamped to a multiple of the cofactor below the group order, so the
        // product with the base point never has a small order.
        OwnerKey(PublicKey::from(&self.0).to_bytes())
    }

    pub(crate) fn secret(&self) -> &StaticSecret {
        &self.0
    }
}

impl fmt::Debug for OwnerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnerSecret(..)")
    }
}

/// The bytes of a text of exactly `2 N` hexadecimal digits.
pub(crate) fn decode_hex<const N: usize>(what: &'static str, text: &str) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|error| {
        let got = match error {
            hex::FromHexError::InvalidHexCharacter { index, .. } => {
                format!("a character that is no digit at position {index}")
            }
            _ => format!("{} characters", text.chars().count()),
        };
        Error::Hex { what, got, bytes: N }
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The points of order 1, 2, 4 and 8 on the curve and its twist, from the published list of
    /// <https://cr.yp.to/ecdh.html> (x coordinates 0, 1, p - 1, p, p + 1 and the two of order 8).
    const SMALL: [&str; 7] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ];

    #[test]
    fn keys_of_small_order_are_refused() {
        for text in SMALL {
            let error = OwnerKey::from_hex(text).unwrap_err();
            assert!(matches!(error, Error::LowOrderKey { .. }), "{text}: {error}");
        }
        assert_eq!(OwnerKey::subnet().to_string(), SUBNET_OWNER);
    }

    #[test]
    fn hex_is_checked_and_secrets_are_not_repeated() {
        let upper = SUBNET_OWNER.to_uppercase();
        assert_eq!(OwnerKey::from_hex(&upper).unwrap(), OwnerKey::subnet());
        let short = OwnerKey::from_hex("fbfe").unwrap_err().to_string();
        assert!(short.contains("4 characters, expected 32 bytes as 64"), "{short}");
        let text = format!("x{}", "a".repeat(63));
        let message = OwnerSecret::from_hex(&text).unwrap_err().to_string();
        assert!(message.contains("at position 0"), "{message}");
        assert!(!message.contains("aaa"), "{message}");
    }
}
