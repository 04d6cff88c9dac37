//! Time, bars, panels, quality reports, stores and the challenge table for MANTIS miners.

mod bars;
mod error;
mod panel;
mod series;
pub mod source;
mod time;

pub use bars::{BarColumns, Bars};
pub use error::{Error, Result};
pub use panel::Panel;
pub use series::{Series, SeriesKind};
pub use time::{Interval, Timestamp};
