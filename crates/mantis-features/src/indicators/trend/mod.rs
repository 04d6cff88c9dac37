//! Trend: moving averages, regression lines, directional movement, parabolic SAR, one-sided filters.

mod average;
mod directional;
mod filter;
mod line;
mod sar;

use crate::registry::{Family, Indicator};

const FAMILY: Family = Family::Trend;

pub(crate) const TABLES: &[&[Indicator]] =
    &[average::TABLE, line::TABLE, directional::TABLE, sar::TABLE, filter::TABLE];

pub(crate) use directional::Directional;
