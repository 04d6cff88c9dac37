//! Files that are replaced as a whole.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// A crash in the middle of a write leaves its temporary file behind. One this old is nobody's.
const LEFTOVER_SECONDS: u64 = 600;

/// Writes a file beside its place, flushes it to disk and renames it, so that a reader, or a crash at any moment, finds the old
/// one or the new one.
///
/// The temporary file's name starts with `prefix`, by which [`remove_leftovers`] knows it.
pub(crate) fn replace(
    path: &Path,
    prefix: &str,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(prefix).tempfile_in(folder_of(path))?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Removes what crashes left behind. What cannot be removed does no harm.
pub(crate) fn remove_leftovers(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(prefix);
        let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|at| at.elapsed());
        let old = matches!(age, Ok(Ok(age)) if age.as_secs() > LEFTOVER_SECONDS);
        if ours && old {
            let _ = fs::remove_file(entry.path());
        }
    }
}
