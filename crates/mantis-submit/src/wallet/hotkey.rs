//! The ss58 address of a hotkey.

use std::fmt;
use std::str::FromStr;

use blake2::{Blake2b512, Digest};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, shorten};

/// Network number of addresses on the chain.
const PREFIX: u8 = 42;

/// What the checksum hashes first.
const CHECKSUM_CONTEXT: &[u8] = b"SS58PRE";

/// The public address of a hotkey: its sr25519 public key, written as ss58 of network 42.
///
/// Parsing verifies network and checksum, so that a mistyped address is never uploaded under.
///
/// ```
/// use mantis_submit::wallet::Hotkey;
///
/// let hotkey: Hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?;
/// assert_eq!(hotkey.public_key()[..4], [0x62, 0xd4, 0xf8, 0x0f]);
/// assert_eq!(Hotkey::from_public_key(*hotkey.public_key()), hotkey);
///
/// let mistyped = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaX".parse::<Hotkey>();
/// assert!(mistyped.unwrap_err().to_string().contains("checksum"));
/// # Ok::<(), mantis_submit::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hotkey([u8; 32]);

impl Hotkey {
    /// The address of an sr25519 public key.
    #[must_use]
    pub const fn from_public_key(public_key: [u8; 32]) -> Self {
        Self(public_key)
    }

    /// The sr25519 public key, which is also the account id on the chain.
    #[must_use]
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Hotkey {
    type Err = Error;

    /// # Errors
    /// [`Error::Address`] unless the text is the ss58 form of 32 bytes for network 42.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = |problem: String| Error::Address { got: shorten(text), problem };
        let bytes = bs58::decode(text)
            .into_vec()
            .map_err(|_| refuse("it has a character outside base58".to_owned()))?;
        let bytes: [u8; 35] = bytes
            .try_into()
            .map_err(|bytes: Vec<u8>| refuse(format!("it holds {} bytes, not 35", bytes.len())))?;
        let (body, sum) = bytes.split_at(33);
        if body[0] != PREFIX {
            return Err(refuse(format!("it is of network {}", body[0])));
        }
        if sum != checksum(body) {
            return Err(refuse("its checksum does not match, so it is mistyped".to_owned()));
        }
        let mut public_key = [0; 32];
        public_key.copy_from_slice(&body[1..]);
        Ok(Self(public_key))
    }
}

impl TryFrom<String> for Hotkey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Hotkey> for String {
    fn from(hotkey: Hotkey) -> Self {
        hotkey.to_string()
    }
}

impl fmt::Display for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![PREFIX];
        bytes.extend_from_slice(&self.0);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        f.pad(&bs58::encode(bytes).into_string())
    }
}

impl fmt::Debug for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hotkey({self})")
    }
}

fn checksum(body: &[u8]) -> [u8; 2] {
    let hash = Blake2b512::new().chain_update(CHECKSUM_CONTEXT).chain_update(body).finalize();
    [hash[0], hash[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";

    fn problem(text: &str) -> String {
        text.parse::<Hotkey>().unwrap_err().to_string()
    }

    #[test]
    fn text_and_key_agree_both_ways() {
        let hotkey: Hotkey = ADDRESS.parse().unwrap();
        assert_eq!(
            hex::encode(hotkey.public_key()),
            "62d4f80f675401dcf502bff84f8beaec3056d4a69709ee6c2ce83a294e5c315c"
        );
        assert_eq!(hotkey.to_string(), ADDRESS);
        let json = serde_json::to_string(&hotkey).unwrap();
        assert_eq!(json, format!("{ADDRESS:?}"));
        assert_eq!(serde_json::from_str::<Hotkey>(&json).unwrap(), hotkey);
    }

    #[test]
    fn every_single_wrong_character_is_noticed() {
        for place in 0..ADDRESS.len() {
            let mut bytes = ADDRESS.as_bytes().to_vec();
            bytes[place] = if bytes[place] == b'z' { b'y' } else { b'z' };
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.parse::<Hotkey>().is_err(), "{text}");
        }
    }

    #[test]
    fn refusals_name_the_problem() {
        assert!(problem("").contains("0 bytes"));
        assert!(problem("5abc0").contains("outside base58"));
        assert!(problem(&ADDRESS[..40]).contains("bytes, not 35"));
        let mut polkadot = vec![0];
        polkadot.extend_from_slice(&[7; 34]);
        assert!(problem(&bs58::encode(polkadot).into_string()).contains("of network 0"));
    }

    #[test]
    fn a_pasted_seed_is_not_repeated() {
        let seed = "0xeaa714d91be5959e2e4cb5517b810b5a35d73cebeb229ec54463bb1e1e6a9aad";
        let message = problem(seed);
        assert!(message.contains("0xea... (66 characters)"), "{message}");
        assert!(!message.contains("a714d9"), "{message}");
    }
}
