//! The own return among those of several symbols.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, sign};
use crate::registry::{Cost, Indicator, Input, Unit, param};

/// Rank of the own n-row return among those of the others: (beaten - beating) / others, -1..1.
fn cross_rank(b: &mut Build<'_>) -> Slot {
    let (own, n) = (b.close(), b.p(0));
    let own = b.log_change(own, n);
    let others = b.other_closes();
    let count = others.len() as f64;
    let mut total = b.map([own], |_| 0.0);
    for close in others {
        let other = b.log_change(close, n);
        total = b.map([total, own, other], |[total, own, other]| total + sign(own - other));
    }
    b.map_with([total], count, |[total], count| total / count)
}

/// Mean n-row log return of the others.
fn market(b: &mut Build<'_>) -> Slot {
    let n = b.p(0);
    let others = b.other_closes();
    let count = others.len() as f64;
    let mut total: Option<Slot> = None;
    for close in others {
        let moved = b.log_change(close, n);
        total = Some(match total {
            None => moved,
            Some(total) => b.map([total, moved], |[total, moved]| total + moved),
        });
    }
    let total = total.unwrap_or_else(|| b.close());
    b.map_with([total], count, |[total], count| total / count)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "xs_rank"),
        "rank of own n-row log return among the others': (beaten - beating) / others, -1..1",
        &[Input::Close, Input::Others],
        &[param("rows", 24, 1)],
        |p| p[0],
        cross_rank,
    )
    .source("cross-sectional rank, after Jegadeesh and Titman 1993")
    .cost(Cost::Symbols),
    Indicator::free(
        (FAMILY, "xs_ret"),
        "mean n-row log return of the others",
        &[Input::Others],
        &[param("rows", 24, 1)],
        |p| p[0],
        market,
    )
    .source("equal-weighted market return")
    .unit(Unit::LogReturn)
    .cost(Cost::Symbols),
    Indicator::free(
        (FAMILY, "xs_residual"),
        "own n-row log return - mean n-row log return of the others",
        &[Input::Close, Input::Others],
        &[param("rows", 24, 1)],
        |p| p[0],
        |b| {
            let (own, market, n) = (b.close(), market(b), b.p(0));
            let own = b.log_change(own, n);
            b.sub(own, market)
        },
    )
    .source("return over the equal-weighted market")
    .unit(Unit::LogReturn)
    .cost(Cost::Symbols),
];
