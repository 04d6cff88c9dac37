//! Cross: another symbol beside the main one, matched by open time.
//!
//! A row at which the other symbol has no bar is NaN, in this row and in every window that holds it.

use crate::indicators::price::log_return;
use crate::indicators::{Context, log_returns, map2};
use crate::registry::{Family, Indicator, Input, Param, param, window};
use crate::rolling::{check_lengths, check_period, correlation, each_comoment, mean, run, z_score};
use crate::{Result, indicators::price::simple_return};

const FAMILY: Family = Family::Cross;
const OTHER: &[Input] = &[Input::Close, Input::Other];
const ROWS: &[Param] = &[param("rows", 1, 1)];

/// Newest `y` less its expectation from `x`: y - beta x with beta the least-squares slope of y on x over the last `n` pairs
/// (0 when x is flat). Unit of `y`, warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn residual(x: &[f64], y: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("residual", n, 2)?;
    check_lengths("residual", &[("x", x), ("y", y)])?;
    Ok(run([x, y], |[x, y], out| {
        each_comoment(x, y, n, |i, c| {
            let beta = if c.xx > 0.0 { c.xy / c.xx } else { 0.0 };
            out[i] = y[i] - beta * x[i];
        });
    }))
}

/// The other close over the own close, minus 1.
fn basis(c: Context<'_>) -> Result<Vec<f64>> {
    Ok(map2(&c.other()?.close, c.close(), |other, own| other / own - 1.0))
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "other_ret"),
        "the other's close / its close n rows ago - 1",
        OTHER,
        ROWS,
        |p| p[0],
        |c| simple_return(&c.other()?.close, c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "relative_ret"),
        "own log return - the other's log return over n rows",
        OTHER,
        ROWS,
        |p| p[0],
        |c| {
            let other = log_return(&c.other()?.close, c.p(0))?;
            Ok(map2(&log_return(c.close(), c.p(0))?, &other, |own, other| own - other))
        },
    ),
    Indicator::free(
        (FAMILY, "other_corr"),
        "correlation of own and the other's log returns over n rows",
        OTHER,
        &[window(24, 2)],
        |p| p[0],
        |c| correlation(c.log_return(), &log_returns(&c.other()?.close), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "other_residual"),
        "own log return - beta x the other's, beta over n rows",
        OTHER,
        &[window(168, 2)],
        |p| p[0],
        |c| residual(&log_returns(&c.other()?.close), c.log_return(), c.p(0)),
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
        |c| {
            let basis = basis(c)?;
            Ok(map2(&basis, &mean(&basis, c.p(0))?, |basis, mean| basis - mean))
        },
    ),
    Indicator::free(
        (FAMILY, "basis_z"),
        "z-score of the basis among n rows",
        OTHER,
        &[window(24, 2)],
        |p| p[0] - 1,
        |c| z_score(&basis(c)?, c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "volume_share_z"),
        "z-score among n rows of the other's share of both volumes",
        &[Input::Volume, Input::Other],
        &[window(24, 2)],
        |p| p[0] - 1,
        |c| {
            let share = map2(&c.other()?.volume, c.volume(), |other, own| other / (other + own));
            z_score(&share, c.p(0))
        },
    ),
];
