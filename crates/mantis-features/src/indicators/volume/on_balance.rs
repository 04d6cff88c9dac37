//! On-balance volume, and its forms without unit.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::{Build, sign};
use crate::registry::{Indicator, Unit, input, window};

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

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "obv"),
        "on-balance volume since the first row",
        input::CV,
        &[],
        |_| 0,
        on_balance,
    )
    .origin()
    .source("Granville 1963, TA-Lib OBV")
    .unit(Unit::Volume),
    Indicator::free(
        (FAMILY, "obv_share"),
        "change of OBV over n rows / volume of those rows, -1..1",
        input::CV,
        &[window(20, 1)],
        |p| p[0],
        |b| {
            let (close, volume, n) = (b.close(), b.volume(), b.p(0));
            let step = b.change(close, 1);
            let signed = b.map([step, volume], |[step, v]| sign(step) * v);
            b.share(signed, volume, n)
        },
    )
    .source("ratio form of Granville 1963"),
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
    )
    .source("z-score of Granville 1963")
    .unit(Unit::Deviations),
];
