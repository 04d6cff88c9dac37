//! How much is traded, against its own past and with the price.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::{Build, ratio_or_zero};
use crate::registry::{Cost, Indicator, Input, Param, input, param, window};

const VOLUME: &[Input] = &[Input::Volume];
const TAKER: &[Input] = &[Input::Volume, Input::TakerBuy];
const TWENTY: &[Param] = &[window(20, 1)];
const WIDE: &[Param] = &[window(20, 2)];
const PAIR: &[Param] = &[param("fast", 24, 1), param("slow", 168, 1)];

/// Bought less sold by takers, in volume.
fn taker_net(b: &mut Build<'_>) -> Slot {
    let pair = [b.taker_buy(), b.volume()];
    b.map(pair, |[bought, all]| 2.0 * bought - all)
}

fn taker_imbalance(b: &mut Build<'_>) -> Slot {
    let (net, volume, n) = (taker_net(b), b.volume(), b.p(0));
    b.share(net, volume, n)
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "correl_cv"),
        "correlation of close and volume over n rows, 0 when one is flat",
        input::CV,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let (close, volume, n) = (b.close(), b.volume(), b.p(0));
            b.correlation(close, volume, n)
        },
    )
    .source("TA-Lib CORREL"),
    Indicator::free(
        (FAMILY, "correl_rv"),
        "correlation of log return and volume over n rows, 0 when one is flat",
        input::CV,
        TWENTY,
        |p| p[0],
        |b| {
            let (r, volume, n) = (b.log_return(), b.volume(), b.p(0));
            b.correlation(r, volume, n)
        },
    ),
    Indicator::free(
        (FAMILY, "correl_av"),
        "correlation of absolute log return and volume over n rows, 0 when one is flat",
        input::CV,
        TWENTY,
        |p| p[0],
        |b| {
            let (r, volume, n) = (b.log_return(), b.volume(), b.p(0));
            let size = b.abs(r);
            b.correlation(size, volume, n)
        },
    ),
    Indicator::free(
        (FAMILY, "vol_ratio"),
        "volume / mean volume of n rows; NaN without volume",
        VOLUME,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let (volume, n) = (b.volume(), b.p(0));
            let mean = b.mean(volume, n);
            b.map([volume, mean], |[v, mean]| if mean > 0.0 { v / mean } else { f64::NAN })
        },
    ),
    Indicator::free(
        (FAMILY, "volume_z"),
        "z-score of the volume among n rows",
        VOLUME,
        WIDE,
        |p| p[0] - 1,
        |b| {
            let (volume, n) = (b.volume(), b.p(0));
            b.z_score(volume, n)
        },
    ),
    Indicator::free(
        (FAMILY, "volume_rank"),
        "rank of the volume among n rows, -1 lowest .. 1 highest",
        VOLUME,
        &[window(168, 2)],
        |p| p[0] - 1,
        |b| {
            let (volume, n) = (b.volume(), b.p(0));
            b.rank(volume, n)
        },
    )
    .cost(Cost::Window),
    Indicator::free(
        (FAMILY, "volume_regime"),
        "mean volume of `fast` rows / of `slow` rows, 0 without volume",
        VOLUME,
        PAIR,
        |p| p[0].max(p[1]) - 1,
        |b| {
            let (volume, fast, slow) = (b.volume(), b.p(0), b.p(1));
            let (fast, slow) = (b.mean(volume, fast), b.mean(volume, slow));
            b.ratio(fast, slow)
        },
    ),
    Indicator::free(
        (FAMILY, "illiquidity"),
        "absolute log return per volume of `fast` rows / of `slow` rows, 0 when flat",
        input::CV,
        PAIR,
        |p| p[0].max(p[1]),
        |b| {
            let (r, volume, fast, slow) = (b.log_return(), b.volume(), b.p(0), b.p(1));
            let size = b.abs(r);
            let (fast, slow) = (b.share(size, volume, fast), b.share(size, volume, slow));
            b.map([fast, slow], |[fast, slow]| ratio_or_zero(fast, slow))
        },
    )
    .source("after Amihud 2002"),
    Indicator::free(
        (FAMILY, "taker_imbalance"),
        "(bought - sold by takers) / volume of n rows, -1..1, 0 without volume",
        TAKER,
        TWENTY,
        |p| p[0] - 1,
        taker_imbalance,
    )
    .source("Binance klines, taker buy base volume"),
    Indicator::free(
        (FAMILY, "taker_z"),
        "z-score among n rows of (bought - sold by takers) / volume of the row",
        TAKER,
        WIDE,
        |p| p[0] - 1,
        |b| {
            let (net, volume, n) = (taker_net(b), b.volume(), b.p(0));
            let share = b.ratio(net, volume);
            b.z_score(share, n)
        },
    ),
    Indicator::free(
        (FAMILY, "taker_divergence"),
        "z-score of the close - z-score of the running taker imbalance (sum of n rows) among n rows",
        &[Input::Close, Input::Volume, Input::TakerBuy],
        WIDE,
        |p| 2 * (p[0] - 1),
        |b| {
            let (close, n) = (b.close(), b.p(0));
            let imbalance = taker_imbalance(b);
            let (price, flow) = (b.z_score(close, n), b.z_score(imbalance, n));
            b.sub(price, flow)
        },
    ),
];
