//! Registry rows of the family.

use super::{
    Bands, atr, bollinger, donchian, garman_klass, hurst, keltner, natr, parkinson,
    realised_volatility, rogers_satchell, true_range, yang_zhang,
};
use crate::Result;
use crate::indicators::{Context, map, map2, ratio_or_zero};
use crate::registry::{Family, Indicator, Input, Param, param, window};
use crate::rolling::{maximum, minimum, skewness_kurtosis, standard_deviation};

const FAMILY: Family = Family::Volatility;
const CLOSE: &[Input] = &[Input::Close];
const HL: &[Input] = &[Input::High, Input::Low];
const HLC: &[Input] = &[Input::High, Input::Low, Input::Close];
const OHLC: &[Input] = &[Input::Open, Input::High, Input::Low, Input::Close];
const TWENTY: &[Param] = &[window(20, 2)];
const FOURTEEN: &[Param] = &[window(14, 1)];
const KELTNER: &[Param] = &[window(20, 1), param("atr_period", 10, 1), param("multiple", 2, 1)];

/// Bollinger bands of two deviations.
fn bands(c: Context<'_>) -> Result<Bands> {
    bollinger(c.close(), c.p(0), 2.0)
}

fn donchian_of(c: Context<'_>) -> Result<Bands> {
    donchian(c.high(), c.low(), c.p(0))
}

fn keltner_of(c: Context<'_>) -> Result<Bands> {
    keltner(c.high(), c.low(), c.close(), c.p(0), c.p(1), c.p(2) as f64)
}

fn keltner_warmup(p: &[usize]) -> usize {
    (p[0] - 1).max(p[1])
}

