//! The other symbol's return.

use super::FAMILY;
use crate::engine::BarField;
use crate::registry::{Indicator, Input, param};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
    (FAMILY, "other_ret"),
    "the other's close / its close n rows ago - 1",
    &[Input::Other],
    &[param("rows", 1, 1)],
    |p| p[0],
    |b| {
        let (close, n) = (b.other(BarField::Close), b.p(0));
        b.relative_change(close, n)
    },
)
.source("definition")];
