//! The close against a Kalman filtered level.

use std::ops::Range;

use super::{FAMILY, VOLATILITY};
use crate::engine::{Kernel, Slot};
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Indicator, Unit, input, window};

/// Kalman filter of a local level: the observation is the level plus noise, the level a random walk whose variance is the
/// noise's / n^2. The level starts at the first row.
#[derive(Clone, Debug)]
struct LocalLevel {
    signal: f64,
    started: bool,
    level: f64,
    variance: f64,
}

impl LocalLevel {
    fn new(n: usize) -> Self {
        Self { signal: 1.0 / (n * n) as f64, started: false, level: 0.0, variance: 1.0 }
    }
}

impl Kernel<1, 1> for LocalLevel {
    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        for (out, &x) in out.iter_mut().zip(&x[rows]) {
            if !self.started {
                (self.started, self.level) = (true, x);
            }
            let predicted = self.variance + self.signal;
            let gain = predicted / (predicted + 1.0);
            self.level += gain * (x - self.level);
            self.variance = (1.0 - gain) * predicted;
            *out = self.level;
        }
    }
}

/// (log close - filtered level) in units of the volatility of n rows.
fn kalman(b: &mut Build<'_>) -> Slot {
    let (x, n) = (b.log_close(), b.p(0));
    let level = b.run1([x], LocalLevel::new(n));
    let volatility = b.volatility(VOLATILITY);
    b.map_with([x, level, volatility], (n as f64).sqrt(), |[x, level, v], root| {
        ratio_or_zero(x - level, v * root)
    })
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "kalman_dev"),
        "(log close - Kalman filtered local level) / (sqrt n x volatility of 168 rows); signal to noise 1 / n^2",
        input::C,
        &[window(12, 1)],
        |_| VOLATILITY,
        kalman,
    )
    .fading(|p| 24 * p[0])
    .source("Harvey 1989, local level model")
    .unit(Unit::Deviations),
];
