//! Correlation with the other symbol, at the same time and a row later.

use super::{FAMILY, other_return};
use crate::registry::{Indicator, Input, window};

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "other_corr"),
        "correlation of own and the other's log returns over n rows",
        &[Input::Close, Input::Other],
        &[window(24, 2)],
        |p| p[0],
        |b| {
            let (own, other, n) = (b.log_return(), other_return(b), b.p(0));
            b.correlation(own, other, n)
        },
    )
    .source("Pearson correlation, as TA-Lib CORREL"),
    Indicator::free(
        (FAMILY, "other_lead"),
        "correlation of own log returns with the other's one row before over n rows",
        &[Input::Close, Input::Other],
        &[window(24, 2)],
        |p| p[0] + 1,
        |b| {
            let (own, other, n) = (b.log_return(), other_return(b), b.p(0));
            let before = b.lag(other, 1);
            b.correlation(own, before, n)
        },
    )
    .source("lead-lag correlation, after Lo and MacKinlay 1990"),
];
