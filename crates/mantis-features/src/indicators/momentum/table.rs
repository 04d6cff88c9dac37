//! Registry rows of the family.

use super::{
    Stochastic, apo, balance_of_power, cci, cmo, momentum, ppo, rate_of_change, rsi, stochastic,
    stochastic_fast, stochastic_rsi, trix, ultimate_oscillator, williams_r,
};
use crate::Result;
use crate::indicators::{Context, map2};
use crate::registry::{Family, Indicator, Input, Param, param, window};
use crate::rolling::rank;

const FAMILY: Family = Family::Momentum;
const CLOSE: &[Input] = &[Input::Close];
const HLC: &[Input] = &[Input::High, Input::Low, Input::Close];
const FOURTEEN: &[Param] = &[window(14, 2)];
const TEN: &[Param] = &[window(10, 1)];
const FAST_SLOW: &[Param] = &[param("fast", 12, 1), param("slow", 26, 2)];

fn slow(c: Context<'_>) -> Result<Stochastic> {
    stochastic(c.high(), c.low(), c.close(), 14, 3, 3)
}

fn fast(c: Context<'_>) -> Result<Stochastic> {
    stochastic_fast(c.high(), c.low(), c.close(), 14, 3)
}

fn of_rsi(c: Context<'_>) -> Result<Stochastic> {
    stochastic_rsi(c.close(), 14, 14, 3)
}

/// A price difference as a share of the close.
fn of_close(c: Context<'_>, difference: &[f64]) -> Vec<f64> {
    map2(difference, c.close(), |difference, close| difference / close)
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "macd"),
        "EMA12 - EMA26 of the close, both seeded at row 25",
        CLOSE,
        &[],
        |_| 33,
        |c| Ok(c.macd()?.line.clone()),
    ),
    Indicator::raw(
        (FAMILY, "macd_signal"),
        "EMA9 of MACD",
        CLOSE,
        &[],
        |_| 33,
        |c| Ok(c.macd()?.signal.clone()),
    ),
    Indicator::raw(
        (FAMILY, "macd_hist"),
        "MACD - signal",
        CLOSE,
        &[],
        |_| 33,
        |c| Ok(c.macd()?.histogram.clone()),
    ),
    Indicator::raw(
        (FAMILY, "apo"),
        "EMA(fast) - EMA(slow) of the close",
        CLOSE,
        FAST_SLOW,
        |p| p[1] - 1,
        |c| apo(c.close(), c.p(0), c.p(1)),
    ),
    Indicator::raw(
        (FAMILY, "mom"),
        "close - close n rows ago",
        CLOSE,
        TEN,
        |p| p[0],
        |c| momentum(c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "ppo"),
        "EMA(fast) / EMA(slow) - 1 of the close, in percent",
        CLOSE,
        FAST_SLOW,
        |p| p[1] - 1,
        |c| ppo(c.close(), c.p(0), c.p(1)),
    ),
    Indicator::free(
        (FAMILY, "roc"),
        "close / close n rows ago - 1, in percent",
        CLOSE,
        TEN,
        |p| p[0],
        |c| rate_of_change(c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "trix"),
        "one-row change of the triple EMA of the close, in percent",
        CLOSE,
        &[window(15, 1)],
        |p| 3 * (p[0] - 1) + 1,
        |c| trix(c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "rsi"),
        "Wilder's relative strength index, 0..100",
        CLOSE,
        FOURTEEN,
        |p| p[0],
        |c| rsi(c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "cmo"),
        "Chande momentum oscillator, -100..100",
        CLOSE,
        FOURTEEN,
        |p| p[0],
        |c| cmo(c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "stoch_k"),
        "slow stochastic %K(14, 3), 0..100",
        HLC,
        &[],
        |_| 17,
        |c| Ok(slow(c)?.k),
    ),
    Indicator::free(
        (FAMILY, "stoch_d"),
        "slow stochastic %D(14, 3, 3), 0..100",
        HLC,
        &[],
        |_| 17,
        |c| Ok(slow(c)?.d),
    ),
    Indicator::free(
        (FAMILY, "stochf_k"),
        "fast stochastic %K(14), 0..100",
        HLC,
        &[],
        |_| 15,
        |c| Ok(fast(c)?.k),
    ),
    Indicator::free(
        (FAMILY, "stochf_d"),
        "fast stochastic %D(14, 3), 0..100",
        HLC,
        &[],
        |_| 15,
        |c| Ok(fast(c)?.d),
    ),
    Indicator::free(
        (FAMILY, "stochrsi_k"),
        "fast stochastic %K(14) of RSI(14), 0..100",
        CLOSE,
        &[],
        |_| 29,
        |c| Ok(of_rsi(c)?.k),
    ),
    Indicator::free(
        (FAMILY, "stochrsi_d"),
        "fast stochastic %D(14, 3) of RSI(14), 0..100",
        CLOSE,
        &[],
        |_| 29,
        |c| Ok(of_rsi(c)?.d),
    ),
    Indicator::free(
        (FAMILY, "willr"),
        "Williams %R, -100..0",
        HLC,
        FOURTEEN,
        |p| p[0] - 1,
        |c| williams_r(c.high(), c.low(), c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "cci"),
        "commodity channel index of the typical price",
        HLC,
        &[window(20, 2)],
        |p| p[0] - 1,
        |c| cci(c.high(), c.low(), c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "ultosc"),
        "ultimate oscillator (7, 14, 28), 0..100",
        HLC,
        &[],
        |_| 28,
        |c| ultimate_oscillator(c.high(), c.low(), c.close(), [7, 14, 28]),
    ),
    Indicator::free(
        (FAMILY, "bop"),
        "(close - open) / (high - low), -1..1",
        &[Input::Open, Input::High, Input::Low, Input::Close],
        &[],
        |_| 0,
        |c| balance_of_power(c.open(), c.high(), c.low(), c.close()),
    ),
    Indicator::free(
        (FAMILY, "macd_ratio"),
        "MACD / close",
        CLOSE,
        &[],
        |_| 33,
        |c| Ok(of_close(c, &c.macd()?.line)),
    ),
    Indicator::free(
        (FAMILY, "macd_signal_ratio"),
        "MACD signal / close",
        CLOSE,
        &[],
        |_| 33,
        |c| Ok(of_close(c, &c.macd()?.signal)),
    ),
    Indicator::free(
        (FAMILY, "macd_hist_ratio"),
        "(MACD - signal) / close",
        CLOSE,
        &[],
        |_| 33,
        |c| Ok(of_close(c, &c.macd()?.histogram)),
    ),
    Indicator::free(
        (FAMILY, "close_rank"),
        "rank of the close among the last n closes, -1 lowest .. 1 highest",
        CLOSE,
        &[window(24, 2)],
        |p| p[0] - 1,
        |c| rank(c.close(), c.p(0)),
    ),
];
