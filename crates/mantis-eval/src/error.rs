//! What can go wrong in this crate.

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in this crate. Every message says what was asked, what was found and what
/// to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two inputs that must describe the same rows have different lengths.
    #[error("{what}: expected {expected} values, got {got}; pass inputs of the same rows")]
    Length {
        /// The function and the input.
        what: &'static str,
        /// The length that the other input has.
        expected: usize,
        /// The length found.
        got: usize,
    },
    /// A measure of nothing was asked for.
    #[error("{what}: no rows were given; pass at least one row")]
    Empty {
        /// The function.
        what: &'static str,
    },
    /// A value that must be finite is not.
    #[error(
        "{what}: value {index} is {value}, expected a finite number; drop or repair the row first"
    )]
    NotFinite {
        /// The function and the input.
        what: &'static str,
        /// Position of the value.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A parameter lies outside its range.
    #[error("{what}: {parameter} must be {expected}, got {got}; choose another value")]
    Parameter {
        /// The function or type.
        what: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The range allowed.
        expected: &'static str,
        /// The value found.
        got: f64,
    },
}
