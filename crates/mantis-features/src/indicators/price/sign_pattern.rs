//! The last signs as one number.

use super::FAMILY;
use crate::registry::{Cost, Indicator, input, window};

pub(super) const TABLE: &[Indicator] = &[Indicator::free(
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
)
.source("sign-run statistics, this project")
.cost(Cost::Window)];
