//! What a Parquet file may not do to the program that reads it.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use bytes::buf::{Buf, Reader};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

/// Rows that are taken of a file: bars of a minute for 95 years.
const MOST_ROWS: usize = 50_000_000;

/// Refuses more rows than any market has.
pub(super) fn check_count(rows: usize) -> Result<(), ParquetError> {
    if rows > MOST_ROWS {
        let text = format!("it holds more rows than the {MOST_ROWS} that are read");
        return Err(ParquetError::General(text));
    }
    Ok(())
}

/// Decodes, and makes an error of a panic: the library has some for pages that contradict each other, and a file is no reason for a
/// program to end. What was being decoded is dropped.
pub(super) fn decoded<T, E>(
    decode: impl FnOnce() -> Result<T, E>,
    damaged: impl FnOnce(ParquetError) -> E,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(damaged(ParquetError::General(format!("its parts contradict each other ({text})"))))
    })
}

/// A file in memory, in which reading on at the end is an error. The library skips what it does not know, and a header can promise
/// billions of parts, of which nothing is there: it would try each of them.
pub(super) struct Whole(pub(super) Bytes);

/// Bytes from somewhere to the end.
pub(super) struct Part(Reader<Bytes>);

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !buffer.is_empty() && !self.0.get_ref().has_remaining() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.0.read(buffer)
    }
}

impl Length for Whole {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

impl ChunkReader for Whole {
    type T = Part;

    fn get_read(&self, start: u64) -> Result<Part, ParquetError> {
        self.0.get_read(start).map(Part)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.0.get_bytes(start, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_file_is_an_error() {
        let whole = Whole(Bytes::from_static(b"abcd"));
        let mut part = whole.get_read(2).unwrap();
        let mut both = [0; 2];
        part.read_exact(&mut both).unwrap();
        assert_eq!((&both, part.read(&mut []).unwrap()), (b"cd", 0));
        let error = io::copy(&mut part.by_ref().take(8), &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(whole.get_read(5).is_err() && whole.get_bytes(3, 2).is_err());
    }

    #[test]
    fn a_panic_of_the_decoder_is_an_error() {
        let strange: Result<(), _> = decoded(|| panic!("offset {}", 7), |error| error.to_string());
        assert!(strange.unwrap_err().contains("(offset 7)"));
        assert_eq!(decoded(|| Ok::<_, ParquetError>(1), |error| error).unwrap(), 1);
    }

    #[test]
    fn rows_have_a_limit() {
        assert!(check_count(MOST_ROWS).is_ok() && check_count(MOST_ROWS + 1).is_err());
    }
}
