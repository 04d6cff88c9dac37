//! Where payloads are put: whole objects under one key each.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod folder;
mod memory;
#[cfg(feature = "r2")]
mod r2;

use std::fmt;
use std::str::FromStr;

pub use folder::FolderBucket;
pub use memory::MemoryBucket;
#[cfg(feature = "r2")]
pub use r2::{Addressing, R2Bucket, R2Credentials, R2Settings, SignedUrl, Signer, Upload};

use crate::error::{Error, Result, shorten};
use crate::wallet::Hotkey;

/// A store of whole objects.
///
/// A reader sees an object as it was before a `put` or as it is after, never a part of it. Every
/// implementation passes [`conformance`](crate::bucket) tests (feature `testing`).
pub trait Bucket {
    /// Stores an object, in place of the one under the same key if there is one, and returns once
    /// it can be read.
    ///
    /// # Errors
    /// Whatever keeps the object from being stored; the old one is still there then.
    fn put(&self, key: &ObjectKey, object: &[u8]) -> Result<Receipt>;

    /// The object under a key, if there is one.
    ///
    /// # Errors
    /// Whatever keeps the store from answering.
    fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>>;

    /// Size in bytes of the object under a key, if there is one.
    ///
    /// # Errors
    /// Whatever keeps the store from answering.
    fn head(&self, key: &ObjectKey) -> Result<Option<u64>>;
}

impl<B: Bucket + ?Sized> Bucket for &B {
    fn put(&self, key: &ObjectKey, object: &[u8]) -> Result<Receipt> {
        (**self).put(key, object)
    }

    fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>> {
        (**self).get(key)
    }

    fn head(&self, key: &ObjectKey) -> Result<Option<u64>> {
        (**self).head(key)
    }
}

/// What a store said about an object that it took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Receipt {
    /// Seconds by which the store's clock is ahead of ours, if it showed its clock.
    pub skew_seconds: Option<i64>,
}

/// Name of an object: one path segment.
///
/// ```
/// use mantis_submit::{bucket::ObjectKey, wallet::Hotkey};
///
/// let hotkey: Hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?;
/// assert_eq!(ObjectKey::from(&hotkey).as_str(), hotkey.to_string());
/// assert!("../secrets".parse::<ObjectKey>().is_err());
/// # Ok::<(), mantis_submit::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Largest number of characters.
    pub const MAX_CHARS: usize = 128;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectKey {
    type Err = Error;

    /// # Errors
    /// [`Error::ObjectKey`] unless the text is a plain file name of letters and digits.
    fn from_str(text: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let fits = (1..=Self::MAX_CHARS).contains(&text.len());
        if !fits || text.starts_with('.') || !text.chars().all(plain) {
            return Err(Error::ObjectKey { got: shorten(text), max: Self::MAX_CHARS });
        }
        Ok(Self(text.to_owned()))
    }
}

/// The key under which the validator looks for the payload of a hotkey.
impl From<&Hotkey> for ObjectKey {
    fn from(hotkey: &Hotkey) -> Self {
        Self(hotkey.to_string())
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_plain_segment() {
        for text in
            ["", ".", "..", ".hidden", "a/b", "/a", "a\\b", "a b", "a\0", "é", "a?b", "a%2f"]
        {
            let message = text.parse::<ObjectKey>().unwrap_err().to_string();
            assert!(message.contains(&format!("{text:?}: expected 1 to 128 letters")), "{message}");
        }
        assert!("a".repeat(129).parse::<ObjectKey>().is_err());
        assert!("a".repeat(128).parse::<ObjectKey>().is_ok());
        assert!("5Abc-d_e.json".parse::<ObjectKey>().is_ok());
    }
}
