//! Indicators, grouped by family: each is a row of its family's table and a composition of the primitives of the engine.
//!
//! Windows count rows of the frame that the column is computed on. A primitive works on runs of rows in which its inputs are
//! finite, so a NaN starts its warm-up anew; a difference of two rows needs those two only. A row's value depends on the rows
//! up to it and on nothing later.
//!
//! Recursive indicators (EMA, Wilder smoothing, OBV, SAR, ...) start at the first row, so their values depend on where the
//! history starts; [`Drift`](crate::registry::Drift) says how fast that fades.
//!
//! Names and conventions are those of TA-Lib where TA-Lib has the indicator, else of the paper named in the table. A flat
//! window (nothing to divide by) gives 0 where TA-Lib does so and in the scale-free forms; where the quantity itself is
//! undefined (skewness of a constant, a ratio to zero volume) it gives NaN.

mod build;
pub(crate) mod cross;
pub mod funding;
pub(crate) mod interaction;
pub mod modes;
pub(crate) mod momentum;
pub(crate) mod price;
mod source;
pub(crate) mod time;
pub(crate) mod trend;
pub(crate) mod volatility;
pub(crate) mod volume;

pub use source::Source;

pub(crate) use build::{Build, ratio_or_zero, sign};
