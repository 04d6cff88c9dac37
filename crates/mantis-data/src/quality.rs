//! What is odd about a set of bars.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::time::{Interval, Timestamp};

/// How much a [`Finding`] matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Normal in some markets.
    Info,
    /// Worth a look before training.
    Warning,
    /// [`Bars::new`] refuses such rows.
    Error,
}

/// What a [`Finding`] is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// The row is earlier than one before it.
    OutOfOrder,
    /// A row before it has the same time.
    Duplicate,
    /// The time is not a multiple of the interval.
    Misaligned,
    /// A value is NaN or infinite.
    NotFinite,
    /// The prices contradict each other, such as high < low.
    PriceOrder,
    /// The volume is below 0.
    NegativeVolume,
    /// A price is 0 or less, so that it has no logarithm.
    NonPositivePrice,
    /// One or more bars are missing before the row.
    Gap,
    /// Open, high, low and close are equal.
    Flat,
    /// The volume is 0.
    ZeroVolume,
}

impl Check {
    /// All checks, the worst first.
    pub const ALL: [Self; 10] = [
        Self::OutOfOrder,
        Self::Duplicate,
        Self::Misaligned,
        Self::NotFinite,
        Self::PriceOrder,
        Self::NegativeVolume,
        Self::NonPositivePrice,
        Self::Gap,
        Self::Flat,
        Self::ZeroVolume,
    ];

    /// How much a finding of this check matters.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::OutOfOrder
            | Self::Duplicate
            | Self::Misaligned
            | Self::NotFinite
            | Self::PriceOrder
            | Self::NegativeVolume => Severity::Error,
            Self::NonPositivePrice | Self::Gap | Self::Flat => Severity::Warning,
            Self::ZeroVolume => Severity::Info,
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfOrder => "rows out of order",
            Self::Duplicate => "duplicate rows",
            Self::Misaligned => "rows off the grid",
            Self::NotFinite => "rows with NaN or infinity",
            Self::PriceOrder => "rows with contradicting prices",
            Self::NegativeVolume => "rows with negative volume",
            Self::NonPositivePrice => "rows with a price of 0 or less",
            Self::Gap => "gaps",
            Self::Flat => "flat bars",
            Self::ZeroVolume => "bars without volume",
        })
    }
}

/// A row of the data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Position, from 0.
    pub row: usize,
    /// Open time of the bar.
    pub time: Timestamp,
}

/// How often a check fired.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// How much it matters.
    pub severity: Severity,
    /// Number of rows, or of gaps.
    pub count: usize,
    /// The first rows, at most [`QualityReport::EXAMPLES`].
    pub examples: Vec<Row>,
}

/// A stretch of missing bars.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gap {
    /// Open time of the first missing bar.
    pub from: Timestamp,
    /// Open time of the next bar that is there.
    pub until: Timestamp,
    /// Number of missing bars.
    pub missing: i64,
}

/// A row with an unusual price move.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Extreme {
    /// Where.
    #[serde(flatten)]
    pub at: Row,
    /// The move as a difference of natural logarithms.
    pub log_move: f64,
}

/// What is odd about a set of bars. It judges nothing away: the bars are as they were.
///
/// ```
/// use mantis_data::{BarColumns, Check, Interval, QualityReport, Timestamp};
///
/// let hours = ["00", "01", "01", "05"].map(|h| format!("2025-01-01T{h}:00:00Z"));
/// let price = vec![100.0; 4];
/// let columns = BarColumns {
///     open_time: hours.iter().map(|t| Timestamp::parse(t).unwrap()).collect(),
///     open: price.clone(),
///     high: price.clone(),
///     low: price.clone(),
///     close: price,
///     volume: vec![1.0; 4],
/// };
/// let report = QualityReport::of_columns(&columns, Interval::HOUR)?;
/// assert_eq!(report.count(Check::Duplicate), 1);
/// assert_eq!(report.gaps[0].missing, 3);
/// assert!(report.to_string().contains("duplicate rows"));
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct QualityReport {
    /// Name of the symbol; empty for raw columns.
    pub name: String,
    /// The bar interval.
    pub interval: Interval,
    /// Number of rows.
    pub rows: usize,
    /// Earliest open time.
    pub first: Option<Timestamp>,
    /// Latest open time.
    pub last: Option<Timestamp>,
    /// All gaps, in order of time.
    pub gaps: Vec<Gap>,
    /// Checks that fired, the worst first.
    pub findings: Vec<Finding>,
    /// Largest moves from one close to the next by size, signed; rows next to a gap count too.
    pub largest_moves: Vec<Extreme>,
    /// Longest wicks by size: from the body up to the high (positive) or down to the low (negative).
    pub largest_wicks: Vec<Extreme>,
}

impl QualityReport {
    /// Most examples of a finding, and most extremes of a kind.
    pub const EXAMPLES: usize = 5;

