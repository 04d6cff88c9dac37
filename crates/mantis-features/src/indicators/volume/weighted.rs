//! Typical price and volume-weighted prices.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Input, Param, input, window};

const THLCV: &[Input] = &[Input::Time, Input::High, Input::Low, Input::Close, Input::Volume];
const DAY: &[Param] = &[window(24, 1)];

/// Volume-weighted mean since 00:00 UTC of the bar's day; NaN until volume traded. Inputs: open time in seconds, price,
/// volume.
#[derive(Clone, Debug, Default)]
struct Daily {
    day: Option<i64>,
    money: f64,
    total: f64,
}

impl Kernel<3, 1> for Daily {
    fn advance(
        &mut self,
        [time, price, volume]: [&[f64]; 3],
        rows: Range<usize>,
        [out]: [&mut [f64]; 1],
    ) {
        for (i, row) in rows.enumerate() {
            let day = Some((time[row] as i64).div_euclid(86_400));
            if day != self.day {
                (self.day, self.money, self.total) = (day, 0.0, 0.0);
            }
            self.money += price[row] * volume[row];
            self.total += volume[row];
            out[i] = if self.total > 0.0 { self.money / self.total } else { f64::NAN };
        }
    }
}

fn daily(b: &mut Build<'_>) -> Slot {
    let inputs = [b.time(), b.typical_price(), b.volume()];
    b.run1(inputs, Daily::default())
}

fn rolling(b: &mut Build<'_>) -> Slot {
    let (tp, volume, n) = (b.typical_price(), b.volume(), b.p(0));
    b.weighted_mean(tp, volume, n)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "typprice"),
        "(high + low + close) / 3",
        input::HLC,
        &[],
        |_| 0,
        |b| b.typical_price(),
    )
    .source("TA-Lib TYPPRICE"),
    Indicator::raw(
        (FAMILY, "vwap_roll"),
        "volume-weighted typical price of n rows; NaN without volume",
        input::HLCV,
        DAY,
        |p| p[0] - 1,
        rolling,
    ),
    Indicator::raw(
        (FAMILY, "vwap_day"),
        "volume-weighted typical price since 00:00 UTC; NaN without volume",
        THLCV,
        &[],
        |_| 0,
        daily,
    )
    .fading(|_| 24),
    Indicator::free(
        (FAMILY, "vwap_ratio"),
        "close / rolling VWAP(n) - 1; NaN without volume",
        input::HLCV,
        DAY,
        |p| p[0] - 1,
        |b| {
            let (close, vwap) = (b.close(), rolling(b));
            b.against(close, vwap)
        },
    ),
    Indicator::free(
        (FAMILY, "vwap_day_ratio"),
        "close / VWAP since 00:00 UTC - 1; NaN without volume",
        THLCV,
        &[],
        |_| 0,
        |b| {
            let (close, vwap) = (b.close(), daily(b));
            b.against(close, vwap)
        },
    )
    .fading(|_| 24),
    Indicator::free(
        (FAMILY, "vw_ret"),
        "mean log return of n rows weighted by volume / root mean square log return of n rows; NaN without volume",
        input::CV,
        DAY,
        |p| p[0],
        |b| {
            let (r, volume, n) = (b.log_return(), b.volume(), b.p(0));
            let mean = b.weighted_mean(r, volume, n);
            let volatility = b.volatility(n);
            b.map([mean, volatility], |[mean, v]| ratio_or_zero(mean, v))
        },
    ),
];
