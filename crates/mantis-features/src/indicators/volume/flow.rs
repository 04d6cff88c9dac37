//! Volume signed by where the price went.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::{Build, ratio_or_zero};
use crate::kernels::EmaPair;
use crate::registry::{Indicator, Param, input, param, window};

const TWENTY: &[Param] = &[window(20, 1)];

/// Running total from a first value on.
#[derive(Clone, Debug, Default)]
struct Total {
    sum: f64,
}

impl Kernel<1, 1> for Total {
    fn ready(&self) -> bool {
        true
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        for (out, x) in out.iter_mut().zip(&x[rows]) {
            self.sum += x;
            *out = self.sum;
        }
    }
}

/// Volume signed by the close's move, starting with the first row's whole volume (TA-Lib).
#[derive(Clone, Debug, Default)]
struct OnBalance {
    last: Option<f64>,
    total: f64,
}

impl Kernel<2, 1> for OnBalance {
    fn ready(&self) -> bool {
        true
    }

    fn advance(
        &mut self,
        [close, volume]: [&[f64]; 2],
        rows: Range<usize>,
        [out]: [&mut [f64]; 1],
    ) {
        let mut last = self.last.unwrap_or(f64::NEG_INFINITY);
        for ((out, &close), &volume) in out.iter_mut().zip(&close[rows.clone()]).zip(&volume[rows])
        {
            let step = f64::from(i8::from(close > last) - i8::from(close < last));
            self.total += step * volume;
            last = close;
            *out = self.total;
        }
        self.last = Some(last);
    }
}

/// On-balance volume since the first row.
pub(crate) fn on_balance(b: &mut Build<'_>) -> Slot {
    let pair = [b.close(), b.volume()];
    b.run1(pair, OnBalance::default())
}

/// Volume signed by the close's place in the bar: volume (2c - h - l) / (h - l), 0 for a bar without range.
fn located(b: &mut Build<'_>) -> Slot {
    let bar = [b.high(), b.low(), b.close(), b.volume()];
    b.map(bar, |[h, l, c, v]| ratio_or_zero((c - l) - (h - c), h - l) * v)
}

fn accumulation(b: &mut Build<'_>) -> Slot {
    let flow = located(b);
    b.run1([flow], Total::default())
}

/// Money flow index: money is typical price x volume, signed by the typical price's move; 0 when less than one unit flowed.
fn money_flow(b: &mut Build<'_>) -> Slot {
    let (tp, volume, n) = (b.typical_price(), b.volume(), b.p(0));
    let step = b.change(tp, 1);
    let up = b.map([step, tp, volume], |[s, tp, v]| if s > 0.0 { tp * v } else { 0.0 });
    let down = b.map([step, tp, volume], |[s, tp, v]| if s < 0.0 { tp * v } else { 0.0 });
    let sums = [b.sum(up, n), b.sum(down, n)];
    b.map(sums, |[up, down]| if up + down < 1.0 { 0.0 } else { 100.0 * up / (up + down) })
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "obv"),
        "on-balance volume since the first row",
        input::CV,
        &[],
        |_| 0,
        on_balance,
    )
    .unit("volume")
    .source("Granville 1963, TA-Lib OBV")
    .origin(),
    Indicator::raw(
        (FAMILY, "ad"),
        "accumulation/distribution line since the first row: total of volume (2c - h - l) / (h - l)",
        input::HLCV,
        &[],
        |_| 0,
        accumulation,
    )
    .unit("volume")
    .source("Chaikin, TA-Lib AD")
    .origin(),
    Indicator::raw(
        (FAMILY, "adosc"),
        "EMA(fast) - EMA(slow) of the accumulation/distribution line, both started at its first value",
        input::HLCV,
        &[param("fast", 3, 2), param("slow", 10, 2)],
        |p| p[0].max(p[1]) - 1,
        |b| {
            let (line, fast, slow) = (accumulation(b), b.p(0), b.p(1));
            b.run1([line], EmaPair::new(fast, slow))
        },
    )
    .unit("volume")
    .source("Chaikin, TA-Lib ADOSC")
    .fading(|p| 20 * p[0].max(p[1])),
    Indicator::free(
        (FAMILY, "mfi"),
        "money flow index, 0..100; 0 when less than one unit of money flowed",
        input::HLCV,
        &[window(14, 2)],
        |p| p[0],
        money_flow,
    )
    .source("Quong and Soudack 1989, TA-Lib MFI"),
    Indicator::free(
        (FAMILY, "cmf"),
        "Chaikin money flow: sum of volume (2c - h - l) / (h - l) / sum of volume of n rows, -1..1",
        input::HLCV,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let (flow, volume, n) = (located(b), b.volume(), b.p(0));
            b.share(flow, volume, n)
        },
    )
    .source("Chaikin"),
    Indicator::free(
        (FAMILY, "obv_share"),
        "change of OBV over n rows / volume of those rows, -1..1",
        input::CV,
        TWENTY,
        |p| p[0],
        |b| {
            let (close, volume, n) = (b.close(), b.volume(), b.p(0));
            let step = b.change(close, 1);
            let signed = b.map([step, volume], |[step, v]| crate::indicators::sign(step) * v);
            b.share(signed, volume, n)
        },
    ),
    Indicator::free(
        (FAMILY, "obv_z"),
        "z-score of OBV among n rows",
        input::CV,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| {
            let (obv, n) = (on_balance(b), b.p(0));
            b.z_score(obv, n)
        },
    ),
];
