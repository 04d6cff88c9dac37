//! What is odd about a set of bars.

mod check;
mod scan;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::time::{Interval, Timestamp};

pub use check::{Check, Severity};
use scan::{gaps, largest, median, row_hits, unusual};

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
    /// Comparisons with other sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<Comparison>,
}

/// How the closes of two sources differ where both have a bar.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of the other bars.
    pub other: String,
    /// Number of bars that both have.
    pub shared: usize,
    /// Median of the logarithm of this close over the other: a steady premium, of a future over spot for example.
    pub median: f64,
    /// Number of bars that differ from the median by more than the limit.
    pub beyond: usize,
    /// The limit.
    pub limit: f64,
    /// The largest differences from the median.
    pub largest: Vec<Extreme>,
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
        columns.slices().check_lengths("quality report")?;
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
        let moves = |row: usize| {
            let before = row.checked_sub(1)?;
            Some((values[3][row] / values[3][before]).ln())
        };
        let wicks = |row: usize| {
            let [open, high, low, close] = [0, 1, 2, 3].map(|column| values[column][row]);
            let up = (high / open.max(close)).ln();
            let down = (low / open.min(close)).ln();
            Some(if up >= -down { up } else { down })
        };
        hits.push((Check::Jump, unusual(times, moves)));
        hits.push((Check::Wick, unusual(times, wicks)));
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
            largest_moves: largest(times, moves),
            largest_wicks: largest(times, wicks),
            comparisons: Vec::new(),
        }
    }

    /// Adds what is missing at the end: bars that should have closed by `now`, if there are more than `tolerated`.
    #[must_use]
    pub fn with_tail(mut self, now: Timestamp, tolerated: i64) -> Self {
        let Some(last) = self.last else { return self };
        let behind = now.as_micros().saturating_sub(last.as_micros());
        // The last bar closes one interval after it opens; the one that runs now is not missing.
        let missing = behind / self.interval.as_micros() - 1;
        if missing > tolerated {
            let at = Row { row: self.rows.saturating_sub(1), time: last };
            self.add(Check::StaleTail, missing as usize, vec![at]);
        }
        self
    }

    /// Adds a comparison of `bars`, whose report this is, with those of another source of the same interval. Closes that differ by more
    /// than `limit` (a difference of logarithms) from the median difference are findings.
    #[must_use]
    pub fn with_comparison(mut self, bars: &Bars, other: &Bars, limit: f64) -> Self {
        let shared: Vec<(usize, f64)> = (0..bars.len())
            .filter_map(|row| {
                let theirs = other.close()[other.position(bars.open_time()[row])?];
                let difference = (bars.close()[row] / theirs).ln();
                difference.is_finite().then_some((row, difference))
            })
            .collect();
        let median = median(shared.iter().map(|pair| pair.1).collect());
        let mut far: Vec<Extreme> = shared
            .iter()
            .map(|&(row, difference)| Extreme {
                at: Row { row, time: bars.open_time()[row] },
                log_move: difference - median,
            })
            .filter(|extreme| extreme.log_move.abs() > limit)
            .collect();
        if !far.is_empty() {
            self.add(
                Check::Disagreement,
                far.len(),
                far.iter().map(|extreme| extreme.at).collect(),
            );
        }
        let beyond = far.len();
        far.sort_by(|a, b| b.log_move.abs().total_cmp(&a.log_move.abs()));
        far.truncate(Self::EXAMPLES);
        self.comparisons.push(Comparison {
            other: other.name().to_owned(),
            shared: shared.len(),
            median,
            beyond,
            limit,
            largest: far,
        });
        self
    }

    fn add(&mut self, check: Check, count: usize, mut examples: Vec<Row>) {
        examples.truncate(Self::EXAMPLES);
        let severity = check.severity();
        self.findings.push(Finding { check, severity, count, examples });
        let rank = |check| Check::ALL.iter().position(|&other| other == check);
        self.findings.sort_by_key(|finding| rank(finding.check));
    }
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
                let one = finding.check == Check::StaleTail;
                let more = if finding.count > times.len() && !one { ", ..." } else { "" };
                write!(f, ": {}{more}", times.join(", "))?;
            }
            writeln!(f)?;
        }
        for gap in &self.gaps {
            writeln!(f, "  gap      {} to {}: {} bars", gap.from, gap.until, gap.missing)?;
        }
        for comparison in &self.comparisons {
            let Comparison { other, shared, median, beyond, limit, .. } = comparison;
            writeln!(
                f,
                "  against  {other}: {shared} shared bars, median difference {median:+.5} (log), {beyond} beyond {limit}"
            )?;
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
