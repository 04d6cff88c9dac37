//! Walking forward: fit on what is known, judge what comes next.

use super::check_times;
use crate::{Error, Result};
use mantis_data::{Interval, Timestamp};
use serde::{Deserialize, Serialize};
use std::ops::Range;

const WHAT: &str = "WalkForward";

/// Which past a step is fitted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    /// All of it.
    Expanding,
    /// The last part of this length.
    Rolling(Interval),
}

/// How to walk.
///
/// | field | meaning |
/// |---|---|
/// | `start` | first time that is judged |
/// | `step` | length of a judged part; the fit is renewed after it |
/// | `window` | past that a fit sees |
/// | `embargo` | least time from a training row to the judged part, beside the purge of labels |
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_eval::backtest::{WalkForward, Window};
///
/// let hour = |h: i64| Timestamp::from_micros(h * Interval::HOUR.as_micros());
/// let known_at: Vec<_> = (0..100).map(hour).collect();
/// let resolves_at: Vec<_> = (2..102).map(hour).collect();
/// let walk = WalkForward {
///     start: hour(60),
///     step: Interval::hours(20),
///     window: Window::Rolling(Interval::hours(30)),
///     embargo: Interval::hours(5),
/// };
/// let steps = walk.steps(&known_at, &resolves_at)?;
/// assert_eq!((steps[0].train.clone(), steps[0].test.clone()), (30..56, 60..80));
/// assert_eq!((steps[1].train.clone(), steps[1].test.clone()), (50..76, 80..100));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct WalkForward {
    pub start: Timestamp,
    pub step: Interval,
    pub window: Window,
    pub embargo: Interval,
}

/// Rows of one fit and of what is judged with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Training rows: every label is known when the test starts, and every row is at least the embargo older.
    pub train: Range<usize>,
    /// Judged rows.
    pub test: Range<usize>,
}

impl WalkForward {
    /// The steps to the last row; parts without a row are left out.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a step, window or embargo that is not positive (the embargo may be 0); the errors of the
    /// times; [`Error::TooShort`] when a step would have no training row.
    pub fn steps(&self, known_at: &[Timestamp], resolves_at: &[Timestamp]) -> Result<Vec<Step>> {
        check_times(WHAT, known_at, resolves_at)?;
        let zero = Interval::default();
        let least = Interval::from_micros(1);
        let window = match self.window {
            Window::Expanding => least,
            Window::Rolling(length) => length,
        };
        for (parameter, value, least) in [
            ("step (hours)", self.step, least),
            ("window (hours)", window, least),
            ("embargo (hours)", self.embargo, zero),
        ] {
            if value < least {
                let expected = "positive (an embargo may be 0)";
                let got = value.as_hours_f64();
                return Err(Error::Parameter { what: WHAT, parameter, expected, got });
            }
        }
        let row_at = |t: Timestamp| known_at.partition_point(|&known| known < t);
        let mut steps = Vec::new();
        let mut start = self.start;
        while known_at.last().is_some_and(|&last| last >= start) {
            let end = start + self.step;
            let test = row_at(start)..row_at(end);
            if !test.is_empty() {
                let train = self.train(known_at, resolves_at, start);
                if train.is_empty() {
                    return Err(Error::TooShort {
                        what: WHAT,
                        unit: "training rows before the first judged part",
                        expected: 1,
                        got: 0,
                        remedy: "start later, or take a longer window or a shorter embargo",
                    });
                }
                steps.push(Step { train, test });
            }
            start = end;
        }
        Ok(steps)
    }

    fn train(
        &self,
        known_at: &[Timestamp],
        resolves_at: &[Timestamp],
        start: Timestamp,
    ) -> Range<usize> {
        let from = match self.window {
            Window::Expanding => 0,
            Window::Rolling(length) => known_at.partition_point(|&known| known < start - length),
        };
        let is_clear = |&known: &Timestamp| known < start && known + self.embargo <= start;
        let clear = known_at.partition_point(is_clear);
        // Labels may resolve in any order, so the first one that is too late ends the part.
        let late = resolves_at[..clear].iter().position(|&t| t > start);
        from..late.unwrap_or(clear).max(from)
    }
}
