//! Files that somebody names are read up to a limit, so that a wrong name or a hostile file costs an error and no memory.
//!
//! ```
//! use mantis_data::input::{self, most};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("recipe.toml");
//! std::fs::write(&path, "seed = 7\n")?;
//! assert_eq!(input::text(&path, most::SETTINGS)?, "seed = 7\n");
//!
//! let error = input::text(&path, 4).unwrap_err();
//! assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Bytes that are taken of each sort of file. All are far above what is ever written here.
pub mod most {
    /// Something that people write: settings, tables, plans, recipes, keys.
    pub const SETTINGS: u64 = 1 << 20;
    /// Something that programs write for programs, as JSON or in lines: manifests, reports, submissions, forecasts.
    pub const DOCUMENT: u64 = 256 << 20;
    /// Numbers of a model: weights, trees, checkpoints; and the metadata of a chain.
    pub const MODEL: u64 = 1 << 30;
    /// Market data: a CSV or Parquet file.
    pub const TABLE: u64 = 1 << 30;
}

/// The bytes of a file.
///
/// # Errors
/// Those of reading it, and [`ErrorKind::FileTooLarge`] for a file of more than `most` bytes, of which no more than `most` are
/// taken into memory.
pub fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let told = file.metadata()?.len();
    if told > most {
        return Err(too_large(&format!("{told} bytes"), most));
    }
    // Pipes and files of the kernel tell no length, and files can grow.
    all_of(file, told, most)
}

/// The text of a file.
///
/// # Errors
/// As [`bytes()`], and [`ErrorKind::InvalidData`] for bytes that are not UTF-8.
pub fn text(path: &Path, most: u64) -> io::Result<String> {
    utf8(bytes(path, most)?)
}

/// The text of a stream, such as standard input.
///
/// # Errors
/// As [`text`].
pub fn text_of(reader: impl Read, most: u64) -> io::Result<String> {
    utf8(all_of(reader, 0, most)?)
}

fn all_of(reader: impl Read, expected: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A file can be within its limit and still too much for the machine.
    bytes
        .try_reserve_exact(usize::try_from(expected).unwrap_or(usize::MAX))
        .map_err(|error| io::Error::new(ErrorKind::OutOfMemory, error))?;
    reader.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_large("more than that", most));
    }
    Ok(bytes)
}

fn utf8(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(ErrorKind::InvalidData, format!("byte {at} is not UTF-8 text"))
    })
}

fn too_large(got: &str, most: u64) -> io::Error {
    let text = format!("at most {most} bytes are read, and it holds {got}; is it the right file?");
    io::Error::new(ErrorKind::FileTooLarge, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_the_last_length_that_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(bytes(&path, 5).unwrap(), b"12345");
        assert_eq!(text_of(&b"12345"[..], 5).unwrap(), "12345");
        for error in [bytes(&path, 4).unwrap_err(), text_of(&b"12345"[..], 4).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::FileTooLarge);
            assert!(error.to_string().contains("at most 4 bytes"), "{error}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_an_end_is_given_up() {
        let error = bytes(Path::new("/dev/zero"), 1_000).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    }

    #[test]
    fn bytes_that_are_no_text_are_told() {
        let error = text_of(&b"ab\xff"[..], 10).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains("byte 2"), "{error}");
    }
}
