//! Sliding and recursive primitives that the indicators are composed of.
//!
//! * **Runs.** A primitive works on maximal runs of rows in which all its inputs are finite. A leading NaN only shifts the
//!   warm-up; a NaN in the middle gives NaN there and starts the warm-up anew after it. Nothing is filled and nothing stays
//!   poisoned.
//! * **Restarts.** A sliding sum is recomputed from scratch at fixed distances from the start of its run, so rounding errors
//!   cannot pile up, and the value of a row depends on the rows before it only, never on how the rows arrived.

mod extremes;
mod moments;
mod smooth;
mod sums;
mod weighted;
mod windows;

pub(crate) use extremes::{Extreme, ExtremeAge};
pub(crate) use moments::{Comoment, Variance};
pub(crate) use smooth::{Ema, EmaPair, Smoother, Wilder};
pub(crate) use sums::{Mean, ShareOfVolume, Sliding, Sum, VolumeWeighted};
pub(crate) use weighted::{Line, LinearMean};
pub(crate) use windows::{ByHour, Moments, Rank, Weights, lanes};
