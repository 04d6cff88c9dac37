//! Returns over several rows, plain, scaled and turned round.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Param, input, param, window};

const ROWS: &[Param] = &[window(1, 1)];

/// Rows of Parkinson's volatility in the reversal columns.
const PARKINSON: usize = 20;

/// Minus the log return over n rows, in units of Parkinson's volatility of those rows: positive after an overshoot
/// downwards.
pub(crate) fn reversal(b: &mut Build<'_>, n: usize) -> Slot {
    let close = b.close();
    let (moved, expected) = (b.log_change(close, n), b.parkinson(PARKINSON));
    b.map_with([moved, expected], (n as f64).sqrt(), |[moved, expected], root| {
        ratio_or_zero(-moved, expected * root)
    })
}

/// Relative change, 0 where the old value is 0.
fn change(b: &mut Build<'_>, x: Slot) -> Slot {
    b.lagged(x, 1, |now, before| ratio_or_zero(now - before, before))
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "ret"),
        "close / close n rows ago - 1",
        input::C,
        ROWS,
        |p| p[0],
        |b| {
            let (close, n) = (b.close(), b.p(0));
            b.relative_change(close, n)
        },
    ),
    Indicator::free(
        (FAMILY, "logret"),
        "ln(close / close n rows ago)",
        input::C,
        ROWS,
        |p| p[0],
        |b| {
            let (close, n) = (b.close(), b.p(0));
            b.log_change(close, n)
        },
    ),
    Indicator::free(
        (FAMILY, "retz"),
        "log return over n rows / (sqrt n x root mean square of w one-row log returns), 0 when flat",
        input::C,
        &[window(1, 1), param("w", 168, 1)],
        |p| p[0].max(p[1]),
        |b| {
            let (n, w) = (b.p(0), b.p(1));
            b.scaled_return(n, w)
        },
    ),
    Indicator::free(
        (FAMILY, "reversal"),
        "- log return over n rows / (sqrt n x Parkinson volatility of 20 rows), 0 when flat",
        input::HLC,
        &[window(2, 1)],
        |p| p[0].max(PARKINSON - 1),
        |b| {
            let n = b.p(0);
            reversal(b, n)
        },
    ),
    Indicator::free(
        (FAMILY, "efficiency"),
        "log return over n rows / sum of n absolute log returns, -1..1, 0 when flat",
        input::C,
        &[window(24, 2)],
        |p| p[0],
        |b| {
            let (r, close, n) = (b.log_return(), b.close(), b.p(0));
            let size = b.abs(r);
            let (moved, path) = (b.log_change(close, n), b.sum(size, n));
            b.ratio(moved, path)
        },
    )
    .source("Kaufman 1995, signed"),
    Indicator::free(
        (FAMILY, "autocorr"),
        "correlation of n log returns with those one row before, -1..1, 0 when flat",
        input::C,
        &[window(48, 2)],
        |p| p[0] + 1,
        |b| {
            let (r, n) = (b.log_return(), b.p(0));
            let before = b.lag(r, 1);
            b.correlation(r, before, n)
        },
    ),
    Indicator::free(
        (FAMILY, "variance_ratio"),
        "variance of k-row log returns / (k x variance of one-row log returns) over n rows - 1, 0 when flat",
        input::C,
        &[param("k", 4, 2), window(168, 2)],
        |p| p[0] + p[1] - 1,
        |b| {
            let (close, r, k, n) = (b.close(), b.log_return(), b.p(0), b.p(1));
            let long = b.log_change(close, k);
            let ([_, one], [_, many]) = (b.variance(r, n), b.variance(long, n));
            b.map_with([one, many], k as f64, |[one, many], k| {
                if one > 0.0 { many / (k * one) - 1.0 } else { 0.0 }
            })
        },
    )
    .source("Lo and MacKinlay 1988"),
    Indicator::free(
        (FAMILY, "beta_hl"),
        "slope of the low's relative changes on the high's over n rows, 0 when flat",
        input::HL,
        &[window(5, 1)],
        |p| p[0],
        |b| {
            let (high, low, n) = (b.high(), b.low(), b.p(0));
            let (high, low) = (change(b, high), change(b, low));
            b.beta(high, low, n)
        },
    )
    .source("TA-Lib BETA"),
];
