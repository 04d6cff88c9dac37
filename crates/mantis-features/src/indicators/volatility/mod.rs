//! Volatility: true range, bands, range-based estimators, realised moments, roughness, regimes.

mod atr;
mod bollinger;
mod deviation;
mod donchian;
mod downside;
mod extremes;
mod garman_klass;
mod higher_moments;
mod hurst;
mod jump_share;
mod keltner;
mod parkinson;
mod range_ratio;
mod range_regime;
mod range_to_close_vol;
mod realised_vol;
mod return_deviation;
mod rogers_satchell;
mod seasonal;
mod true_range;
mod vol_of_vol;
mod vol_regime;
mod yang_zhang;

use crate::registry::{Family, Indicator};

const FAMILY: Family = Family::Volatility;

pub(crate) const TABLES: &[&[Indicator]] = &[
    true_range::TABLE,
    atr::TABLE,
    range_ratio::TABLE,
    extremes::TABLE,
    deviation::TABLE,
    return_deviation::TABLE,
    higher_moments::TABLE,
    bollinger::TABLE,
    donchian::TABLE,
    keltner::TABLE,
    parkinson::TABLE,
    garman_klass::TABLE,
    rogers_satchell::TABLE,
    yang_zhang::TABLE,
    realised_vol::TABLE,
    hurst::TABLE,
    vol_regime::TABLE,
    range_regime::TABLE,
    range_to_close_vol::TABLE,
    seasonal::TABLE,
    downside::TABLE,
    jump_share::TABLE,
    vol_of_vol::TABLE,
];
