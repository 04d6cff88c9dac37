//! What a Parquet file may not do to the program that reads it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;

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

#[cfg(test)]
mod tests {
    use super::*;

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
