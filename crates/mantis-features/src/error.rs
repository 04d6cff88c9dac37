//! The one error type of this crate.

use thiserror::Error as ThisError;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong in this crate. Each message says what, where, got, expected and what to do.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// A parameter is outside its range.
    #[error("{what}: {parameter} must be {expected}, got {got}; choose a value in that range")]
    Parameter {
        /// The indicator or function.
        what: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The allowed range, in words.
        expected: &'static str,
        /// What was passed.
        got: f64,
    },
    /// Two inputs that must run in parallel differ in length.
    #[error("{what}: {input} has {got} values, expected {expected}; pass columns of the same bars")]
    Length {
        /// The indicator or function.
        what: &'static str,
        /// Name of the input with the wrong length.
        input: &'static str,
        /// Its length.
        got: usize,
        /// The expected length.
        expected: usize,
    },
}
