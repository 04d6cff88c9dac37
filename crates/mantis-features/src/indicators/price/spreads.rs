//! Range and body of the bar against its price.

use super::FAMILY;
use crate::registry::{Indicator, Input, input};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "hl_spread"),
        "(high - low) / close",
        input::HLC,
        &[],
        |_| 0,
        |b| {
            let bar = [b.high(), b.low(), b.close()];
            b.map(bar, |[h, l, c]| (h - l) / c)
        },
    )
    .source("definition"),
    Indicator::free(
        (FAMILY, "oc_spread"),
        "(close - open) / open",
        &[Input::Open, Input::Close],
        &[],
        |_| 0,
        |b| {
            let bar = [b.open(), b.close()];
            b.map(bar, |[o, c]| (c - o) / o)
        },
    )
    .source("definition"),
];
