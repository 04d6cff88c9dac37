//! Trend: moving averages, regression lines, directional movement, parabolic SAR, one-sided filters.

mod aroon;
mod dema;
mod directional;
mod ema;
mod frac_diff;
mod haar;
mod hma;
mod kalman_dev;
mod kama;
mod linear_regression;
mod sar;
mod sma;
mod tema;
mod trima;
mod wma;

use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Family, Indicator};

pub(crate) use directional::Directional;

const FAMILY: Family = Family::Trend;

/// close / average - 1.
fn ratio(b: &mut Build<'_>, average: fn(&mut Build<'_>) -> Slot) -> Slot {
    let (close, average) = (b.close(), average(b));
    b.against(close, average)
}

/// Rows of the volatility that scales the filters.
const VOLATILITY: usize = 168;

pub(crate) const TABLES: &[&[Indicator]] = &[
    sma::TABLE,
    ema::TABLE,
    wma::TABLE,
    dema::TABLE,
    tema::TABLE,
    trima::TABLE,
    hma::TABLE,
    kama::TABLE,
    linear_regression::TABLE,
    directional::TABLE,
    aroon::TABLE,
    sar::TABLE,
    kalman_dev::TABLE,
    haar::TABLE,
    frac_diff::TABLE,
];
