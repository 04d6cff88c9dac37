//! Models from training to embedding: what `train`, `verify`, `check`, `backtest`, `embed` and `demo` have in common.

pub mod backtest;
pub mod check;
pub mod compare;
pub mod embed;
pub mod flags;
pub mod heads;
pub mod judge;
pub mod live;
pub mod market;
pub(crate) mod page;
pub mod source;
#[cfg(feature = "engines")]
pub mod sweep;
#[cfg(feature = "engines")]
pub mod sync;
pub(crate) mod text;
pub mod timed;
#[cfg(feature = "engines")]
pub mod train;
pub mod verify;
#[cfg(feature = "engines")]
pub mod walk;