/// Realised volatility per bar of two windows, the first over the second; 0 when both are flat.
fn volatility_ratio(c: Context<'_>) -> Result<Vec<f64>> {
    let per_bar = |n: usize| -> Result<Vec<f64>> {
        Ok(map(&realised_volatility(c.log_return(), n)?, |v| v / (n as f64).sqrt()))
    };
    Ok(map2(&per_bar(c.p(0))?, &per_bar(c.p(1))?, ratio_or_zero))
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "trange"),
        "max(high, previous close) - min(low, previous close)",
        HLC,
        &[],
        |_| 1,
        |c| true_range(c.high(), c.low(), c.close()),
    ),
    Indicator::raw(
        (FAMILY, "atr"),
        "Wilder's average of the true range",
        HLC,
        FOURTEEN,
        |p| p[0],
        |c| atr(c.high(), c.low(), c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "std_pop"),
        "population standard deviation of n closes",
        CLOSE,
        TWENTY,
        |p| p[0] - 1,
        |c| standard_deviation(c.close(), c.p(0), 0),
    ),
    Indicator::raw(
        (FAMILY, "std_sample"),
        "sample standard deviation of n closes",
        CLOSE,
        TWENTY,
        |p| p[0] - 1,
        |c| standard_deviation(c.close(), c.p(0), 1),
    ),
    Indicator::raw(
        (FAMILY, "max"),
        "highest high of n rows",
        &[Input::High],
        TWENTY,
        |p| p[0] - 1,
        |c| maximum(c.high(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "min"),
        "lowest low of n rows",
        &[Input::Low],
        TWENTY,
        |p| p[0] - 1,
        |c| minimum(c.low(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "bb_u"),
        "SMA(n) + 2 population standard deviations of the close",
        CLOSE,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(bands(c)?.upper),
    ),
    Indicator::raw(
        (FAMILY, "bb_m"),
        "SMA(n) of the close",
        CLOSE,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(bands(c)?.middle),
    ),
    Indicator::raw(
        (FAMILY, "bb_l"),
        "SMA(n) - 2 population standard deviations of the close",
        CLOSE,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(bands(c)?.lower),
    ),
    Indicator::raw(
        (FAMILY, "donchian_u"),
        "highest high of n rows",
        HL,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(donchian_of(c)?.upper),
    ),
    Indicator::raw(
        (FAMILY, "donchian_l"),
        "lowest low of n rows",
        HL,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(donchian_of(c)?.lower),
    ),
    Indicator::raw(
        (FAMILY, "donchian_m"),
        "mean of the highest high and the lowest low of n rows",
        HL,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(donchian_of(c)?.middle),
    ),
    Indicator::raw(
        (FAMILY, "keltner_m"),
        "EMA(n) of the close",
        CLOSE,
        &[window(20, 1)],
        |p| p[0] - 1,
        |c| crate::indicators::trend::ema(c.close(), c.p(0)),
    ),
    Indicator::raw(
        (FAMILY, "keltner_u"),
        "EMA(n) + multiple ATR(atr_period)",
        HLC,
        KELTNER,
        keltner_warmup,
        |c| Ok(keltner_of(c)?.upper),
    ),
    Indicator::raw(
        (FAMILY, "keltner_l"),
        "EMA(n) - multiple ATR(atr_period)",
        HLC,
        KELTNER,
        keltner_warmup,
        |c| Ok(keltner_of(c)?.lower),
    ),
    Indicator::free(
        (FAMILY, "natr"),
        "ATR(n) in percent of the close",
        HLC,
        FOURTEEN,
        |p| p[0],
        |c| natr(c.high(), c.low(), c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "atr_ratio"),
        "ATR(n) / close",
        HLC,
        FOURTEEN,
        |p| p[0],
        |c| Ok(map(&natr(c.high(), c.low(), c.close(), c.p(0))?, |percent| percent / 100.0)),
    ),
    Indicator::free(
        (FAMILY, "std_ratio"),
        "population standard deviation of n closes / close",
        CLOSE,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(map2(&standard_deviation(c.close(), c.p(0), 0)?, c.close(), |s, x| s / x)),
    ),
    Indicator::free(
        (FAMILY, "retstd_sample"),
        "sample standard deviation of n log returns",
        CLOSE,
        TWENTY,
        |p| p[0],
        |c| standard_deviation(c.log_return(), c.p(0), 1),
    ),
    Indicator::free(
        (FAMILY, "bb_width"),
        "(upper - lower) / middle Bollinger band",
        CLOSE,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(bands(c)?.width()),
    ),
    Indicator::free(
        (FAMILY, "bb_pctb"),
        "place of the close between the Bollinger bands, 0 lower .. 1 upper; NaN without width",
        CLOSE,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(bands(c)?.position(c.close())),
    ),
    Indicator::free(
        (FAMILY, "donchian_pos"),
        "place of the close in the Donchian channel, 0 lowest .. 1 highest; NaN without width",
        HLC,
        TWENTY,
        |p| p[0] - 1,
        |c| Ok(donchian_of(c)?.position(c.close())),
    ),
    Indicator::free(
        (FAMILY, "keltner_pos"),
        "place of the close in the Keltner channel, 0 lower .. 1 upper; NaN without width",
        HLC,
        KELTNER,
        keltner_warmup,
        |c| Ok(keltner_of(c)?.position(c.close())),
    ),
    Indicator::free(
        (FAMILY, "parkinson"),
        "Parkinson's volatility per bar over n rows",
        HL,
        TWENTY,
        |p| p[0] - 1,
        |c| parkinson(c.high(), c.low(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "garman_klass"),
        "Garman and Klass' volatility per bar over n rows",
        OHLC,
        TWENTY,
        |p| p[0] - 1,
        |c| garman_klass(c.open(), c.high(), c.low(), c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "rogers_satchell"),
        "Rogers and Satchell's volatility per bar over n rows",
        OHLC,
        TWENTY,
        |p| p[0] - 1,
        |c| rogers_satchell(c.open(), c.high(), c.low(), c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "yang_zhang"),
        "Yang and Zhang's volatility per bar over n rows",
        OHLC,
        TWENTY,
        |p| p[0],
        |c| yang_zhang(c.open(), c.high(), c.low(), c.close(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "realised_vol"),
        "square root of the sum of n squared log returns",
        CLOSE,
        &[window(24, 1)],
        |p| p[0],
        |c| realised_volatility(c.log_return(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "vol_regime"),
        "realised volatility per bar over fast rows / over slow rows",
        CLOSE,
        &[param("fast", 24, 1), param("slow", 168, 1)],
        |p| p[0].max(p[1]),
        volatility_ratio,
    ),
    Indicator::free(
        (FAMILY, "rskew"),
        "bias-corrected skewness of n log returns",
        CLOSE,
        &[window(24, 4)],
        |p| p[0],
        |c| skewness_kurtosis(c.log_return(), c.p(0)).map(|[skew, _]| skew),
    ),
    Indicator::free(
        (FAMILY, "rkurt"),
        "bias-corrected excess kurtosis of n log returns",
        CLOSE,
        &[window(24, 4)],
        |p| p[0],
        |c| skewness_kurtosis(c.log_return(), c.p(0)).map(|[_, kurt]| kurt),
    ),
    Indicator::free(
        (FAMILY, "hurst"),
        "Hurst exponent of n log closes from lags 2, 4, 8, 16, 32",
        CLOSE,
        &[window(256, 34)],
        |p| p[0] - 1,
        |c| hurst(&map(c.close(), f64::ln), c.p(0)),
    ),
];
