//! Price: returns, the shape of a bar and of several, runs of equal sign, reversal.

mod autocorr;
mod beta_hl;
mod close_location;
mod efficiency;
mod multi_bar;
mod returns;
mod retz;
mod reversal;
mod sign_flips;
mod sign_pattern;
mod sign_run;
mod spreads;
mod up_share;
mod variance_ratio;
mod wicks;

use crate::registry::{Family, Indicator};

pub(crate) use reversal::reversal;

const FAMILY: Family = Family::Price;

pub(crate) const TABLES: &[&[Indicator]] = &[
    returns::TABLE,
    retz::TABLE,
    reversal::TABLE,
    efficiency::TABLE,
    autocorr::TABLE,
    variance_ratio::TABLE,
    beta_hl::TABLE,
    sign_run::TABLE,
    up_share::TABLE,
    sign_flips::TABLE,
    sign_pattern::TABLE,
    spreads::TABLE,
    close_location::TABLE,
    wicks::TABLE,
    multi_bar::TABLE,
];
