//! Volatility: true range, bands, range-based estimators, realised moments, roughness, regimes.

mod bands;
mod deviation;
mod estimators;
mod range;
mod regime;

use crate::registry::{Family, Indicator};

const FAMILY: Family = Family::Volatility;

pub(crate) const TABLES: &[&[Indicator]] =
    &[range::TABLE, deviation::TABLE, bands::TABLE, estimators::TABLE, regime::TABLE];
