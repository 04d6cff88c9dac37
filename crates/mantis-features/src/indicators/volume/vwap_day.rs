//! Volume-weighted average price of the day, and the close against it.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::Build;
use crate::registry::{Indicator, Input};

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

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "vwap_day"),
        "volume-weighted typical price since 00:00 UTC; NaN without volume",
        &[Input::Time, Input::High, Input::Low, Input::Close, Input::Volume],
        &[],
        |_| 0,
        daily,
    )
    .fading(|_| 24)
    .source("Berkowitz, Logue and Noser 1988"),
    Indicator::free(
        (FAMILY, "vwap_day_ratio"),
        "close / VWAP since 00:00 UTC - 1; NaN without volume",
        &[Input::Time, Input::High, Input::Low, Input::Close, Input::Volume],
        &[],
        |_| 0,
        |b| {
            let (close, vwap) = (b.close(), daily(b));
            b.against(close, vwap)
        },
    )
    .fading(|_| 24)
    .source("ratio form of Berkowitz, Logue and Noser 1988"),
];
