//! What is odd about a series.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::quality::Severity;
use crate::series::{Series, SeriesKind};
use crate::time::{Interval, Timestamp};

/// A stretch without values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pause {
    /// Stamp of the value before it.
    pub from: Timestamp,
    /// Stamp of the value after it.
    pub until: Timestamp,
}

/// What is odd about a series: stretches that are longer than one and a half of its usual step.
///
/// A venue may change the step - funding every 4 hours instead of 8 - so the usual one is the median of the 30 steps around each
/// place.
///
/// ```
/// use mantis_data::{Interval, Series, SeriesKind, SeriesReport, Timestamp};
///
/// let start = Timestamp::parse("2025-01-01")?;
/// let stamps = [0, 8, 16, 40, 48].map(|hours| start + Interval::hours(hours));
/// let series = Series::new("BTC", stamps.to_vec(), vec![0.0001; 5])?;
/// let report = SeriesReport::of(&series, SeriesKind::FundingRate);
/// assert_eq!(report.pauses.len(), 1);
/// assert_eq!(report.step, Some(Interval::hours(8)));
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeriesReport {
    /// Name of the symbol.
    pub name: String,
    /// What it measures.
    pub kind: SeriesKind,
    /// Number of values.
    pub rows: usize,
    /// First stamp.
    pub first: Option<Timestamp>,
    /// Last stamp.
    pub last: Option<Timestamp>,
    /// Median step.
    pub step: Option<Interval>,
    /// Stretches without values.
    pub pauses: Vec<Pause>,
}

impl SeriesReport {
    /// The report of a series.
    #[must_use]
    pub fn of(series: &Series, kind: SeriesKind) -> Self {
        const AROUND: usize = 15;
        let times = series.known_at();
        let steps: Vec<Interval> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let median = |steps: &[Interval]| {
            let mut sorted = steps.to_vec();
            let middle = sorted.len() / 2;
            (!sorted.is_empty()).then(|| *sorted.select_nth_unstable(middle).1)
        };
        let is_pause = |&at: &usize| {
            let around = &steps[at.saturating_sub(AROUND)..steps.len().min(at + AROUND + 1)];
            let usual = median(around).unwrap_or_default();
            steps[at].as_micros() > usual.as_micros().saturating_mul(3) / 2
        };
        let pause = |at: usize| Pause { from: times[at], until: times[at + 1] };
        Self {
            name: series.name().to_owned(),
            kind,
            rows: series.len(),
            first: times.first().copied(),
            last: times.last().copied(),
            step: median(&steps),
            pauses: (0..steps.len()).filter(is_pause).map(pause).collect(),
        }
    }

    /// A warning if there are pauses.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        (!self.pauses.is_empty()).then_some(Severity::Warning)
    }
}

impl fmt::Display for SeriesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        write!(f, "{}: {} values of {}", self.name, self.rows, self.kind)?;
        if let (Some(first), Some(last), Some(step)) = (self.first, self.last, self.step) {
            write!(f, ", {first} to {last}, usually {step} apart")?;
        }
        writeln!(f)?;
        for pause in self.pauses.iter().take(SHOWN) {
            writeln!(f, "  warning  nothing from {} to {}", pause.from, pause.until)?;
        }
        if self.pauses.len() > SHOWN {
            writeln!(f, "  warning  and {} more stretches", self.pauses.len() - SHOWN)?;
        }
        Ok(())
    }
}
