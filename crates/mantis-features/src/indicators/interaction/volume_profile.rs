//! Volume against its usual size at the same hour.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::kernels::ByHour;
use crate::registry::{Cost, Indicator, Input, window};

fn volume_profile(b: &mut Build<'_>) -> Slot {
    let (time, volume, n) = (b.time(), b.volume(), b.p(0));
    let usual = b.run1([time, volume], ByHour::new(n));
    b.map([volume, usual], |[v, usual]| if usual > 0.0 { v / usual - 1.0 } else { f64::NAN })
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "volume_profile"),
        "volume / mean volume at the same UTC hour within n rows (the row included) - 1; NaN without volume",
        &[Input::Time, Input::Volume],
        &[window(480, 1)],
        |p| p[0] - 1,
        volume_profile,
    )
    .source("the mining guide's volume profile deviation")
    .cost(Cost::Window),
];
