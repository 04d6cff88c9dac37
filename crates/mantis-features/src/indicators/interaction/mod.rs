//! Interaction: products and differences of two families, and the state in which a reversal happens.

mod funding_oi;
mod funding_reversal;
mod pv_divergence;
mod reversal_range;
mod reversal_regime;
mod reversal_trend;
mod reversal_volume;
mod rsi_adx;
mod volume_profile;

use crate::engine::Slot;
use crate::indicators::Build;
use crate::indicators::trend::Directional;
use crate::registry::{Family, Indicator};

const FAMILY: Family = Family::Interaction;

fn adx(b: &mut Build<'_>, n: usize) -> Slot {
    let bar = [b.high(), b.low(), b.true_range()];
    let [_, _, adx] = b.run(bar, Directional::new(n));
    adx
}

pub(crate) const TABLES: &[&[Indicator]] = &[
    funding_oi::TABLE,
    funding_reversal::TABLE,
    volume_profile::TABLE,
    pv_divergence::TABLE,
    reversal_volume::TABLE,
    reversal_regime::TABLE,
    reversal_trend::TABLE,
    reversal_range::TABLE,
    rsi_adx::TABLE,
];
