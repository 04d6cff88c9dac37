//! How long a payload stays shut.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Seconds from sealing to the moment when anyone can open the payload.
///
/// The validator opens its copy 300 blocks (about 3600 s) after it was taken and deletes it
/// whatever comes out, so a lock must end before that; a short one lets others copy the public
/// object.
///
/// ```
/// use mantis_submit::Lock;
///
/// assert_eq!(Lock::default().seconds(), 3_300);
/// assert!(Lock::default().warning().is_none());
/// assert!(Lock::new(30)?.warning().is_some());
/// assert!(Lock::new(3_600).is_err());
/// # Ok::<(), mantis_submit::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Lock(u32);

impl Lock {
    /// Seconds of [`Lock::default`].
    pub const DEFAULT_SECONDS: u32 = 3_300;
    /// Fewest seconds: the round is out 3 to 6 seconds before the lock ends.
    pub const MIN_SECONDS: u32 = 6;
    /// Most seconds, which leave about 100 for the age of the object and a clock that is off.
    pub const MAX_SECONDS: u32 = 3_500;
    /// Shorter locks give a [`LockWarning`].
    pub const SAFE_SECONDS: u32 = 60;

    /// A lock of so many seconds.
    ///
    /// # Errors
    /// [`Error::Lock`] outside [`MIN_SECONDS`](Self::MIN_SECONDS) to
    /// [`MAX_SECONDS`](Self::MAX_SECONDS).
    pub const fn new(seconds: u32) -> Result<Self> {
        if seconds < Self::MIN_SECONDS || seconds > Self::MAX_SECONDS {
            return Err(Error::Lock {
                got: seconds,
                min: Self::MIN_SECONDS,
                max: Self::MAX_SECONDS,
            });
        }
        Ok(Self(seconds))
    }

    /// The seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// What to tell the user about this lock, if anything.
    #[must_use]
    pub fn warning(self) -> Option<LockWarning> {
        (self.0 < Self::SAFE_SECONDS).then_some(LockWarning(self))
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self(Self::DEFAULT_SECONDS)
    }
}

impl TryFrom<u32> for Lock {
    type Error = Error;

    fn try_from(seconds: u32) -> Result<Self> {
        Self::new(seconds)
    }
}

impl From<Lock> for u32 {
    fn from(lock: Lock) -> Self {
        lock.0
    }
}

/// A lock so short that others can copy the payload while it still counts. To be printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockWarning(Lock);

impl fmt::Display for LockWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "lock of {} s: anyone can open the public object {0} s after sealing and upload a copy of the predictions; use at least {} s, best {} s",
            self.0.seconds(),
            Lock::SAFE_SECONDS,
            Lock::DEFAULT_SECONDS
        )
    }
}
