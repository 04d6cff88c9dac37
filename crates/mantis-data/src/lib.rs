#![doc = include_str!("../README.md")]

mod asset;
mod bars;
pub mod challenge;
mod clock;
mod error;
mod panel;
mod quality;
mod range;
mod series;
pub mod source;
pub mod store;
mod time;

pub use asset::{Asset, Venue};
pub use bars::{BarColumns, Bars};
pub use challenge::{
    Challenge, ChallengeTable, Embedding, EmbeddingSet, LossKind, as_validator_sees,
};
pub use clock::{Clock, ManualClock};
pub use error::{Error, Result};
pub use panel::Panel;
pub use quality::{Check, Extreme, Finding, Gap, QualityReport, Row, Severity};
pub use range::{RangeSet, TimeRange};
pub use series::{Series, SeriesKind};
pub use store::{DataDir, FolderStore, Store, open_data_dir};
pub use time::{Interval, Timestamp};
