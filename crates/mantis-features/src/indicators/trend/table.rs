//! Registry rows of the family.

use super::{
    aroon, dema, directional, ema, hma, kama, linear_regression, parabolic_sar, sma, tema, trima,
    wma,
};
use crate::Result;
use crate::indicators::{Context, map2};
use crate::registry::{Family, Indicator, Input, Param, window};

const FAMILY: Family = Family::Trend;
const CLOSE: &[Input] = &[Input::Close];
const HLC: &[Input] = &[Input::High, Input::Low, Input::Close];
const HL: &[Input] = &[Input::High, Input::Low];
const AVERAGE: &[Param] = &[window(20, 1)];
const FOURTEEN: &[Param] = &[window(14, 2)];

/// Close against a moving average of it: close / average - 1.
fn against(c: Context<'_>, average: fn(&[f64], usize) -> Result<Vec<f64>>) -> Result<Vec<f64>> {
    Ok(map2(c.close(), &average(c.close(), c.p(0))?, |x, average| x / average - 1.0))
}

/// SAR with Wilder's settings.
fn sar(c: Context<'_>) -> Result<Vec<f64>> {
    parabolic_sar(c.high(), c.low(), 0.02, 0.2)
}

fn movement(c: Context<'_>) -> Result<super::Directional> {
    directional(c.high(), c.low(), c.close(), c.p(0))
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "sma"),
        "mean of n closes",
        CLOSE,
        AVERAGE,
        |p| p[0] - 1,
        |c| sma(c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "ema"),
        "exponential mean of the close, smoothing 2 / (n + 1), seeded with an SMA",
        CLOSE,
        AVERAGE,
        |p| p[0] - 1,
        |c| ema(c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "wma"),
        "linearly weighted mean of n closes",
        CLOSE,
        AVERAGE,
        |p| p[0] - 1,
        |c| wma(c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "dema"),
        "double exponential mean 2 EMA - EMA(EMA)",
        CLOSE,
        AVERAGE,
        |p| 2 * (p[0] - 1),
        |c| dema(c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "tema"),
        "triple exponential mean",
        CLOSE,
        AVERAGE,
        |p| 3 * (p[0] - 1),
        |c| tema(c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "trima"),
        "triangular mean (SMA of SMA)",
        CLOSE,
        AVERAGE,
        |p| p[0] - 1,
        |c| trima(c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "hma"),
        "Hull mean: WMA(floor(sqrt n)) of 2 WMA(n / 2) - WMA(n)",
        CLOSE,
        &[window(20, 2)],
        |p| p[0] + p[0].isqrt() - 2,
        |c| hma(c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "kama"),
        "Kaufman's adaptive mean of the close",
        CLOSE,
        &[window(10, 2)],
        |p| p[0],
        |c| kama(c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "sar"),
        "parabolic stop and reverse, step 0.02, cap 0.2",
        HL,
        &[],
        |_| 1,
        sar,
    ),
    Indicator::raw(
        (FAMILY, "linreg_slope"),
        "slope per row of the least-squares line through n closes",
        CLOSE,
        FOURTEEN,
        |p| p[0] - 1,
        |c| Ok(linear_regression(c.close(), c.p(0))?.slope),
    ),
    Indicator::raw(
        (FAMILY, "linreg"),
        "least-squares line through n closes, at the newest",
        CLOSE,
        FOURTEEN,
        |p| p[0] - 1,
        |c| Ok(linear_regression(c.close(), c.p(0))?.end),
    ),
    Indicator::raw(
        (FAMILY, "tsf"),
        "least-squares line through n closes, one row ahead",
        CLOSE,
        FOURTEEN,
        |p| p[0] - 1,
        |c| Ok(linear_regression(c.close(), c.p(0))?.forecast),
    ),
    Indicator::free(
        (FAMILY, "adx"),
        "Wilder's average directional index, 0..100",
        HLC,
        FOURTEEN,
        |p| 2 * p[0] - 1,
        |c| Ok(movement(c)?.adx),
    ),
    Indicator::free(
        (FAMILY, "adxr"),
        "mean of ADX now and n - 1 rows ago, 0..100",
        HLC,
        FOURTEEN,
        |p| 3 * p[0] - 2,
        |c| Ok(movement(c)?.adxr),
    ),
    Indicator::free(
        (FAMILY, "plus_di"),
        "Wilder's +DI, 0..100",
        HLC,
        FOURTEEN,
        |p| p[0],
        |c| Ok(movement(c)?.plus),
    ),
    Indicator::free(
        (FAMILY, "minus_di"),
        "Wilder's -DI, 0..100",
        HLC,
        FOURTEEN,
        |p| p[0],
        |c| Ok(movement(c)?.minus),
    ),
    Indicator::free(
        (FAMILY, "di_balance"),
        "(+DI - -DI) / 100, -1..1",
        HLC,
        FOURTEEN,
        |p| p[0],
        |c| {
            let movement = movement(c)?;
            Ok(map2(&movement.plus, &movement.minus, |plus, minus| (plus - minus) / 100.0))
        },
    ),
    Indicator::free(
        (FAMILY, "aroon_up"),
        "recency of the highest high of n + 1 rows, 0..100",
        HL,
        &[window(25, 1)],
        |p| p[0],
        |c| aroon(c.high(), c.low(), c.p(0)).map(|[up, _]| up),
    ),
    Indicator::free(
        (FAMILY, "aroon_dn"),
        "recency of the lowest low of n + 1 rows, 0..100",
        HL,
        &[window(25, 1)],
        |p| p[0],
        |c| aroon(c.high(), c.low(), c.p(0)).map(|[_, down]| down),
    ),
    Indicator::free(
        (FAMILY, "aroonosc"),
        "Aroon up - Aroon down, -100..100",
        HL,
        &[window(25, 1)],
        |p| p[0],
        |c| aroon(c.high(), c.low(), c.p(0)).map(|[up, down]| map2(&up, &down, |u, d| u - d)),
    ),
    Indicator::free(
        (FAMILY, "sma_ratio"),
        "close / SMA(n) - 1",
        CLOSE,
        AVERAGE,
        |p| p[0] - 1,
        |c| against(c, sma),
    ),
    Indicator::free(
        (FAMILY, "ema_ratio"),
        "close / EMA(n) - 1",
        CLOSE,
        AVERAGE,
        |p| p[0] - 1,
        |c| against(c, ema),
    ),
    Indicator::free(
        (FAMILY, "kama_ratio"),
        "close / KAMA(n) - 1",
        CLOSE,
        &[window(10, 2)],
        |p| p[0],
        |c| against(c, kama),
    ),
    Indicator::free(
        (FAMILY, "hma_ratio"),
        "close / HMA(n) - 1",
        CLOSE,
        &[window(20, 2)],
        |p| p[0] + p[0].isqrt() - 2,
        |c| against(c, hma),
    ),
    Indicator::free(
        (FAMILY, "linreg_slope_ratio"),
        "slope per row of the least-squares line through n closes / close",
        CLOSE,
        FOURTEEN,
        |p| p[0] - 1,
        |c| {
            let slope = linear_regression(c.close(), c.p(0))?.slope;
            Ok(map2(&slope, c.close(), |slope, close| slope / close))
        },
    ),
    Indicator::free(
        (FAMILY, "sar_ratio"),
        "close / SAR - 1",
        HLC,
        &[],
        |_| 1,
        |c| Ok(map2(c.close(), &sar(c)?, |close, sar| close / sar - 1.0)),
    ),
];
