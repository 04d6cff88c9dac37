//! Registry rows of the family.

use super::{
    autocorrelation, beta, close_location, log_return, lower_wick, return_to_volatility, sign_run,
    simple_return, up_share, upper_wick,
};
use crate::Result;
use crate::indicators::volatility::parkinson;
use crate::indicators::{Context, map2, ratio_or_zero};
use crate::registry::{Family, Indicator, Input, Param, param, window};

const FAMILY: Family = Family::Price;
const CLOSE: &[Input] = &[Input::Close];
const HL: &[Input] = &[Input::High, Input::Low];
const HLC: &[Input] = &[Input::High, Input::Low, Input::Close];
const OHLC: &[Input] = &[Input::Open, Input::High, Input::Low, Input::Close];
const ROWS: &[Param] = &[window(1, 1)];

/// Rows of Parkinson's volatility in the reversal columns.
const PARKINSON: usize = 20;

/// Minus the log return over n rows, in units of Parkinson's volatility of those rows: positive after an overshoot
/// downwards.
fn reversal(c: Context<'_>) -> Result<Vec<f64>> {
    let moved = log_return(c.close(), c.p(0))?;
    let scale = (c.p(0) as f64).sqrt();
    let expected = parkinson(c.high(), c.low(), PARKINSON)?;
    Ok(map2(&moved, &expected, |moved, expected| ratio_or_zero(-moved, expected * scale)))
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "ret"),
        "close / close n rows ago - 1",
        CLOSE,
        ROWS,
        |p| p[0],
        |c| simple_return(c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "logret"),
        "ln(close / close n rows ago)",
        CLOSE,
        ROWS,
        |p| p[0],
        |c| log_return(c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "retz"),
        "log return over n rows / (sqrt n x root mean square of w one-row log returns)",
        CLOSE,
        &[window(1, 1), param("w", 168, 1)],
        |p| p[0].max(p[1]),
        |c| return_to_volatility(c.close(), c.log_return(), c.p(0), c.p(1)),
    ),
    Indicator::free(
        (FAMILY, "reversal"),
        "- log return over n rows / (sqrt n x Parkinson volatility of 20 rows)",
        HLC,
        &[window(2, 1)],
        |p| p[0].max(PARKINSON - 1),
        reversal,
    ),
    Indicator::free(
        (FAMILY, "hl_spread"),
        "(high - low) / close",
        HLC,
        &[],
        |_| 0,
        |c| {
            let range = map2(c.high(), c.low(), |high, low| high - low);
            Ok(map2(&range, c.close(), |range, close| range / close))
        },
    ),
    Indicator::free(
        (FAMILY, "oc_spread"),
        "(close - open) / open",
        &[Input::Open, Input::Close],
        &[],
        |_| 0,
        |c| Ok(map2(c.open(), c.close(), |open, close| (close - open) / open)),
    ),
    Indicator::free(
        (FAMILY, "close_location"),
        "(2 close - high - low) / (high - low), -1..1",
        HLC,
        &[],
        |_| 0,
        |c| close_location(c.high(), c.low(), c.close()),
    ),
    Indicator::free(
        (FAMILY, "upper_wick"),
        "(high - max(open, close)) / (high - low), 0..1",
        OHLC,
        &[],
        |_| 0,
        |c| upper_wick(c.open(), c.high(), c.low(), c.close()),
    ),
    Indicator::free(
        (FAMILY, "lower_wick"),
        "(min(open, close) - low) / (high - low), 0..1",
        OHLC,
        &[],
        |_| 0,
        |c| lower_wick(c.open(), c.high(), c.low(), c.close()),
    ),
    Indicator::free(
        (FAMILY, "sign_run"),
        "signed length of the run of returns of one sign, at most cap",
        CLOSE,
        &[param("cap", 12, 1)],
        |_| 1,
        |c| sign_run(c.log_return(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "up_share"),
        "(rising - falling rows) / n of n returns, -1..1",
        CLOSE,
        &[window(12, 1)],
        |p| p[0],
        |c| up_share(c.log_return(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "autocorr"),
        "correlation of n log returns with those one row before, -1..1",
        CLOSE,
        &[window(48, 2)],
        |p| p[0] + 1,
        |c| autocorrelation(c.log_return(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "beta_hl"),
        "slope of the low's relative changes on the high's over n rows",
        HL,
        &[window(5, 1)],
        |p| p[0],
        |c| beta(c.high(), c.low(), c.p(0)),
    ),
];
