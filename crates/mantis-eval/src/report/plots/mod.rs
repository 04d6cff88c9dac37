//! Charts as [`Svg`](super::Svg) pictures.
//!
//! Every function checks its input and answers with an error that names the chart, the series
//! and the position of a value that cannot be drawn; it never draws a broken picture. The same
//! input gives the same bytes. Colours follow the page's light and dark mode, text is set in the
//! page's font, and charts of the full width come in a second layout for phones.
//!
//! # Example
//! ```
//! use mantis_eval::report::{Report, plots};
//!
//! let picture = plots::learning_curves(&[0.692, 0.690, 0.687], &[0.693, 0.692, 0.694], 1)?;
//! let mut report = Report::new("Training");
//! report.section("Learning").figure("Lower is better; the kept epoch is marked.", picture);
//! # Ok::<(), mantis_eval::Error>(())
//! ```

mod accuracy;
mod axis;
mod bars;
mod calibration;
mod canvas;
mod check;
mod curves;
mod equity;
mod force;
mod graph;
mod likeness;
mod modes;
mod price;
#[cfg(test)]
mod tests;
mod theme;
mod thin;

pub use accuracy::{AccuracyBar, accuracy_bars};
pub use bars::{contributions, parts, ranking};
pub use calibration::calibration;
pub use curves::{learning_curves, roc};
pub use equity::equity;
pub use graph::graph;
pub use likeness::likeness;
pub use modes::{NamedSeries, modes};
pub use price::price_with_span;
