#![doc = include_str!("../README.md")]

mod asset;
mod bars;
pub mod challenge;
mod clock;
mod error;
mod fill;
pub mod input;
mod panel;
mod quality;
mod range;
mod resample;
mod series;
mod series_report;
pub mod source;
pub mod store;
pub mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod time;

pub use asset::{Asset, Venue};
pub use bars::{BarColumns, Bars};
pub use challenge::{
    Challenge, ChallengeError, ChallengeTable, Embedding, EmbeddingSet, LossKind, as_validator_sees,
};
pub use clock::{Clock, ManualClock};
pub use error::{Error, Result};
pub use fill::{FillPolicy, Filled};
pub use panel::Panel;
pub use quality::{Check, Comparison, Extreme, Finding, Gap, QualityReport, Row, Severity};
pub use range::{RangeSet, TimeRange};
pub use resample::Resampled;
pub use series::{Series, SeriesKind};
pub use series_report::{Pause, SeriesReport};
pub use store::{DataDir, FolderStore, Store, open_data_dir};
pub use time::{Interval, Timestamp};
