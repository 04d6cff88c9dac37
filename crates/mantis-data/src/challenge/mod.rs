//! What the subnet asks for, and what its validator keeps of an answer.

mod embedding;
mod error;
mod own;
pub mod python_json;
mod table;
mod validate;

pub use embedding::{Embedding, EmbeddingSet};
pub use error::ChallengeError;
pub use table::{Challenge, ChallengeTable, LossKind};
pub use validate::{
    Difference, Reason, Rejection, StoredEmbedding, ValidatorView, as_validator_sees,
    validate_plaintext,
};
