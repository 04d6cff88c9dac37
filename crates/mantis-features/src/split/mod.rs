//! Train, validation and test parts in time order, with purge and embargo.

mod view;

use std::ops::Range;

use mantis_data::{Interval, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

pub use view::TrainingView;

/// Where the parts end; each end is exclusive and is the start of the next part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitDates {
    /// End of training, start of validation.
    pub train_end: Timestamp,
    /// End of validation, start of the test. Equal to `train_end` for a split without validation.
    pub validation_end: Timestamp,
    /// End of the test.
    pub test_end: Timestamp,
}

/// Rows of the three parts. Purged rows lie between the parts and belong to none.
///
/// After López de Prado, *Advances in Financial Machine Learning* (2018), chapter 7: a row is *purged* when its label
/// resolves after the next part starts, and the *embargo* drops the rows that are known less than the embargo before it.
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_features::split::{Split, SplitDates};
///
/// let hour = |h: i64| Timestamp::from_micros(h * Interval::HOUR.as_micros());
/// let known_at: Vec<_> = (0..100).map(hour).collect();
/// let resolves_at: Vec<_> = (1..101).map(hour).collect();
/// let dates = SplitDates { train_end: hour(60), validation_end: hour(80), test_end: hour(100) };
/// let split = Split::by_dates(&known_at, &resolves_at, dates, Interval::hours(6))?;
/// assert_eq!((split.train, split.validation, split.test), (0..55, 60..75, 80..100));
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Split {
    /// Training rows.
    pub train: Range<usize>,
    /// Validation rows.
    pub validation: Range<usize>,
    /// Test rows.
    pub test: Range<usize>,
    /// Where the dates put the boundaries.
    pub dates: SplitDates,
    /// What was dropped at the end of training.
    pub train_dropped: Dropped,
    /// What was dropped at the end of validation.
    pub validation_dropped: Dropped,
}

/// Rows dropped at the end of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Rows whose label resolves after the next part starts.
    pub purged: usize,
    /// Further rows that are known less than the embargo before the next part starts.
    pub embargoed: usize,
}

impl Split {
    /// Splits rows by the time at which each is known.
    ///
    /// A row belongs to the part that holds its `known_at`; the training part starts with row 0 (see
    /// [`Split::train_from`]). `resolves_at` is the time at which the row's label is known, as in
    /// [`Labels`](crate::label::Labels).
    ///
    /// # Errors
    /// [`Error::Length`] for times of different length, [`Error::NotRising`] for times out of order,
    /// [`Error::SplitOrder`] for dates out of order, [`Error::Embargo`] for an embargo shorter than the longest time from
    /// `known_at` to `resolves_at`, [`Error::EmptyPart`] when a part of positive length holds no row.
    pub fn by_dates(
        known_at: &[Timestamp],
        resolves_at: &[Timestamp],
        dates: SplitDates,
        embargo: Interval,
    ) -> Result<Self> {
        check_times(known_at, resolves_at)?;
        check_order("validation", dates.train_end, dates.validation_end)?;
        check_order("test", dates.validation_end, dates.test_end)?;
        let pairs = known_at.iter().zip(resolves_at);
        let horizon = pairs.map(|(&known, &resolved)| resolved - known).max().unwrap_or_default();
        if embargo < horizon {
            return Err(Error::Embargo { embargo, horizon });
        }
        let row_at = |t: Timestamp| known_at.partition_point(|&known| known < t);
        let close_part = |rows: Range<usize>, next: Timestamp| {
            let resolved = resolves_at.partition_point(|&r| r <= next).clamp(rows.start, rows.end);
            let clear = known_at.partition_point(|&known| next - known >= embargo);
            let end = clear.clamp(rows.start, resolved);
            let dropped = Dropped { purged: rows.end - resolved, embargoed: resolved - end };
            (rows.start..end, dropped)
        };
        let (validation_start, test_start) =
            (row_at(dates.train_end), row_at(dates.validation_end));
        let (train, train_dropped) = close_part(0..validation_start, dates.train_end);
        let (validation, validation_dropped) =
            close_part(validation_start..test_start, dates.validation_end);
        let test = test_start..row_at(dates.test_end);
        let split = Self { train, validation, test, dates, train_dropped, validation_dropped };
        split.check_filled()?;
        Ok(split)
    }

    /// Starts training at row `first` instead of row 0, to skip warm-up or to use a rolling window.
    ///
    /// # Errors
    /// [`Error::EmptyPart`] when no training row is left.
    pub fn train_from(mut self, first: usize) -> Result<Self> {
        self.train.start = first;
        self.check_filled()?;
        Ok(self)
    }

    fn check_filled(&self) -> Result<()> {
        let SplitDates { train_end, validation_end, test_end } = self.dates;
        let first_row = format!("row {}", self.train.start);
        let parts = [
            ("training", &self.train, first_row, train_end, true),
            (
                "validation",
                &self.validation,
                train_end.to_string(),
                validation_end,
                train_end < validation_end,
            ),
            ("test", &self.test, validation_end.to_string(), test_end, validation_end < test_end),
        ];
        for (part, rows, from, to, needed) in parts {
            if needed && rows.is_empty() {
                return Err(Error::EmptyPart { part, from, to });
            }
        }
        Ok(())
    }
}

fn check_times(known_at: &[Timestamp], resolves_at: &[Timestamp]) -> Result<()> {
    const WHAT: &str = "split";
    let (got, expected) = (resolves_at.len(), known_at.len());
    if got != expected {
        return Err(Error::Length { what: WHAT, input: "resolves_at", got, expected });
    }
    for (input, times) in [("known_at", known_at), ("resolves_at", resolves_at)] {
        if let Some(before) = times.windows(2).position(|pair| pair[1] < pair[0]) {
            return Err(Error::NotRising { what: WHAT, input, row: before + 1 });
        }
    }
    Ok(())
}

fn check_order(part: &'static str, start: Timestamp, end: Timestamp) -> Result<()> {
    if start <= end { Ok(()) } else { Err(Error::SplitOrder { part, start, end }) }
}

#[cfg(test)]
mod tests;
