//! Combinatorial purged cross-validation.

use super::check_times;
use crate::metrics::count;
use crate::{Error, Result};
use mantis_data::{Interval, Timestamp};
use serde::{Deserialize, Serialize};
use std::ops::Range;

const WHAT: &str = "CombinatorialSplit";
/// More folds than this are no experiment that ends.
const MOST_FOLDS: usize = 100_000;

/// Every choice of `test` out of `groups` consecutive parts of the rows as a test, the rest as training, with labels
/// that reach into a test part purged and an embargo after it (López de Prado, *Advances in Financial Machine Learning*,
/// 2018, chapter 12). The forecasts of the folds make [`CombinatorialSplit::paths`] whole back-tests instead of one.
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_eval::backtest::CombinatorialSplit;
///
/// let hour = |h: i64| Timestamp::from_micros(h * Interval::HOUR.as_micros());
/// let known_at: Vec<_> = (0..60).map(hour).collect();
/// let resolves_at: Vec<_> = (3..63).map(hour).collect();
/// let split = CombinatorialSplit::new(&known_at, &resolves_at, 6, 2, Interval::hours(4))?;
/// assert_eq!((split.folds().len(), split.paths()), (15, 5));
///
/// // Rows 0 to 9 and 30 to 39 are tests: 28 and 29 reach into the second, and its embargo ends at 45.
/// let fold = &split.folds()[2];
/// assert_eq!(fold.groups, [0, 3]);
/// assert!(fold.train.contains(&27) && !fold.train.contains(&28));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CombinatorialSplit {
    groups: Vec<Range<usize>>,
    test: usize,
    folds: Vec<Fold>,
}

/// One choice of test parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// The test parts, rising.
    pub groups: Vec<usize>,
    /// Training rows, rising.
    pub train: Vec<usize>,
    /// Test rows, rising.
    pub test: Vec<usize>,
}

impl CombinatorialSplit {
    /// Splits rows whose labels resolve at `resolves_at` into parts of nearly equal size.
    ///
    /// # Errors
    /// [`Error::Parameter`] for `groups` below 2 or above the rows, `test` not within 1 to `groups - 1`, more than
    /// 100,000 folds, or a negative embargo; [`Error::Length`] and [`Error::NotRising`] for the times;
    /// [`Error::TooShort`] when a fold has no training row.
    pub fn new(
        known_at: &[Timestamp],
        resolves_at: &[Timestamp],
        groups: usize,
        test: usize,
        embargo: Interval,
    ) -> Result<Self> {
        check_times(WHAT, known_at, resolves_at)?;
        let rows = known_at.len();
        let wrong =
            |parameter, expected, got| Error::Parameter { what: WHAT, parameter, expected, got };
        if groups < 2 || groups > rows {
            return Err(wrong("groups", "at least 2 and at most the rows", count(groups)));
        }
        if test == 0 || test >= groups {
            return Err(wrong("test", "at least 1 and fewer than the groups", count(test)));
        }
        if embargo < Interval::default() {
            return Err(wrong("embargo (hours)", "0 or more", embargo.as_hours_f64()));
        }
        let folds = choices(groups, test);
        if folds > MOST_FOLDS {
            return Err(wrong("groups over test", "at most 100,000 folds", count(folds)));
        }
        let parts: Vec<Range<usize>> =
            (0..groups).map(|g| g * rows / groups..(g + 1) * rows / groups).collect();
        let fold = |chosen: Vec<usize>| {
            let train = training(known_at, resolves_at, &parts, &chosen, embargo);
            if train.is_empty() {
                return Err(Error::TooShort {
                    what: WHAT,
                    unit: "training rows beside the tests, their labels and the embargo",
                    expected: 1,
                    got: 0,
                    remedy: "take fewer test groups, a shorter embargo or more rows",
                });
            }
            let test = chosen.iter().flat_map(|&g| parts[g].clone()).collect();
            Ok(Fold { groups: chosen, train, test })
        };
        let folds = combinations(groups, test).map(fold).collect::<Result<_>>()?;
        Ok(Self { groups: parts, test, folds })
    }

    /// The folds, in lexicographic order of their test groups.
    #[must_use]
    pub fn folds(&self) -> &[Fold] {
        &self.folds
    }

    /// Rows of each group.
    #[must_use]
    pub fn groups(&self) -> &[Range<usize>] {
        &self.groups
    }

    /// How many whole back-tests the folds make: every group is a test in as many folds.
    #[must_use]
    pub fn paths(&self) -> usize {
        choices(self.groups.len() - 1, self.test - 1)
    }

    /// The fold from which a path takes its forecasts of each group. Every pair of fold and test group belongs to
    /// exactly one path.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a path that does not exist.
    pub fn path(&self, path: usize) -> Result<Vec<usize>> {
        if path >= self.paths() {
            let (parameter, expected) = ("path", "below the number of paths");
            return Err(Error::Parameter { what: WHAT, parameter, expected, got: count(path) });
        }
        let of = |group: usize| {
            let tests = |(i, fold): (usize, &Fold)| fold.groups.contains(&group).then_some(i);
            self.folds.iter().enumerate().filter_map(tests).nth(path)
        };
        Ok((0..self.groups.len()).filter_map(of).collect())
    }
}

/// Rows outside the tests whose label does not overlap one, and that are not within the embargo after one.
fn training(
    known_at: &[Timestamp],
    resolves_at: &[Timestamp],
    parts: &[Range<usize>],
    chosen: &[usize],
    embargo: Interval,
) -> Vec<usize> {
    let spans: Vec<(Timestamp, Timestamp)> = chosen
        .iter()
        .map(|&g| {
            let part = parts[g].clone();
            let last = resolves_at[part.clone()].iter().max().copied();
            (known_at[part.start], last.unwrap_or(known_at[part.start]) + embargo)
        })
        .collect();
    let clear = |row: &usize| {
        spans.iter().all(|&(from, until)| resolves_at[*row] <= from || known_at[*row] >= until)
    };
    let others = (0..parts.len()).filter(|g| !chosen.contains(g));
    others.flat_map(|g| parts[g].clone()).filter(clear).collect()
}

/// Binomial coefficient; `usize::MAX` when it does not fit.
pub(super) fn choices(n: usize, k: usize) -> usize {
    let product = (0..k.min(n - k)).try_fold(1_u128, |product, i| {
        product.checked_mul((n - i) as u128).map(|p| p / (i as u128 + 1))
    });
    product.and_then(|p| usize::try_from(p).ok()).unwrap_or(usize::MAX)
}

/// All choices of `k` of `n`, in lexicographic order.
pub(super) fn combinations(n: usize, k: usize) -> impl Iterator<Item = Vec<usize>> {
    let mut next = (k <= n).then(|| (0..k).collect::<Vec<usize>>());
    std::iter::from_fn(move || {
        let current = next.take()?;
        if let Some(i) = (0..k).rev().find(|&i| current[i] < n - k + i) {
            let mut following = current.clone();
            following[i] += 1;
            for j in i + 1..k {
                following[j] = following[j - 1] + 1;
            }
            next = Some(following);
        }
        Some(current)
    })
}
