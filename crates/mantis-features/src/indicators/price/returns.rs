//! Returns of the close.

use super::FAMILY;
use crate::registry::{Indicator, Unit, input, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "ret"),
        "close / close n rows ago - 1",
        input::C,
        &[window(1, 1)],
        |p| p[0],
        |b| {
            let (close, n) = (b.close(), b.p(0));
            b.relative_change(close, n)
        },
    )
    .source("definition"),
    Indicator::free(
        (FAMILY, "logret"),
        "ln(close / close n rows ago)",
        input::C,
        &[window(1, 1)],
        |p| p[0],
        |b| {
            let (close, n) = (b.close(), b.p(0));
            b.log_change(close, n)
        },
    )
    .source("definition")
    .unit(Unit::LogReturn),
];
