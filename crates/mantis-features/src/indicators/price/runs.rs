//! Signs of one-row returns, and runs of them.

use std::ops::Range;

use super::FAMILY;
use crate::engine::{Kernel, Slot};
use crate::indicators::{Build, ratio_or_zero, sign};
use crate::registry::{Indicator, Param, input, param, window};

const TWELVE: &[Param] = &[window(12, 1)];

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
    .fading(|p| 4 * p[0] + 16),
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
    .fading(|_| 64),
    Indicator::free(
        (FAMILY, "up_share"),
        "(rising - falling rows) / n of n log returns, -1..1",
        input::C,
        TWELVE,
        |p| p[0],
        |b| {
            let (r, n) = (b.log_return(), b.p(0));
            let sign = b.sign(r);
            b.mean(sign, n)
        },
    ),
    Indicator::free(
        (FAMILY, "sign_flips"),
        "mean product of neighbouring signs of n log returns: -1 when they alternate, 1 when they persist",
        input::C,
        TWELVE,
        |p| p[0] + 1,
        |b| {
            let (r, n) = (b.log_return(), b.p(0));
            let product = b.lagged(r, 1, |now, before| sign(now) * sign(before));
            b.mean(product, n)
        },
    ),
    Indicator::free(
        (FAMILY, "sign_pattern"),
        "signs of the last n log returns weighted 1, 1/2, 1/4, ... from the newest, -2..2",
        input::C,
        &[window(4, 1)],
        |p| p[0],
        |b| {
            let (r, n) = (b.log_return(), b.p(0));
            let sign = b.sign(r);
            let mut total = sign;
            for k in 1..n {
                let before = b.lag(sign, k);
                total = b.map_with([total, before], 0.5_f64.powi(k as i32), |[total, before], w| {
                    total + w * before
                });
            }
            total
        },
    ),
];
