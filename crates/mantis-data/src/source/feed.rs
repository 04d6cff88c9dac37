//! What every source with a history offers to [`sync`](crate::sync).

use std::fmt;

use crate::error::Result;
use crate::range::TimeRange;
use crate::store::{Dataset, Piece, Rows};
use crate::time::Timestamp;

/// A source of history: it cuts a range into tasks and carries out one task at a time.
///
/// Both calls must give the same result for the same arguments and the same state of the world, so that a run that was cut short
/// can be taken up again.
pub trait Source: fmt::Debug + Send + Sync {
    /// Name, as in [`Piece::source`] and on the command line.
    fn name(&self) -> &'static str;

    /// The tasks that together fetch everything in `range` of a data set that there is at `now`.
    ///
    /// # Errors
    /// [`Error::NotOffered`](crate::Error::NotOffered) for a data set that the source does not have.
    fn plan(&self, dataset: &Dataset, range: TimeRange, now: Timestamp) -> Result<Vec<Task>>;

    /// A sentence about the part of `range` that the source does not have, if there is one.
    fn limit(&self, _dataset: &Dataset, _range: TimeRange, _now: Timestamp) -> Option<String> {
        None
    }

    /// Carries out a task.
    ///
    /// # Errors
    /// [`Error::Http`](crate::Error::Http), [`Error::Content`](crate::Error::Content), and those of bars and series for broken rows.
    fn fetch(&self, dataset: &Dataset, task: &Task, now: Timestamp) -> Result<Outcome>;

    /// The checksum that the source has for an archive file today; `None` where it has none.
    ///
    /// # Errors
    /// As [`Source::fetch`].
    fn checksum(&self, _origin: &str) -> Result<Option<String>> {
        Ok(None)
    }
}

/// One request, or a few that belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Task {
    /// The time to fetch.
    pub range: TimeRange,
    /// How.
    pub scope: Scope,
}

/// The ways in which sources hand out history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The file of a calendar month.
    Month,
    /// The file of a day.
    Day,
    /// An answer of an API.
    Window,
}

/// What came of a task.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Rows with the stretch for which they are complete.
    Rows(Piece, Rows),
    /// The same, with sentences about what was left out.
    Noted(Piece, Rows, Vec<String>),
    /// The archive has no file for the stretch and will never have one, if it is the right archive: a wrong address has no file either.
    /// So it is stored only for a data set of which the archive has shown a file.
    Nothing(Piece),
    /// The source does not have it in this form; these tasks fetch it in another.
    Instead(Vec<Task>),
    /// There is nothing yet, and it may come later.
    NotYet,
}
