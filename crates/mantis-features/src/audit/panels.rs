//! Panels made from a panel: its last rows, another future, other signs.

use mantis_data::{BarColumns, Bars, Panel, Series, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::{Error, Result};

/// The panel from the bar that is `rows` before the end of the symbol's bars.
pub(super) fn last_rows(panel: &Panel, symbol: &str, rows: usize) -> Result<Panel> {
    const LEAST: usize = 50;
    let missing = || Error::MissingSymbol { symbol: symbol.to_owned() };
    let bars = panel.bars(symbol).ok_or_else(missing)?;
    if bars.len() < LEAST {
        return Err(Error::AuditRows { got: bars.len(), least: LEAST });
    }
    let from = bars.open_time()[bars.len().saturating_sub(rows)];
    panel.map(|_, bars| Ok(bars.between(from, Timestamp::MAX)), |_, _, series| Ok(series.clone()))
}

fn unit(rng: &mut ChaCha8Rng) -> f64 {
    f64::from(rng.next_u32()) / f64::from(u32::MAX)
}

/// The same panel up to `t` and another one after it: prices wander off, volumes and series change.
pub(super) fn perturbed(panel: &Panel, t: Timestamp, seed: u64) -> Result<Panel> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut series_rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(1));
    panel.map(
        |_, bars| {
            let first = bars.open_time().partition_point(|&open| open + bars.interval() <= t);
            let mut columns = bars.to_columns();
            let mut factor = 1.0;
            for row in first..bars.len() {
                factor *= 1.0 + 0.1 * (unit(&mut rng) - 0.45);
                let BarColumns { open, high, low, close, volume, .. } = &mut columns;
                for column in [open, high, low, close] {
                    column[row] *= factor;
                }
                volume[row] *= 0.2 + 3.0 * unit(&mut rng);
            }
            Ok(Bars::new(bars.name(), bars.interval(), columns)?)
        },
        |_, _, series| {
            let known = series.known_at().partition_point(|&at| at <= t);
            let mut values = series.values().to_vec();
            for value in &mut values[known..] {
                *value *= 0.2 + 3.0 * unit(&mut series_rng);
                *value += 1e-5;
            }
            Ok(Series::new(series.name(), series.known_at().to_vec(), values)?)
        },
    )
}

/// The panel with the return of every bar given a random sign, the same for all symbols at one time: volatility, volume and
/// the ties between symbols stay, the direction of the next bar cannot be predicted.
pub(super) fn flipped(panel: &Panel, seed: u64) -> Result<Panel> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let signs: Vec<f64> =
        panel.clock().iter().map(|_| if rng.next_u32() % 2 == 0 { 1.0 } else { -1.0 }).collect();
    panel.map(
        |_, bars| {
            let mut columns = bars.to_columns();
            let (mut before, mut level) = (None, 0.0);
            for row in 0..bars.len() {
                let open_time = columns.open_time[row];
                let sign = panel.clock().binary_search(&open_time).map_or(1.0, |i| signs[i]);
                let base = *before.get_or_insert(columns.open[row]);
                if row == 0 {
                    level = base;
                }
                let turned = |x: f64| level * (sign * (x / base).ln()).exp();
                let (open, close) = (turned(columns.open[row]), turned(columns.close[row]));
                let ends = [turned(columns.high[row]), turned(columns.low[row])];
                before = Some(columns.close[row]);
                // The ends hold the body, also after rounding.
                columns.high[row] = ends[0].max(ends[1]).max(open).max(close);
                columns.low[row] = ends[0].min(ends[1]).min(open).min(close);
                (columns.open[row], columns.close[row]) = (open, close);
                level = close;
            }
            Ok(Bars::new(bars.name(), bars.interval(), columns)?)
        },
        |_, _, series| Ok(series.clone()),
    )
}
