//! Typical price, volume-weighted prices, and volume against its own mean.

use mantis_data::Timestamp;

use crate::Result;
use crate::rolling::{check_lengths, check_period, each_sum, run};

/// Typical price (high + low + close) / 3. Unit of price, warm-up 0.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn typical_price(high: &[f64], low: &[f64], close: &[f64]) -> Result<Vec<f64>> {
    check_lengths("typical price", &[("high", high), ("low", low), ("close", close)])?;
    Ok((0..high.len()).map(|i| (high[i] + low[i] + close[i]) / 3.0).collect())
}

/// Volume-weighted average of the typical price over `n` rows; NaN without volume. Unit of price, warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0, [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn vwap_rolling(typical: &[f64], volume: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("rolling vwap", n, 1)?;
    check_lengths("rolling vwap", &[("typical", typical), ("volume", volume)])?;
    Ok(run([typical, volume], |[typical, volume], out| {
        let term =
            |i: usize, anchor: usize| [(typical[i] - typical[anchor]) * volume[i], volume[i]];
        each_sum(out.len(), n, term, |i, [money, total], anchor| {
            out[i] = if total > 0.0 { typical[anchor] + money / total } else { f64::NAN };
        });
    }))
}

/// Volume-weighted average of the typical price since 00:00 UTC of the bar's day (or since the first row, in the first day);
/// NaN until volume traded. Unit of price, warm-up 0, O(1) a row.
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) when lengths differ.
pub fn vwap_day(open_time: &[Timestamp], typical: &[f64], volume: &[f64]) -> Result<Vec<f64>> {
    check_lengths("daily vwap", &[("typical", typical), ("volume", volume)])?;
    if open_time.len() != typical.len() {
        return Err(crate::Error::Length {
            what: "daily vwap",
            input: "open_time",
            got: open_time.len(),
            expected: typical.len(),
        });
    }
    let (mut money, mut total, mut day) = (0.0, 0.0, None);
    Ok((0..typical.len())
        .map(|i| {
            let today = Some(open_time[i].as_secs().div_euclid(86_400));
            if today != day {
                (money, total, day) = (0.0, 0.0, today);
            }
            money += typical[i] * volume[i];
            total += volume[i];
            if total > 0.0 { money / total } else { f64::NAN }
        })
        .collect())
}

/// Volume / mean volume of the last `n` rows, NaN without volume. Warm-up n - 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn volume_ratio(volume: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("volume ratio", n, 1)?;
    let count = n as f64;
    Ok(run([volume], |[volume], out| {
        each_sum(
            volume.len(),
            n,
            |i, _| [volume[i]],
            |i, [total], _| {
                out[i] = if total > 0.0 { volume[i] * count / total } else { f64::NAN };
            },
        );
    }))
}
