#![doc = include_str!("../README.md")]

mod bars;
pub mod challenge;
mod error;
mod panel;
mod quality;
mod series;
pub mod source;
pub mod store;
mod time;

pub use bars::{BarColumns, Bars};
pub use challenge::{
    Challenge, ChallengeTable, Embedding, EmbeddingSet, LossKind, as_validator_sees,
};
pub use error::{Error, Result};
pub use panel::Panel;
pub use quality::{Check, Extreme, Finding, Gap, QualityReport, Row, Severity};
pub use series::{Series, SeriesKind};
pub use store::FolderStore;
pub use time::{Interval, Timestamp};
