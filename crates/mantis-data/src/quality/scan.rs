//! Finding what is odd in rows of prices.

use super::{Check, Extreme, Gap, QualityReport, Row};
use crate::time::{Interval, Timestamp};

pub(super) fn gaps(sorted: &[Timestamp], interval: Interval) -> Vec<Gap> {
    let steps = sorted.windows(2).map(|pair| (pair[0], pair[1]));
    let gap = |(before, until): (Timestamp, Timestamp)| {
        // Saturating, because raw stamps may be garbage at both ends of the range.
        let step = until.as_micros().saturating_sub(before.as_micros());
        let missing = (step - 1) / interval.as_micros();
        (missing > 0).then(|| Gap { from: before + interval, until, missing })
    };
    steps.filter_map(gap).collect()
}

/// The rows at which each check of a single row fires.
pub(super) fn row_hits(
    interval: Interval,
    times: &[Timestamp],
    values: &[&[f64]; 5],
) -> Vec<(Check, Vec<Row>)> {
    let mut hits: Vec<(Check, Vec<Row>)> = Check::ALL
        .into_iter()
        .filter(|&check| check <= Check::ZeroVolume && check != Check::Gap)
        .map(|check| (check, Vec::new()))
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    let mut latest = None;
    for (row, &time) in times.iter().enumerate() {
        let repeated = !seen.insert(time);
        let [open, high, low, close, volume] = values.map(|column| column[row]);
        let prices = [open, high, low, close];
        for (check, rows) in &mut hits {
            let fires = match check {
                Check::Duplicate => repeated,
                Check::OutOfOrder => !repeated && latest.is_some_and(|latest| time < latest),
                Check::Misaligned => time.as_micros() % interval.as_micros() != 0,
                Check::NotFinite => !prices.iter().chain(&[volume]).all(|v| v.is_finite()),
                Check::PriceOrder => {
                    low > high || [open, close].iter().any(|&p| p < low || p > high)
                }
                Check::NegativeVolume => volume < 0.0,
                Check::NonPositivePrice => prices.iter().any(|&price| price <= 0.0),
                Check::Flat => prices.iter().all(|&price| price == open),
                Check::ZeroVolume => volume == 0.0,
                // These need more than one row.
                Check::Gap | Check::Wick | Check::Jump | Check::StaleTail | Check::Disagreement => {
                    false
                }
            };
            if fires {
                rows.push(Row { row, time });
            }
        }
        latest = latest.max(Some(time));
    }
    hits
}

/// The rows whose move is out of all proportion to the others.
pub(super) fn unusual(times: &[Timestamp], log_move: impl Fn(usize) -> Option<f64>) -> Vec<Row> {
    const TIMES_THE_MEDIAN: f64 = 30.0;
    const AT_LEAST: f64 = 0.02;
    let size = |row| log_move(row).map(f64::abs).filter(|size| size.is_finite() && *size > 0.0);
    let limit = TIMES_THE_MEDIAN * median((0..times.len()).filter_map(size).collect());
    let rows = (0..times.len()).filter(|&row| size(row).is_some_and(|s| s > limit.max(AT_LEAST)));
    rows.map(|row| Row { row, time: times[row] }).collect()
}

/// The middle value, the upper one of two; 0 of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

/// The rows with the largest finite moves, largest first, ties in order of rows.
pub(super) fn largest(
    times: &[Timestamp],
    log_move: impl Fn(usize) -> Option<f64>,
) -> Vec<Extreme> {
    let mut all: Vec<Extreme> = (0..times.len())
        .filter_map(|row| {
            let log_move = log_move(row).filter(|size| size.is_finite() && *size != 0.0)?;
            Some(Extreme { at: Row { row, time: times[row] }, log_move })
        })
        .collect();
    all.sort_by(|a, b| b.log_move.abs().total_cmp(&a.log_move.abs()));
    all.truncate(QualityReport::EXAMPLES);
    all
}
