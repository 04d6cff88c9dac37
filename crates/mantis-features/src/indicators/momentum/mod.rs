//! Momentum: differences, MACD, oscillators, place in the recent range.

mod bop;
mod cci;
mod close_rank;
mod cmo;
mod macd;
mod mom;
mod moves;
mod price_oscillator;
mod roc;
mod rsi;
mod stochastic;
mod trix;
mod ultosc;
mod willr;

use crate::registry::{Family, Indicator};

pub(crate) use rsi::rsi;

const FAMILY: Family = Family::Momentum;

pub(crate) const TABLES: &[&[Indicator]] = &[
    macd::TABLE,
    price_oscillator::TABLE,
    mom::TABLE,
    roc::TABLE,
    trix::TABLE,
    rsi::TABLE,
    cmo::TABLE,
    cci::TABLE,
    ultosc::TABLE,
    bop::TABLE,
    stochastic::TABLE,
    willr::TABLE,
    close_rank::TABLE,
];
