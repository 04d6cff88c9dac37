//! Archives with one file in them.

use std::io::{Cursor, Read};

use super::content;
use crate::error::Result;

/// Longest file that is unpacked: a month of one-second bars has some 350 MB, one of minutes 6 MB.
const MAX_UNPACKED: u64 = 512 << 20;

/// A file may be at most this many times as long as its archive; text like this packs five to tenfold.
const MAX_RATIO: u64 = 200;

/// The one file of an archive, which must have the expected name.
///
/// # Errors
/// [`Error::Content`](crate::Error::Content) for what is no archive, is truncated, has another number of files or another name, or
/// unpacks to far more than such a file can have.
pub fn single_file(place: &str, archive: &[u8], expected: &str) -> Result<Vec<u8>> {
    let broken = |error: ::zip::result::ZipError| {
        content(place, format!("not a readable zip archive: {error}"))
    };
    let mut zip = ::zip::ZipArchive::new(Cursor::new(archive)).map_err(broken)?;
    if zip.len() != 1 {
        return Err(content(place, format!("the archive has {} files, expected 1", zip.len())));
    }
    let file = zip.by_index(0).map_err(broken)?;
    let name = file.name().map_err(broken)?;
    if name != expected {
        let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
        return Err(content(place, format!("the archive holds {name:?}, expected {expected:?}")));
    }
    let most = MAX_UNPACKED.min((archive.len() as u64).saturating_mul(MAX_RATIO));
    let too_long = || content(place, format!("the file in it unpacks to more than {most} bytes"));
    if file.size() > most {
        return Err(too_long());
    }
    // The size in the header is a claim, so the bytes are counted too.
    let mut bytes = Vec::with_capacity(file.size() as usize);
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| content(place, format!("the zip archive is damaged: {error}")))?;
    if bytes.len() as u64 > most { Err(too_long()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests;
