//! Runs of log returns of one sign.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::{Build, ratio_or_zero, sign};
use crate::registry::{Indicator, Unit, input, param, window};

/// Signed length of the current run of equal signs, at most `cap`, and the sum of its values; both 0 after a zero.
#[derive(Clone, Debug)]
struct SignRun {
    cap: f64,
    length: f64,
    total: f64,
}

impl Kernel<1, 2> for SignRun {
    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [length, total]: [&mut [f64]; 2]) {
        for (i, &x) in x[rows].iter().enumerate() {
            let direction = sign(x);
            let same = direction * self.length > 0.0;
            // Beyond the cap the run is held there.
            self.length =
                (if same { self.length + direction } else { direction }).clamp(-self.cap, self.cap);
            self.total = if same { self.total + x } else { x };
            (length[i], total[i]) = (self.length, self.total);
        }
    }
}

fn run(b: &mut Build<'_>, cap: usize) -> [Slot; 2] {
    let r = b.log_return();
    b.run([r], SignRun { cap: cap as f64, length: 0.0, total: 0.0 })
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "sign_run"),
        "signed length of the run of log returns of one sign, at most cap; 0 after an unchanged close",
        input::C,
        &[param("cap", 12, 1)],
        |_| 1,
        |b| {
            let cap = b.p(0);
            run(b, cap)[0]
        },
    )
    .fading(|p| 4 * p[0] + 16)
    .source("sign-run statistics, this project")
    .unit(Unit::Rows),
    Indicator::free(
        (FAMILY, "run_return"),
        "log return since the run of one sign began / root mean square log return of n rows, 0 when flat",
        input::C,
        &[window(168, 1)],
        |p| p[0],
        |b| {
            let n = b.p(0);
            let ([_, total], volatility) = (run(b, 1_000), b.volatility(n));
            b.map([total, volatility], |[total, v]| ratio_or_zero(total, v))
        },
    )
    .fading(|_| 64)
    .source("sign-run statistics, this project")
    .unit(Unit::Deviations),
];
