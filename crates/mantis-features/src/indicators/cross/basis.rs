//! Price of the other over the own, as that of a perpetual over spot.

use super::FAMILY;
use crate::engine::{BarField, Slot};
use crate::indicators::Build;
use crate::registry::{Indicator, Input, Unit, window};

/// The other close over the own close, minus 1.
fn basis(b: &mut Build<'_>) -> Slot {
    let (other, own) = (b.other(BarField::Close), b.close());
    b.against(other, own)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "basis"),
        "the other's close / own close - 1 (for a perpetual: its basis)",
        &[Input::Close, Input::Other],
        &[],
        |_| 0,
        basis,
    )
    .source("definition"),
    Indicator::free(
        (FAMILY, "basis_dev"),
        "basis - its mean over n rows",
        &[Input::Close, Input::Other],
        &[window(24, 1)],
        |p| p[0] - 1,
        |b| {
            let (basis, n) = (basis(b), b.p(0));
            b.less_mean(basis, n)
        },
    )
    .source("deviation of the basis, this project"),
    Indicator::free(
        (FAMILY, "basis_z"),
        "z-score of the basis among n rows",
        &[Input::Close, Input::Other],
        &[window(24, 2)],
        |p| p[0] - 1,
        |b| {
            let (basis, n) = (basis(b), b.p(0));
            b.z_score(basis, n)
        },
    )
    .source("z-score, this project")
    .unit(Unit::Deviations),
];
