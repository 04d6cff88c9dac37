//! Funding and open interest: the perpetual's rate and positions as they were known at each bar's close.
//!
//! Rates are fractions per funding period (0.0001 = 0.01 %), published every 8 hours or so with some milliseconds of jitter.
//! A bar sees the latest rate that was published at or before its close, and none that is older than [`MAX_AGE`]: a stale
//! rate is NaN, it is not carried on. Windows count bars.

mod known;
mod mean;
mod momentum;
mod open_interest;
mod rank;
mod rate;
mod z_score;

use crate::registry::{Family, Indicator};

pub use known::{MAX_AGE, OPEN_INTEREST_MAX_AGE, known_at_close, within_bars};

const FAMILY: Family = Family::Funding;

pub(crate) const TABLES: &[&[Indicator]] =
    &[rate::TABLE, mean::TABLE, momentum::TABLE, z_score::TABLE, rank::TABLE, open_interest::TABLE];
