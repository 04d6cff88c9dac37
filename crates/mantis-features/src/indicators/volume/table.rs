//! Registry rows of the family.

use super::{
    accumulation_distribution, chaikin_money_flow, chaikin_oscillator, money_flow_index,
    on_balance_volume, signed_volume, typical_price, volume_ratio, vwap_day, vwap_rolling,
};
use crate::Result;
use crate::indicators::{Context, map2, ratio_or_zero};
use crate::registry::{Family, Indicator, Input, Param, param, window};
use crate::rolling::{correlation, sum, z_score};

const FAMILY: Family = Family::Volume;
const CV: &[Input] = &[Input::Close, Input::Volume];
const HLC: &[Input] = &[Input::High, Input::Low, Input::Close];
const HLCV: &[Input] = &[Input::High, Input::Low, Input::Close, Input::Volume];
const THLCV: &[Input] = &[Input::Time, Input::High, Input::Low, Input::Close, Input::Volume];
const TWENTY: &[Param] = &[window(20, 1)];
const WIDE: &[Param] = &[window(20, 2)];

fn daily(c: Context<'_>) -> Result<Vec<f64>> {
    vwap_day(c.time(), &typical_price(c.high(), c.low(), c.close())?, c.volume())
}

fn rolling(c: Context<'_>) -> Result<Vec<f64>> {
    vwap_rolling(&typical_price(c.high(), c.low(), c.close())?, c.volume(), c.p(0))
}

/// OBV's change over n rows as a share of the volume traded in them.
fn obv_share(c: Context<'_>) -> Result<Vec<f64>> {
    let net = sum(&signed_volume(c.close(), c.volume())?, c.p(0))?;
    Ok(map2(&net, &sum(c.volume(), c.p(0))?, ratio_or_zero))
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "obv"),
        "on-balance volume since the first row",
        CV,
        &[],
        |_| 0,
        |c| on_balance_volume(c.close(), c.volume()),
    ),
    Indicator::raw(
        (FAMILY, "ad"),
        "Chaikin's accumulation/distribution line since the first row",
        HLCV,
        &[],
        |_| 0,
        |c| accumulation_distribution(c.high(), c.low(), c.close(), c.volume()),
    ),
    Indicator::raw(
        (FAMILY, "adosc"),
        "EMA(fast) - EMA(slow) of the accumulation/distribution line",
        HLCV,
        &[param("fast", 3, 2), param("slow", 10, 2)],
        |p| p[0].max(p[1]) - 1,
        |c| chaikin_oscillator(c.high(), c.low(), c.close(), c.volume(), c.p(0), c.p(1)),
    ),
    Indicator::raw(
        (FAMILY, "typprice"),
        "(high + low + close) / 3",
        HLC,
        &[],
        |_| 0,
        |c| typical_price(c.high(), c.low(), c.close()),
    ),
    Indicator::raw(
        (FAMILY, "vwap_roll"),
        "volume-weighted typical price of n rows",
        HLCV,
        &[window(24, 1)],
        |p| p[0] - 1,
        rolling,
    ),
    Indicator::raw(
        (FAMILY, "vwap_day"),
        "volume-weighted typical price since 00:00 UTC",
        THLCV,
        &[],
        |_| 0,
        daily,
    ),
    Indicator::free(
        (FAMILY, "mfi"),
        "money flow index, 0..100",
        HLCV,
        &[window(14, 2)],
        |p| p[0],
        |c| money_flow_index(c.high(), c.low(), c.close(), c.volume(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "correl_cv"),
        "correlation of close and volume over n rows",
        CV,
        TWENTY,
        |p| p[0] - 1,
        |c| correlation(c.close(), c.volume(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "correl_rv"),
        "correlation of log return and volume over n rows",
        CV,
        TWENTY,
        |p| p[0],
        |c| correlation(c.log_return(), c.volume(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "vol_ratio"),
        "volume / mean volume of n rows",
        &[Input::Volume],
        TWENTY,
        |p| p[0] - 1,
        |c| volume_ratio(c.volume(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "volume_z"),
        "z-score of the volume among n rows",
        &[Input::Volume],
        WIDE,
        |p| p[0] - 1,
        |c| z_score(c.volume(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "obv_share"),
        "change of OBV over n rows / volume of those rows, -1..1",
        CV,
        TWENTY,
        |p| p[0],
        obv_share,
    ),
    Indicator::free(
        (FAMILY, "obv_z"),
        "z-score of OBV among n rows",
        CV,
        WIDE,
        |p| p[0] - 1,
        |c| z_score(&on_balance_volume(c.close(), c.volume())?, c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "cmf"),
        "Chaikin money flow over n rows, -1..1",
        HLCV,
        TWENTY,
        |p| p[0] - 1,
        |c| chaikin_money_flow(c.high(), c.low(), c.close(), c.volume(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "vwap_ratio"),
        "close / rolling VWAP(n) - 1; NaN without volume",
        HLCV,
        &[window(24, 1)],
        |p| p[0] - 1,
        |c| Ok(map2(c.close(), &rolling(c)?, |close, vwap| close / vwap - 1.0)),
    ),
    Indicator::free(
        (FAMILY, "vwap_day_ratio"),
        "close / VWAP since 00:00 UTC - 1; NaN without volume",
        THLCV,
        &[],
        |_| 0,
        |c| Ok(map2(c.close(), &daily(c)?, |close, vwap| close / vwap - 1.0)),
    ),
];
