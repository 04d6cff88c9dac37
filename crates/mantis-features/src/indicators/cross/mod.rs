//! Cross: other symbols beside the main one, matched by open time.
//!
//! A row at which the other symbol has no bar is NaN, in this row and in every window that holds it.

mod basis;
mod beta;
mod correlation;
mod cross_section;
mod other_ret;
mod relative;
mod volume_share;

use crate::engine::{BarField, Slot};
use crate::indicators::Build;
use crate::registry::{Family, Indicator};

const FAMILY: Family = Family::Cross;

/// The other's one-row log return.
fn other_return(b: &mut Build<'_>) -> Slot {
    let close = b.other(BarField::Close);
    b.log_change(close, 1)
}

pub(crate) const TABLES: &[&[Indicator]] = &[
    other_ret::TABLE,
    relative::TABLE,
    correlation::TABLE,
    beta::TABLE,
    basis::TABLE,
    volume_share::TABLE,
    cross_section::TABLE,
];
