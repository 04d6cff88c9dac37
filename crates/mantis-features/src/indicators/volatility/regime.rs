//! Volatility against itself: regimes, seasons, jumps, asymmetry.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::kernels::ByHour;
use crate::registry::{Indicator, Input, Param, input, param, window};

const PAIR: &[Param] = &[param("fast", 24, 1), param("slow", 168, 1)];
const TC: &[Input] = &[Input::Time, Input::Close];

/// Root mean square of the log returns of the same UTC hour within n rows.
fn seasonal(b: &mut Build<'_>, n: usize) -> Slot {
    let (time, r) = (b.time(), b.log_return());
    let square = b.map([r], |[r]| r * r);
    let mean = b.run1([time, square], ByHour::new(n));
    b.map([mean], |[mean]| mean.sqrt())
}

/// Share of the squared log returns of n rows that came with a fall.
fn downside(b: &mut Build<'_>) -> Slot {
    let (r, n) = (b.log_return(), b.p(0));
    let square = b.map([r], |[r]| r * r);
    let falling = b.map([r], |[r]| if r < 0.0 { r * r } else { 0.0 });
    let share = b.share(falling, square, n);
    b.map([share], |[share]| 2.0 * share - 1.0)
}

/// Share of realised variance that bipower variation, which jumps hardly enter, does not explain.
fn jumps(b: &mut Build<'_>) -> Slot {
    let (r, n) = (b.log_return(), b.p(0));
    let square = b.map([r], |[r]| r * r);
    let bipower =
        b.lagged(r, 1, |now, before| std::f64::consts::FRAC_PI_2 * now.abs() * before.abs());
    let (total, smooth) = (b.mean(square, n), b.mean(bipower, n));
    b.map([total, smooth], |[total, smooth]| ratio_or_zero(total - smooth, total))
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "vol_regime"),
        "root mean square log return of `fast` rows / of `slow` rows, 0 when flat",
        input::C,
        PAIR,
        |p| p[0].max(p[1]),
        |b| {
            let (fast, slow) = (b.p(0), b.p(1));
            let (fast, slow) = (b.volatility(fast), b.volatility(slow));
            b.ratio(fast, slow)
        },
    ),
    Indicator::free(
        (FAMILY, "range_regime"),
        "Parkinson's volatility of `fast` rows / of `slow` rows, 0 when flat",
        input::HL,
        PAIR,
        |p| p[0].max(p[1]) - 1,
        |b| {
            let (fast, slow) = (b.p(0), b.p(1));
            let (fast, slow) = (b.parkinson(fast), b.parkinson(slow));
            b.ratio(fast, slow)
        },
    ),
    Indicator::free(
        (FAMILY, "range_to_close_vol"),
        "Parkinson's volatility of n rows / root mean square log return of n rows: below 1 when closes travel further than ranges say",
        input::HLC,
        &[window(24, 1)],
        |p| p[0],
        |b| {
            let n = b.p(0);
            let (range, close) = (b.parkinson(n), b.volatility(n));
            b.ratio(range, close)
        },
    ),
    Indicator::free(
        (FAMILY, "seasonal_vol"),
        "root mean square log return at the same UTC hour within n rows / that of all n rows, 0 when flat",
        TC,
        &[window(480, 1)],
        |p| p[0],
        |b| {
            let n = b.p(0);
            let (hour, all) = (seasonal(b, n), b.volatility(n));
            b.ratio(hour, all)
        },
    ),
    Indicator::free(
        (FAMILY, "overshoot_seasonal"),
        "- log return / root mean square log return at the same UTC hour within n rows, 0 when flat",
        TC,
        &[window(480, 1)],
        |p| p[0],
        |b| {
            let (r, n) = (b.log_return(), b.p(0));
            let usual = seasonal(b, n);
            b.map([r, usual], |[r, usual]| ratio_or_zero(-r, usual))
        },
    ),
    Indicator::free(
        (FAMILY, "downside"),
        "2 x share of the squared log returns of n rows that came with a fall - 1, -1..1",
        input::C,
        &[window(48, 1)],
        |p| p[0],
        downside,
    )
    .source("Barndorff-Nielsen, Kinnebrock and Shephard 2010, realised semivariance"),
    Indicator::free(
        (FAMILY, "jump_share"),
        "1 - bipower variation / realised variance over n rows, 0 when flat",
        input::C,
        &[window(48, 1)],
        |p| p[0] + 1,
        jumps,
    )
    .source("Barndorff-Nielsen and Shephard 2004"),
    Indicator::free(
        (FAMILY, "vol_of_vol"),
        "standard deviation / mean of the absolute log returns of n rows, 0 when flat",
        input::C,
        &[window(48, 2)],
        |p| p[0],
        |b| {
            let (r, n) = (b.log_return(), b.p(0));
            let size = b.abs(r);
            let (spread, [mean, _]) = (b.deviation(size, n, 0), b.variance(size, n));
            b.ratio(spread, mean)
        },
    ),
];
