//! Files that are replaced at once or not at all.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::store::StoreError;

/// End of the names of files that are still being written.
pub(super) const TEMPORARY: &str = ".tmp";

/// Writes a file that appears whole or not at all, with folders as needed.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<()> {
    write_unlisted(path, content)?;
    sync_folder(path)
}

/// As [`write`], but after a loss of power the file may not be in its folder before [`sync_folder`].
pub(super) fn write_unlisted(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = start(path)?;
    file.write_all(content).map_err(|source| failed(path, "write the file", source))?;
    persist(file, path)
}

/// An empty file beside `path`, because only a rename within one file system is atomic.
pub(super) fn start(path: &Path) -> Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|source| failed(path, "make the folder", source))?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .suffix(TEMPORARY)
        .tempfile_in(folder)
        .map_err(|source| failed(path, "make a file", source))
}

/// Puts a written file into its place, so that it survives a loss of power.
pub(super) fn finish(file: NamedTempFile, path: &Path) -> Result<()> {
    persist(file, path)?;
    sync_folder(path)
}

fn persist(file: NamedTempFile, path: &Path) -> Result<()> {
    file.as_file().sync_all().map_err(|source| failed(path, "write the file", source))?;
    file.persist(path).map_err(|e| failed(path, "replace the file", e.error))?;
    Ok(())
}

/// Makes durable which files are in the folder of `path`.
pub(super) fn sync_folder(path: &Path) -> Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| failed(path, "write the folder", source))?;
    }
    Ok(())
}

fn failed(path: &Path, action: &'static str, source: std::io::Error) -> Error {
    Error::from(StoreError::Io { path: path.to_owned(), action, source })
}
