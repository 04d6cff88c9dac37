//! Interaction: products and differences of two families, and the state in which a reversal happens.

use crate::engine::Slot;
use crate::indicators::funding::from_mean;
use crate::indicators::momentum::rsi;
use crate::indicators::price::reversal;
use crate::indicators::trend::Directional;
use crate::indicators::volume::on_balance;
use crate::indicators::{Build, ratio_or_zero};
use crate::kernels::ByHour;
use crate::registry::{Family, Indicator, Input, Param, input, param, window};

const FAMILY: Family = Family::Interaction;
const ROWS: &[Param] = &[window(24, 2)];
const TWO: &[Param] = &[param("rows", 2, 1)];

/// Rows of the volatility that scales the return in `reversal_volume`, and of its mean volume.
const VOLATILITY: usize = 24;

fn volume_profile(b: &mut Build<'_>) -> Slot {
    let (time, volume, n) = (b.time(), b.volume(), b.p(0));
    let usual = b.run1([time, volume], ByHour::new(n));
    b.map([volume, usual], |[v, usual]| if usual > 0.0 { v / usual - 1.0 } else { f64::NAN })
}

fn reversal_volume(b: &mut Build<'_>) -> Slot {
    let (volume, n) = (b.volume(), b.p(0));
    let moved = b.scaled_return(n, VOLATILITY);
    let mean = b.mean(volume, VOLATILITY);
    b.map(
        [moved, volume, mean],
        |[moved, v, mean]| {
            if mean > 0.0 { -moved * (v / mean).ln_1p() } else { f64::NAN }
        },
    )
}

fn adx(b: &mut Build<'_>, n: usize) -> Slot {
    let bar = [b.high(), b.low(), b.true_range()];
    let [_, _, adx] = b.run(bar, Directional::new(n));
    adx
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "funding_oi"),
        "(funding rate - its mean over n rows) x (open interest / that of n rows ago - 1)",
        &[Input::Funding, Input::OpenInterest],
        ROWS,
        |p| p[0],
        |b| {
            let (rate, interest, n) = (b.funding(), b.open_interest(), b.p(0));
            let (rate, change) = (from_mean(b, rate, n), b.relative_change(interest, n));
            b.mul(rate, change)
        },
    )
    .source("the mining guide's OI/funding interaction"),
    Indicator::free(
        (FAMILY, "funding_reversal"),
        "- z-score of the funding rate among n rows x z-score of the close among n rows",
        &[Input::Close, Input::Funding],
        &[window(168, 2)],
        |p| p[0] - 1,
        |b| {
            let (rate, close, n) = (b.funding(), b.close(), b.p(0));
            let pair = [b.z_score(rate, n), b.z_score(close, n)];
            b.map(pair, |[rate, close]| -rate * close)
        },
    ),
    Indicator::free(
        (FAMILY, "volume_profile"),
        "volume / mean volume at the same UTC hour within n rows (the row included) - 1; NaN without volume",
        &[Input::Time, Input::Volume],
        &[window(480, 1)],
        |p| p[0] - 1,
        volume_profile,
    )
    .source("the mining guide's volume profile deviation"),
    Indicator::free(
        (FAMILY, "pv_divergence"),
        "z-score of the close - z-score of OBV among n rows: positive when the price rose further than volume confirms",
        input::CV,
        ROWS,
        |p| p[0] - 1,
        |b| {
            let (close, obv, n) = (b.close(), on_balance(b), b.p(0));
            let (price, flow) = (b.z_score(close, n), b.z_score(obv, n));
            b.sub(price, flow)
        },
    )
    .source("the mining guide's price-volume divergence"),
    Indicator::free(
        (FAMILY, "reversal_volume"),
        "- log return over n rows / its 24-row volatility x ln(1 + volume / mean volume of 24 rows); NaN without volume",
        input::CV,
        TWO,
        |p| p[0].max(VOLATILITY),
        reversal_volume,
    )
    .source("Llorente et al. 2002, volume-conditioned reversal"),
    Indicator::free(
        (FAMILY, "reversal_regime"),
        "reversal over n rows x (root mean square log return of 24 rows / of 168 rows - 1)",
        input::HLC,
        TWO,
        |p| p[0].max(168),
        |b| {
            let n = b.p(0);
            let parts = [reversal(b, n), b.volatility(24), b.volatility(168)];
            b.map(parts, |[reversal, fast, slow]| reversal * (ratio_or_zero(fast, slow) - 1.0))
        },
    ),
    Indicator::free(
        (FAMILY, "reversal_trend"),
        "reversal over n rows x ADX(14) / 100",
        input::HLC,
        TWO,
        |p| p[0].max(27),
        |b| {
            let n = b.p(0);
            let parts = [reversal(b, n), adx(b, 14)];
            b.map(parts, |[reversal, adx]| reversal * adx / 100.0)
        },
    )
    .fading(|_| 560),
    Indicator::free(
        (FAMILY, "reversal_range"),
        "reversal over n rows x place of the close in the range of 24 rows, -1 lowest .. 1 highest",
        input::HLC,
        TWO,
        |p| p[0].max(23),
        |b| {
            let (high, low, close, n) = (b.high(), b.low(), b.close(), b.p(0));
            let parts = [reversal(b, n), b.highest(high, 24), b.lowest(low, 24), close];
            b.map(parts, |[reversal, h, l, c]| reversal * ratio_or_zero(2.0 * c - h - l, h - l))
        },
    ),
    Indicator::free(
        (FAMILY, "rsi_adx"),
        "(RSI(n) - 50) / 50 x ADX(n) / 100, -1..1",
        input::HLC,
        &[window(14, 2)],
        |p| 2 * p[0] - 1,
        |b| {
            let n = b.p(0);
            let pair = [rsi(b, n), adx(b, n)];
            b.map(pair, |[rsi, adx]| (rsi - 50.0) / 50.0 * adx / 100.0)
        },
    )
    .fading(|p| 40 * p[0]),
];
