//! Direction of the price over a fixed horizon.

use mantis_data::{Bars, Interval, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Labels of the rows of some bars; all vectors have one entry per bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Labels {
    /// Time from a bar's close to the close it is compared with.
    pub horizon: Interval,
    /// Whether the later close is higher (a tie is not up); `None` when the later bar is absent.
    pub up: Vec<Option<bool>>,
    /// Later close over close, minus 1; `None` where `up` is.
    pub forward_return: Vec<Option<f64>>,
    /// When the label becomes known: the bar's own known time plus the horizon.
    pub resolves_at: Vec<Timestamp>,
}

/// Labels every bar by the close exactly `horizon` later.
///
/// The label is `None` when the bar that opens exactly `horizon` later is absent, whether it falls into a gap or lies
/// beyond the last bar: no other bar stands in for it.
///
/// ```
/// use mantis_data::{BarColumns, Bars, Interval, Timestamp};
/// use mantis_features::label::direction;
///
/// let hours = [0, 1, 3]; // the bar of hour 2 is missing
/// let open_time = hours.iter().map(|h| Timestamp::from_micros(h * Interval::HOUR.as_micros())).collect();
/// let price = vec![100.0, 101.0, 99.0];
/// let bars = Bars::new("BTCUSDT", Interval::HOUR, BarColumns {
///     open_time,
///     open: price.clone(),
///     high: price.clone(),
///     low: price.clone(),
///     close: price,
///     volume: vec![1.0; 3],
/// }).expect("valid bars");
/// let labels = direction(&bars, Interval::HOUR)?;
/// assert_eq!(labels.up, [Some(true), None, None]);
/// assert_eq!(labels.resolves_at[0], bars.known_at(1));
/// # Ok::<(), mantis_features::Error>(())
/// ```
///
/// # Errors
/// [`Error::Horizon`] when `horizon` is not a positive multiple of the bars' interval, [`Error::Price`] for a close
/// that is not positive, [`Error::TimeRange`] when a label would resolve beyond the range of timestamps.
pub fn direction(bars: &Bars, horizon: Interval) -> Result<Labels> {
    let interval = bars.interval();
    if horizon <= Interval::default() || horizon.as_micros() % interval.as_micros() != 0 {
        return Err(Error::Horizon { horizon, interval });
    }
    let (times, close) = (bars.open_time(), bars.close());
    if let Some(row) = close.iter().position(|&price| price <= 0.0) {
        return Err(Error::Price { row, got: close[row] });
    }
    let mut labels = Labels {
        horizon,
        up: Vec::with_capacity(times.len()),
        forward_return: Vec::with_capacity(times.len()),
        resolves_at: Vec::with_capacity(times.len()),
    };
    // Both times rise, so one cursor finds every later bar.
    let mut later = 0;
    for (row, &open_time) in times.iter().enumerate() {
        let out_of_range = || Error::TimeRange { row, horizon };
        let wanted = open_time.checked_add(horizon).ok_or_else(out_of_range)?;
        while later < times.len() && times[later] < wanted {
            later += 1;
        }
        let found = later < times.len() && times[later] == wanted;
        labels.up.push(found.then(|| close[later] > close[row]));
        labels.forward_return.push(found.then(|| close[later] / close[row] - 1.0));
        let resolves = bars.known_at(row).checked_add(horizon).ok_or_else(out_of_range)?;
        labels.resolves_at.push(resolves);
    }
    Ok(labels)
}
