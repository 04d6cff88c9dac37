//! Open interest: change, against its mean, z-score.

use super::FAMILY;
use crate::registry::{Indicator, Input, Unit, param, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "oi_change"),
        "open interest / that of n rows ago - 1",
        &[Input::OpenInterest],
        &[param("rows", 24, 1)],
        |p| p[0],
        |b| {
            let (interest, n) = (b.open_interest(), b.p(0));
            b.relative_change(interest, n)
        },
    )
    .source("the mining guide's open interest change"),
    Indicator::free(
        (FAMILY, "oi_ratio"),
        "open interest / its mean over n rows - 1",
        &[Input::OpenInterest],
        &[window(24, 1)],
        |p| p[0] - 1,
        |b| {
            let (interest, n) = (b.open_interest(), b.p(0));
            let mean = b.mean(interest, n);
            b.against(interest, mean)
        },
    )
    .source("the mining guide's open interest ratio"),
    Indicator::free(
        (FAMILY, "oi_z"),
        "z-score of the open interest among n rows",
        &[Input::OpenInterest],
        &[window(168, 2)],
        |p| p[0] - 1,
        |b| {
            let (interest, n) = (b.open_interest(), b.p(0));
            b.z_score(interest, n)
        },
    )
    .source("z-score, this project")
    .unit(Unit::Deviations),
];
