//! Trend: moving averages, regression lines, directional movement, parabolic SAR.

mod average;
mod directional;
mod regression;
mod sar;
mod table;

pub use average::{dema, ema, hma, kama, sma, tema, trima, wma};
pub use directional::{Directional, aroon, directional};
pub use regression::{Line, linear_regression};
pub use sar::parabolic_sar;

pub(crate) use average::{ema_from, wilder_run};
pub(crate) use table::TABLE;
