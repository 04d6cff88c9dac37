//! Volume: flows, volume-weighted prices, participation, taker flow.

mod accumulation;
mod cmf;
mod correlation;
mod illiquidity;
mod mfi;
mod on_balance;
mod taker;
mod typprice;
mod vol_ratio;
mod volume_rank;
mod volume_regime;
mod volume_z;
mod vw_ret;
mod vwap;
mod vwap_day;

use crate::registry::{Family, Indicator};

pub(crate) use on_balance::on_balance;

const FAMILY: Family = Family::Volume;

pub(crate) const TABLES: &[&[Indicator]] = &[
    on_balance::TABLE,
    accumulation::TABLE,
    mfi::TABLE,
    cmf::TABLE,
    typprice::TABLE,
    vwap::TABLE,
    vwap_day::TABLE,
    vw_ret::TABLE,
    correlation::TABLE,
    vol_ratio::TABLE,
    volume_z::TABLE,
    volume_rank::TABLE,
    volume_regime::TABLE,
    illiquidity::TABLE,
    taker::TABLE,
];
