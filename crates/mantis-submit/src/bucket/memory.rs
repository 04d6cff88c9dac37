//! Objects in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Bucket, ObjectKey, Receipt};
use crate::error::Result;

/// Objects in memory, for tests and dry runs.
///
/// ```
/// use mantis_submit::bucket::{Bucket, MemoryBucket};
///
/// let bucket = MemoryBucket::default();
/// let key = "object".parse()?;
/// bucket.put(&key, b"bytes")?;
/// assert_eq!(bucket.get(&key)?.as_deref(), Some(&b"bytes"[..]));
/// # Ok::<(), mantis_submit::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryBucket {
    objects: Mutex<BTreeMap<ObjectKey, Vec<u8>>>,
}

impl MemoryBucket {
    fn objects(&self) -> MutexGuard<'_, BTreeMap<ObjectKey, Vec<u8>>> {
        // A map is whole after any panic between two calls.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket for MemoryBucket {
    fn put(&self, key: &ObjectKey, object: &[u8]) -> Result<Receipt> {
        self.objects().insert(key.clone(), object.to_vec());
        Ok(Receipt::default())
    }

    fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>> {
        Ok(self.objects().get(key).cloned())
    }

    fn head(&self, key: &ObjectKey) -> Result<Option<u64>> {
        Ok(self.objects().get(key).map(|object| object.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::conformance;

    #[test]
    fn conforms() {
        conformance::all(&MemoryBucket::default());
    }
}
