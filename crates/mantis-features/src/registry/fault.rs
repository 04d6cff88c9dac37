//! What is wrong with a column name.

use thiserror::Error as ThisError;

/// What is wrong with a column name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum ColumnFault {
    /// The part before the numbers names no indicator.
    #[error("no indicator of that name")]
    Unknown,
    /// Too few or too many numbers.
    #[error("expected {expected} numbers after the indicator's name, got {got}")]
    Parameters {
        /// Numbers that the indicator takes.
        expected: usize,
        /// Numbers in the name.
        got: usize,
    },
    /// A number below the smallest that is defined.
    #[error("parameter {parameter} must be at least {least}, got {got}")]
    TooSmall {
        /// Name of the parameter.
        parameter: &'static str,
        /// Its smallest value.
        least: usize,
        /// The number in the name.
        got: usize,
    },
    /// A number above the largest that is taken.
    #[error("parameter {parameter} must be at most {most}, got {got}")]
    TooLarge {
        /// Name of the parameter.
        parameter: &'static str,
        /// Its largest value.
        most: usize,
        /// The number in the name.
        got: usize,
    },
    /// Two numbers in the wrong order.
    #[error("{} must be below {}, got {} and {}", names[0], names[1], got[0], got[1])]
    NotRising {
        /// Names of the parameters.
        names: [&'static str; 2],
        /// The numbers.
        got: [usize; 2],
    },
    /// Something else where a whole number was expected.
    #[error("expected a whole number without sign or leading zero")]
    NoNumber,
    /// An opening bracket without a closing one at the end.
    #[error("expected \")\" after the numbers")]
    Unclosed,
    /// Something that is no symbol after `@` or `+`.
    #[error("expected a symbol such as BTCUSDT (letters, digits and _ - . ^ =)")]
    BadSymbol,
    /// Several symbols for an indicator of one.
    #[error("expected one symbol, the indicator does not read several")]
    OneSymbol,
    /// Something that is no timeframe after `/`.
    #[error("expected a timeframe such as 30m, 4h or 1d")]
    Timeframe,
    /// The name after `|` is no transform.
    #[error(
        "no transform of that name; there are zscore, rank, mean, ema, lag, diff, clip, abs and sign"
    )]
    UnknownTransform,
    /// An indicator of two symbols without the second.
    #[error("expected @SYMBOL at the end, naming the other symbol")]
    NoOther,
}
