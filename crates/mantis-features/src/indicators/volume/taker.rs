//! Flow of takers.

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Input, Unit, window};

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
        (FAMILY, "taker_imbalance"),
        "(bought - sold by takers) / volume of n rows, -1..1, 0 without volume",
        &[Input::Volume, Input::TakerBuy],
        &[window(20, 1)],
        |p| p[0] - 1,
        taker_imbalance,
    )
    .source("Binance klines, taker buy base volume"),
    Indicator::free(
        (FAMILY, "taker_z"),
        "z-score among n rows of (bought - sold by takers) / volume of the row",
        &[Input::Volume, Input::TakerBuy],
        &[window(20, 2)],
        |p| p[0] - 1,
        |b| {
            let (net, volume, n) = (taker_net(b), b.volume(), b.p(0));
            let share = b.ratio(net, volume);
            b.z_score(share, n)
        },
    )
    .source("Binance klines, taker buy base volume")
    .unit(Unit::Deviations),
    Indicator::free(
        (FAMILY, "taker_divergence"),
        "z-score of the close - z-score of the running taker imbalance (sum of n rows) among n rows",
        &[Input::Close, Input::Volume, Input::TakerBuy],
        &[window(20, 2)],
        |p| 2 * (p[0] - 1),
        |b| {
            let (close, n) = (b.close(), b.p(0));
            let imbalance = taker_imbalance(b);
            let (price, flow) = (b.z_score(close, n), b.z_score(imbalance, n));
            b.sub(price, flow)
        },
    )
    .source("divergence of price and flow, this project")
    .unit(Unit::Deviations),
];
