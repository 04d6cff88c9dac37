//! Standard deviation of the close.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, input, window};

fn of_closes(b: &mut Build<'_>, ddof: usize) -> Slot {
    let (close, n) = (b.close(), b.p(0));
    b.deviation(close, n, ddof)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::raw(
        (FAMILY, "std_pop"),
        "population standard deviation of n closes",
        input::C,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| of_closes(b, 0),
    )
    .source("TA-Lib STDDEV"),
    Indicator::raw(
        (FAMILY, "std_sample"),
        "sample standard deviation of n closes",
        input::C,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| of_closes(b, 1),
    )
    .source("pandas rolling std, ddof 1"),
    Indicator::free(
        (FAMILY, "std_ratio"),
        "population standard deviation of n closes / close",
        input::C,
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| {
            let (deviation, close) = (of_closes(b, 0), b.close());
            b.div(deviation, close)
        },
    )
    .source("ratio form of this project"),
];
