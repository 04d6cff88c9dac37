//! What can go wrong with challenge tables and embeddings.

use super::LossKind;

/// What can go wrong with challenge tables and embeddings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// There is no challenge table of this name.
    #[error("challenge table {got:?} is unknown; choose one of {}", known.join(", "))]
    UnknownProfile {
        /// The name.
        got: String,
        /// The profiles that exist.
        known: Vec<&'static str>,
    },
    /// A table of one's own cannot be used.
    #[error("table of challenges: {problem}")]
    Table {
        /// What is wrong with it, where, and what is expected.
        problem: String,
    },
    /// No challenge of the table has this name or ticker.
    #[error(
        "challenge {got:?} is not in table {profile}; use the name or ticker of a challenge of that table"
    )]
    UnknownChallenge {
        /// The name or ticker.
        got: String,
        /// The table.
        profile: String,
    },
    /// An embedding has the wrong number of values.
    #[error(
        "{ticker}: embedding has {got} values, expected {expected}; the validator would drop it"
    )]
    EmbeddingLength {
        /// Ticker of the challenge.
        ticker: String,
        /// Number of values.
        got: usize,
        /// Stored dimension of the challenge.
        expected: usize,
    },
    /// A value of an embedding is not a number in the range of the challenge.
    #[error(
        "{ticker}: embedding value {index} is {got}, expected a number from {min} to {max}; the validator would drop or clip it"
    )]
    EmbeddingValue {
        /// Ticker of the challenge.
        ticker: String,
        /// Position of the value.
        index: usize,
        /// The value.
        got: f64,
        /// Smallest accepted value.
        min: f64,
        /// Largest accepted value.
        max: f64,
    },
    /// A probability is not in [0, 1].
    #[error(
        "{ticker}: probability is {got}, expected a number from 0 to 1; check the output of the model"
    )]
    Probability {
        /// Ticker of the challenge.
        ticker: String,
        /// The value.
        got: f64,
    },
    /// A challenge of another kind than the operation needs.
    #[error(
        "{ticker}: is a {got} challenge, expected {expected}; build its embedding from values instead"
    )]
    LossKind {
        /// Ticker of the challenge.
        ticker: String,
        /// Its kind.
        got: LossKind,
        /// The kind that is needed.
        expected: LossKind,
    },
    /// An embedding set lacks challenges of its table.
    #[error("embedding set for table {profile}: nothing for {}; give every challenge an embedding, zeros for an absent one", missing.join(", "))]
    MissingEmbeddings {
        /// The table.
        profile: String,
        /// Tickers without an embedding.
        missing: Vec<String>,
    },
    /// An embedding set has two embeddings for one challenge.
    #[error("embedding set: {ticker} is given twice; give each challenge one embedding")]
    EmbeddingTwice {
        /// Ticker of the challenge.
        ticker: String,
    },
}
