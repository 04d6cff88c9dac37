//! Momentum: differences, MACD, oscillators, place in the recent range.

mod change;
mod oscillator;
mod stochastic;

use crate::registry::{Family, Indicator};

const FAMILY: Family = Family::Momentum;

pub(crate) const TABLES: &[&[Indicator]] = &[change::TABLE, oscillator::TABLE, stochastic::TABLE];

pub(crate) use oscillator::rsi;