    /// The report of checked bars; errors cannot occur in it.
    #[must_use]
    pub fn of(bars: &Bars) -> Self {
        Self::scan(bars.name(), bars.interval(), bars.open_time(), &bars.values().map(|(_, v)| v))
    }

    /// The report of raw rows, in any state.
    ///
    /// # Errors
    /// [`Error::ColumnLength`] if the columns have different lengths and
    /// [`Error::BadInterval`] if the interval is not positive.
    pub fn of_columns(columns: &BarColumns, interval: Interval) -> Result<Self> {
        columns.check_lengths("quality report")?;
        if interval <= Interval::default() {
            return Err(Error::BadInterval { name: "quality report".to_owned(), got: interval });
        }
        let values = columns.values().map(|(_, values)| values);
        Ok(Self::scan("", interval, &columns.open_time, &values))
    }

    /// How often a check fired.
    #[must_use]
    pub fn count(&self, check: Check) -> usize {
        self.findings.iter().find(|finding| finding.check == check).map_or(0, |f| f.count)
    }

    /// Number of missing bars in all gaps.
    #[must_use]
    pub fn missing_bars(&self) -> i64 {
        self.gaps.iter().map(|gap| gap.missing).sum()
    }

    /// The worst finding, or `None` if nothing is odd.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    fn scan(name: &str, interval: Interval, times: &[Timestamp], values: &[&[f64]; 5]) -> Self {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let gaps = gaps(&sorted, interval);
        let mut hits = row_hits(interval, times, values);
        let gap_rows = gaps.iter().filter_map(|gap| {
            let row = times.iter().position(|&time| time == gap.until)?;
            Some(Row { row, time: gap.until })
        });
        hits.push((Check::Gap, gap_rows.collect()));
        let findings = Check::ALL.into_iter().filter_map(|check| {
            let rows = &hits.iter().find(|(hit, _)| *hit == check)?.1;
            (!rows.is_empty()).then(|| Finding {
                check,
                severity: check.severity(),
                count: rows.len(),
                examples: rows.iter().copied().take(Self::EXAMPLES).collect(),
            })
        });
        Self {
            name: name.to_owned(),
            interval,
            rows: times.len(),
            first: sorted.first().copied(),
            last: sorted.last().copied(),
            findings: findings.collect(),
            gaps,
            largest_moves: largest(times, |row| {
                let before = row.checked_sub(1)?;
                Some((values[3][row] / values[3][before]).ln())
            }),
            largest_wicks: largest(times, |row| {
                let [open, high, low, close] = [0, 1, 2, 3].map(|column| values[column][row]);
                let up = (high / open.max(close)).ln();
                let down = (low / open.min(close)).ln();
                Some(if up >= -down { up } else { down })
            }),
        }
    }
}

fn gaps(sorted: &[Timestamp], interval: Interval) -> Vec<Gap> {
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
fn row_hits(
    interval: Interval,
    times: &[Timestamp],
    values: &[&[f64]; 5],
) -> Vec<(Check, Vec<Row>)> {
    let mut hits: Vec<(Check, Vec<Row>)> = Check::ALL
        .into_iter()
        .filter(|&check| check != Check::Gap)
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
                Check::Gap => false,
            };
            if fires {
                rows.push(Row { row, time });
            }
        }
        latest = latest.max(Some(time));
    }
    hits
}

/// The rows with the largest finite moves, largest first, ties in order of rows.
fn largest(times: &[Timestamp], log_move: impl Fn(usize) -> Option<f64>) -> Vec<Extreme> {
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

impl fmt::Display for QualityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { "raw rows" } else { &self.name };
        write!(f, "{name}: {} rows of {}", self.rows, self.interval)?;
        if let (Some(first), Some(last)) = (self.first, self.last) {
            write!(f, ", {first} to {last}")?;
        }
        writeln!(f)?;
        if self.findings.is_empty() {
            writeln!(f, "  nothing odd")?;
        }
        for finding in &self.findings {
            let severity = format!("{:?}", finding.severity).to_lowercase();
            write!(f, "  {severity:7}  {} {}", finding.count, finding.check)?;
            if finding.check == Check::Gap {
                write!(f, ", {} bars missing", self.missing_bars())?;
            } else {
                let times: Vec<String> =
                    finding.examples.iter().map(|example| example.time.to_string()).collect();
                let more = if finding.count > times.len() { ", ..." } else { "" };
                write!(f, ": {}{more}", times.join(", "))?;
            }
            writeln!(f)?;
        }
        for gap in &self.gaps {
            writeln!(f, "  gap      {} to {}: {} bars", gap.from, gap.until, gap.missing)?;
        }
        for (kind, extremes) in [("move", &self.largest_moves), ("wick", &self.largest_wicks)] {
            if let Some(Extreme { at, log_move }) = extremes.first() {
                writeln!(f, "  largest  {kind} {log_move:+.4} (log) at {}", at.time)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
