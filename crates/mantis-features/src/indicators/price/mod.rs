//! Price: returns, the shape of a bar and of several, runs of equal sign, reversal.

mod returns;
mod runs;
mod shape;

use crate::registry::{Family, Indicator};

const FAMILY: Family = Family::Price;

pub(crate) const TABLES: &[&[Indicator]] = &[returns::TABLE, runs::TABLE, shape::TABLE];

pub(crate) use returns::reversal;
