//! Standard deviations and higher moments.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::kernels::Moments;
use crate::registry::{Cost, Indicator, Param, input, window};

const TWENTY: &[Param] = &[window(20, 2)];
const FOUR: &[Param] = &[window(24, 4)];

fn of_close(b: &mut Build<'_>, ddof: usize) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    b.deviation(close, n, ddof)
}

fn moments(b: &mut Build<'_>) -> [Slot; 2] {
    let (r, n) = (b.log_return(), b.p(0));
    b.run([r], Moments::new(n))
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "std_pop"),
        "population standard deviation of n closes",
        input::C,
        TWENTY,
        |p| p[0] - 1,
        |b| of_close(b, 0),
    )
    .source("TA-Lib STDDEV"),
    Indicator::raw(
        (FAMILY, "std_sample"),
        "sample standard deviation of n closes",
        input::C,
        TWENTY,
        |p| p[0] - 1,
        |b| of_close(b, 1),
    ),
    Indicator::free(
        (FAMILY, "std_ratio"),
        "population standard deviation of n closes / close",
        input::C,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let (deviation, close) = (of_close(b, 0), b.close());
            b.div(deviation, close)
        },
    ),
    Indicator::free(
        (FAMILY, "retstd_sample"),
        "sample standard deviation of n log returns",
        input::C,
        TWENTY,
        |p| p[0],
        |b| {
            let (r, n) = (b.log_return(), b.p(0));
            b.deviation(r, n, 1)
        },
    ),
    Indicator::free(
        (FAMILY, "rskew"),
        "bias-corrected sample skewness of n log returns; NaN when flat",
        input::C,
        FOUR,
        |p| p[0],
        |b| moments(b)[0],
    )
    .source("Joanes and Gill 1998, G1; pandas rolling skew")
    .cost(Cost::Window),
    Indicator::free(
        (FAMILY, "rkurt"),
        "bias-corrected sample excess kurtosis of n log returns; NaN when flat",
        input::C,
        FOUR,
        |p| p[0],
        |b| moments(b)[1],
    )
    .source("Joanes and Gill 1998, G2; pandas rolling kurt")
    .cost(Cost::Window),
];
