//! Bytes in files, for readers that take a path.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

thread_local! {
    static HOME: TempDir = tempfile::tempdir().unwrap();
}

/// Calls a reader with a file of a name that holds the bytes, in a folder that holds nothing else.
pub(crate) fn in_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path) -> bool) -> bool {
    HOME.with(|home| {
        // Readers leave files behind: what SQLite keeps beside a ledger, a damaged state, what a store sets aside.
        for left in std::fs::read_dir(home.path()).unwrap() {
            let left = left.unwrap().path();
            let removed = if left.is_dir() {
                std::fs::remove_dir_all(left)
            } else {
                std::fs::remove_file(left)
            };
            removed.unwrap();
        }
        let path = home.path().join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(&path, bytes).unwrap();
        read(&path)
    })
}

/// Bytes of a file of this repository.
pub(crate) fn bundled(name: &str) -> Vec<u8> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What libFuzzer found for a body once.
#[cfg(test)]
pub(crate) fn found(body: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("found").join(body);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}
