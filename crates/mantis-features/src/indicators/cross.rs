//! Cross: other symbols beside the main one, matched by open time.
//!
//! A row at which the other symbol has no bar is NaN, in this row and in every window that holds it.

use crate::engine::{BarField, Slot};
use crate::indicators::{Build, sign};
use crate::registry::{Family, Indicator, Input, Param, param, window};

const FAMILY: Family = Family::Cross;
const OTHER: &[Input] = &[Input::Close, Input::Other];
const OTHERS: &[Input] = &[Input::Close, Input::Others];
const ROWS: &[Param] = &[param("rows", 1, 1)];
const DAY: &[Param] = &[window(24, 2)];

/// The other's one-row log return.
fn other_return(b: &mut Build<'_>) -> Slot {
    let close = b.other(BarField::Close);
    b.log_change(close, 1)
}

/// The other close over the own close, minus 1.
fn basis(b: &mut Build<'_>) -> Slot {
    let (other, own) = (b.other(BarField::Close), b.close());
    b.against(other, own)
}

/// Own log return less beta times the other's, beta the least-squares slope over n rows.
fn residual(b: &mut Build<'_>) -> Slot {
    let (other, own, n) = (other_return(b), b.log_return(), b.p(0));
    let beta = b.beta(other, own, n);
    b.map([own, beta, other], |[own, beta, other]| own - beta * other)
}

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

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "other_ret"),
        "the other's close / its close n rows ago - 1",
        &[Input::Other],
        ROWS,
        |p| p[0],
        |b| {
            let (close, n) = (b.other(BarField::Close), b.p(0));
            b.relative_change(close, n)
        },
    ),
    Indicator::free(
        (FAMILY, "relative_ret"),
        "own log return - the other's log return over n rows",
        OTHER,
        ROWS,
        |p| p[0],
        |b| {
            let (own, other, n) = (b.close(), b.other(BarField::Close), b.p(0));
            let (own, other) = (b.log_change(own, n), b.log_change(other, n));
            b.sub(own, other)
        },
    ),
    Indicator::free(
        (FAMILY, "relative_z"),
        "z-score among n rows of ln(own close / the other's close)",
        OTHER,
        &[window(168, 2)],
        |p| p[0] - 1,
        |b| {
            let (own, other, n) = (b.close(), b.other(BarField::Close), b.p(0));
            let spread = b.map([own, other], |[own, other]| (own / other).ln());
            b.z_score(spread, n)
        },
    ),
    Indicator::free(
        (FAMILY, "other_corr"),
        "correlation of own and the other's log returns over n rows",
        OTHER,
        DAY,
        |p| p[0],
        |b| {
            let (own, other, n) = (b.log_return(), other_return(b), b.p(0));
            b.correlation(own, other, n)
        },
    ),
    Indicator::free(
        (FAMILY, "other_lead"),
        "correlation of own log returns with the other's one row before over n rows",
        OTHER,
        DAY,
        |p| p[0] + 1,
        |b| {
            let (own, other, n) = (b.log_return(), other_return(b), b.p(0));
            let before = b.lag(other, 1);
            b.correlation(own, before, n)
        },
    ),
    Indicator::free(
        (FAMILY, "other_beta"),
        "least-squares slope of own on the other's log returns over n rows",
        OTHER,
        &[window(168, 2)],
        |p| p[0],
        |b| {
            let (own, other, n) = (b.log_return(), other_return(b), b.p(0));
            b.beta(other, own, n)
        },
    ),
    Indicator::free(
        (FAMILY, "other_residual"),
        "own log return - beta x the other's, beta over n rows",
        OTHER,
        &[window(168, 2)],
        |p| p[0],
        residual,
    ),
    Indicator::free(
        (FAMILY, "residual_z"),
        "sum of m residuals (own log return - beta x the other's, beta over n rows) / (sqrt m x their root mean square over n rows)",
        OTHER,
        &[window(168, 2), param("m", 4, 1)],
        |p| 2 * p[0] - 1,
        |b| {
            let (residual, n, m) = (residual(b), b.p(0), b.p(1));
            let square = b.mul(residual, residual);
            let (sum, spread) = (b.sum(residual, m), b.root_mean(square, n));
            b.map_with([sum, spread], (m as f64).sqrt(), |[sum, spread], root| {
                crate::indicators::ratio_or_zero(sum, spread * root)
            })
        },
    ),
    Indicator::free(
        (FAMILY, "basis"),
        "the other's close / own close - 1 (for a perpetual: its basis)",
        OTHER,
        &[],
        |_| 0,
        basis,
    ),
    Indicator::free(
        (FAMILY, "basis_dev"),
        "basis - its mean over n rows",
        OTHER,
        &[window(24, 1)],
        |p| p[0] - 1,
        |b| {
            let (basis, n) = (basis(b), b.p(0));
            crate::indicators::funding::from_mean(b, basis, n)
        },
    ),
    Indicator::free(
        (FAMILY, "basis_z"),
        "z-score of the basis among n rows",
        OTHER,
        DAY,
        |p| p[0] - 1,
        |b| {
            let (basis, n) = (basis(b), b.p(0));
            b.z_score(basis, n)
        },
    ),
    Indicator::free(
        (FAMILY, "volume_share_z"),
        "z-score among n rows of the other's share of both volumes",
        &[Input::Volume, Input::Other],
        DAY,
        |p| p[0] - 1,
        |b| {
            let (other, own, n) = (b.other(BarField::Volume), b.volume(), b.p(0));
            let share = b.map([other, own], |[other, own]| other / (other + own));
            b.z_score(share, n)
        },
    ),
    Indicator::free(
        (FAMILY, "xs_rank"),
        "rank of own n-row log return among the others': (beaten - beating) / others, -1..1",
        OTHERS,
        &[param("rows", 24, 1)],
        |p| p[0],
        cross_rank,
    ),
    Indicator::free(
        (FAMILY, "xs_ret"),
        "mean n-row log return of the others",
        &[Input::Others],
        &[param("rows", 24, 1)],
        |p| p[0],
        market,
    ),
    Indicator::free(
        (FAMILY, "xs_residual"),
        "own n-row log return - mean n-row log return of the others",
        OTHERS,
        &[param("rows", 24, 1)],
        |p| p[0],
        |b| {
            let (own, market, n) = (b.close(), market(b), b.p(0));
            let own = b.log_change(own, n);
            b.sub(own, market)
        },
    ),
];
