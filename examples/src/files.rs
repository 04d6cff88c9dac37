//! Folders and files that programs make.

use std::path::Path;

use crate::{Error, Result};

/// Makes a folder, with those that it lies in.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    let action = "create the folder";
    std::fs::create_dir_all(path).map_err(|source| Error::Write {
        path: path.to_owned(),
        action,
        source,
    })
}

/// Writes beside the place first, then renames.
#[cfg(any(feature = "engines", feature = "rehearsal"))]
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<()> {
    let failed = |source| Error::Write { path: path.to_owned(), action: "write", source };
    let mut partial = path.as_os_str().to_owned();
    partial.push(".tmp");
    std::fs::write(&partial, text).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}
