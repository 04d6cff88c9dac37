//! Objects as files of one folder.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mantis_data::input;

use super::{Bucket, ObjectKey, Receipt};
use crate::error::{Error, Result};
use crate::payload::Payload;
use crate::replace::{remove_leftovers, replace};

/// Objects as files of one folder, each named by its key.
///
/// An object is written to a temporary file beside it, flushed to disk and renamed, so that a
/// reader, or a crash at any moment, finds the old object or the new one.
///
/// ```
/// use mantis_submit::bucket::{Bucket, FolderBucket};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let root = folder.path().join("bucket");
/// let bucket = FolderBucket::create(&root)?;
/// bucket.put(&"object".parse()?, b"bytes")?;
/// assert_eq!(std::fs::read(root.join("object")).unwrap(), b"bytes");
/// # Ok::<(), mantis_submit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FolderBucket {
    root: PathBuf,
}

impl FolderBucket {
    /// Opens a folder, which is made if it does not exist.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(|source| failed(&root, "make the folder", source))?;
        remove_leftovers(&root, TEMPORARY);
        Ok(Self { root })
    }

    /// The file of an object.
    #[must_use]
    pub fn path(&self, key: &ObjectKey) -> PathBuf {
        self.root.join(key.as_str())
    }
}

impl Bucket for FolderBucket {
    fn put(&self, key: &ObjectKey, object: &[u8]) -> Result<Receipt> {
        let path = self.path(key);
        let written = replace(&path, TEMPORARY, |file| {
            file.write_all(object)?;
            make_public(file)
        });
        written.map_err(|source| failed(&path, "write the object", source))?;
        Ok(Receipt::default())
    }

    fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>> {
        let path = self.path(key);
        found(input::bytes(&path, Payload::MAX_BYTES as u64))
            .map_err(|source| failed(&path, "read the object", source))
    }

    fn head(&self, key: &ObjectKey) -> Result<Option<u64>> {
        let path = self.path(key);
        found(fs::metadata(&path).map(|metadata| metadata.len()))
            .map_err(|source| failed(&path, "read the size of the object", source))
    }
}

/// Starts the names of files that are not objects yet: the dot keeps one that a crash left behind out of the keys.
const TEMPORARY: &str = ".put-";

/// A payload is for everyone to read; temporary files are not.
#[cfg(unix)]
fn make_public(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_public(_: &fs::File) -> io::Result<()> {
    Ok(())
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

fn failed(path: &Path, action: &'static str, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), action, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::conformance;

    #[test]
    fn conforms_and_leaves_nothing_but_objects() {
        let folder = tempfile::tempdir().unwrap();
        let bucket = FolderBucket::create(folder.path().join("a/b")).unwrap();
        conformance::all(&bucket);
        for entry in fs::read_dir(folder.path().join("a/b")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name.parse::<ObjectKey>().is_ok(), "{name}");
        }
    }

    #[test]
    fn what_a_crash_left_behind_is_removed_once_it_is_old() {
        let folder = tempfile::tempdir().unwrap();
        for (name, age) in [(".put-old", 700), (".put-new", 5), (".other", 700)] {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            let written = file.metadata().unwrap().modified().unwrap();
            file.set_modified(written - std::time::Duration::from_secs(age)).unwrap();
        }
        FolderBucket::create(folder.path()).unwrap();
        let left = |name: &str| folder.path().join(name).exists();
        assert_eq!([".put-old", ".put-new", ".other"].map(left), [false, true, true]);
    }

    #[test]
    fn a_failed_write_names_the_file_and_keeps_the_old_object() {
        let folder = tempfile::tempdir().unwrap();
        let bucket = FolderBucket::create(folder.path()).unwrap();
        let key: ObjectKey = "object".parse().unwrap();
        // A folder in the place of the object cannot be replaced by a file.
        fs::create_dir(bucket.path(&key)).unwrap();
        let message = bucket.put(&key, b"bytes").unwrap_err().to_string();
        assert!(message.contains("object: cannot write the object"), "{message}");
        assert!(bucket.path(&key).is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        let message = FolderBucket::create(&file).unwrap_err().to_string();
        assert!(message.contains("file: cannot make the folder"), "{message}");
    }
}
