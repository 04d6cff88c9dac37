//! Interaction: products and differences of two families.

use crate::Result;
use crate::indicators::funding::deviation;
use crate::indicators::momentum::rsi;
use crate::indicators::price::{return_to_volatility, simple_return};
use crate::indicators::trend::directional;
use crate::indicators::volume::{on_balance_volume, volume_ratio};
use crate::indicators::{Context, map2};
use crate::registry::{Family, Indicator, Input, Param, param, window};
use crate::rolling::{check_period, z_score};

use mantis_data::Timestamp;

const FAMILY: Family = Family::Interaction;
const CV: &[Input] = &[Input::Close, Input::Volume];
const HLC: &[Input] = &[Input::High, Input::Low, Input::Close];
const ROWS: &[Param] = &[window(24, 2)];

/// Rows of the volatility that scales the return in [`reversal_volume`], and of its mean volume.
const VOLATILITY: usize = 24;

/// Volume against what is usual at that UTC hour: volume / mean volume of the rows among the last `n` that opened in the same
/// hour (the row itself included) - 1; NaN if none of them had volume. Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn volume_profile_deviation(
    open_time: &[Timestamp],
    volume: &[f64],
    n: usize,
) -> Result<Vec<f64>> {
    check_period("volume profile deviation", n, 1)?;
    if open_time.len() != volume.len() {
        return Err(crate::Error::Length {
            what: "volume profile deviation",
            input: "open_time",
            got: open_time.len(),
            expected: volume.len(),
        });
    }
    let mut by_hour: [Vec<usize>; 24] = Default::default();
    for (row, time) in open_time.iter().enumerate() {
        by_hour[time.hour() as usize].push(row);
    }
    let mut out = vec![f64::NAN; volume.len()];
    for rows in &by_hour {
        let mut oldest = 0;
        for (newest, &row) in rows.iter().enumerate() {
            while rows[oldest] + n <= row {
                oldest += 1;
            }
            if row + 1 >= n {
                let usual = &rows[oldest..=newest];
                let total: f64 = usual.iter().map(|&r| volume[r]).sum();
                let mean = total / usual.len() as f64;
                out[row] = if total > 0.0 { volume[row] / mean - 1.0 } else { f64::NAN };
            }
        }
    }
    Ok(out)
}

/// z-score of the close minus z-score of OBV among the last `n` rows: positive when the price rose further than volume
/// confirms. Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn price_volume_divergence(close: &[f64], volume: &[f64], n: usize) -> Result<Vec<f64>> {
    let flow = z_score(&on_balance_volume(close, volume)?, n)?;
    Ok(map2(&z_score(close, n)?, &flow, |price, flow| price - flow))
}

/// Minus the volatility-scaled return over n rows, times ln of (1 + volume ratio): a reversal signal that counts for more
/// when many took part.
fn reversal_volume(c: Context<'_>) -> Result<Vec<f64>> {
    let moved = return_to_volatility(c.close(), c.log_return(), c.p(0), VOLATILITY)?;
    let part = volume_ratio(c.volume(), VOLATILITY)?;
    Ok(map2(&moved, &part, |moved, part| -moved * part.ln_1p()))
}

/// (RSI - 50) / 50 weighted by ADX / 100.
fn strength_trend(c: Context<'_>) -> Result<Vec<f64>> {
    let trend = directional(c.high(), c.low(), c.close(), c.p(0))?.adx;
    let strength = rsi(c.close(), c.p(0))?;
    Ok(map2(&strength, &trend, |rsi, adx| (rsi - 50.0) / 50.0 * adx / 100.0))
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "funding_oi"),
        "(funding rate - its mean over n rows) x (open interest / that of n rows ago - 1)",
        &[Input::Funding, Input::OpenInterest],
        ROWS,
        |p| p[0],
        |c| {
            let change = simple_return(c.open_interest()?, c.p(0))?;
            Ok(map2(&deviation(c.funding()?, c.p(0))?, &change, |funding, oi| funding * oi))
        },
    ),
    Indicator::free(
        (FAMILY, "volume_profile"),
        "volume / mean volume at the same UTC hour within n rows - 1; NaN without volume",
        &[Input::Time, Input::Volume],
        &[window(480, 1)],
        |p| p[0] - 1,
        |c| volume_profile_deviation(c.time(), c.volume(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "pv_divergence"),
        "z-score of the close - z-score of OBV among n rows",
        CV,
        ROWS,
        |p| p[0] - 1,
        |c| price_volume_divergence(c.close(), c.volume(), c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "reversal_volume"),
        "- log return over n rows / 24-row volatility x ln(1 + volume / mean volume of 24 rows)",
        CV,
        &[param("rows", 2, 1)],
        |p| p[0].max(VOLATILITY),
        reversal_volume,
    ),
    Indicator::free(
        (FAMILY, "rsi_adx"),
        "(RSI(n) - 50) / 50 x ADX(n) / 100, -1..1",
        HLC,
        &[window(14, 2)],
        |p| 2 * p[0] - 1,
        strength_trend,
    ),
];
