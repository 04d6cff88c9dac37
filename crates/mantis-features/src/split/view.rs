//! The training rows of a feature table, the only thing that selection and fitting get to see.

use std::borrow::Cow;

use super::Split;
use crate::{Error, Result};

/// Columns and labels of the labelled training rows of a [`Split`].
///
/// It can be made only from a split, and holds nothing but that split's training rows: code that takes a view cannot
/// look at validation or test rows. Rows without a label are left out.
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_features::split::{Split, SplitDates, TrainingView};
///
/// let hour = |h: i64| Timestamp::from_micros(h * Interval::HOUR.as_micros());
/// let known_at: Vec<_> = (0..9).map(hour).collect();
/// let resolves_at: Vec<_> = (1..10).map(hour).collect();
/// let dates = SplitDates { train_end: hour(5), validation_end: hour(5), test_end: hour(9) };
/// let split = Split::by_dates(&known_at, &resolves_at, dates, Interval::HOUR)?;
///
/// let names = [String::from("x")];
/// let columns = [(0..9).map(f64::from).collect::<Vec<_>>()];
/// let up = [Some(true), None, Some(false), Some(true), Some(true), None, None, None, None];
/// let view = TrainingView::new(&names, &columns, &up, &split)?;
/// assert_eq!(view.column(0), [0.0, 2.0, 3.0, 4.0]);
/// assert_eq!(view.up(), [true, false, true, true]);
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TrainingView<'a> {
    names: Cow<'a, [String]>,
    columns: Vec<Cow<'a, [f64]>>,
    up: Vec<bool>,
    /// Where the rows stand in the whole columns, and how many rows those have.
    rows: Vec<usize>,
    of: usize,
    weights: Option<Vec<f64>>,
}

impl<'a> TrainingView<'a> {
    /// Takes the training rows of `split` out of whole columns.
    ///
    /// `columns` holds one vector per name, and `up` one entry per row, as in [`Labels`](crate::label::Labels).
    ///
    /// # Errors
    /// [`Error::Length`] when the number of names differs from that of the columns, or a column or the split does not fit
    /// the labels.
    pub fn new(
        names: &'a [String],
        columns: &'a [Vec<f64>],
        up: &[Option<bool>],
        split: &Split,
    ) -> Result<Self> {
        let check = |input, got, expected| {
            let length = Error::Length { what: "training view", input, got, expected };
            if got == expected { Ok(()) } else { Err(length) }
        };
        check("names", names.len(), columns.len())?;
        for column in columns {
            check("column", column.len(), up.len())?;
        }
        let rows = split.train.clone();
        let labels = up.get(rows.clone());
        let labels = labels.ok_or(Error::Length {
            what: "training view",
            input: "labels",
            got: up.len(),
            expected: rows.end,
        })?;
        let gather = |column: &'a Vec<f64>| {
            let part = &column[rows.clone()];
            if labels.iter().all(Option::is_some) {
                return Cow::Borrowed(part);
            }
            let labelled = part.iter().zip(labels).filter(|(_, label)| label.is_some());
            Cow::Owned(labelled.map(|(&value, _)| value).collect())
        };
        let columns = columns.iter().map(gather).collect();
        let names = Cow::Borrowed(names);
        let labelled = rows.zip(labels).filter_map(|(row, label)| label.map(|up| (row, up)));
        let (rows, labels) = labelled.unzip();
        Ok(Self { names, columns, up: labels, rows, of: up.len(), weights: None })
    }

    /// The same rows with a weight each, such as a decay with age: `weights` holds one for every row of the whole columns. Feature
    /// selection follows them; the learners take all rows alike.
    ///
    /// # Errors
    /// [`Error::Length`] when `weights` are not as many as the rows of the whole columns, [`Error::SampleWeight`] for a weight of
    /// the view that is negative or not finite.
    pub fn with_weights(self, weights: &[f64]) -> Result<Self> {
        const WHAT: &str = "training view";
        if weights.len() != self.of {
            let (got, expected) = (weights.len(), self.of);
            return Err(Error::Length { what: WHAT, input: "weights", got, expected });
        }
        let bad = |row: &&usize| !(weights[**row].is_finite() && weights[**row] >= 0.0);
        if let Some(&row) = self.rows.iter().find(bad) {
            return Err(Error::SampleWeight { what: WHAT, row, got: weights[row] });
        }
        let weights = self.rows.iter().map(|&row| weights[row]).collect();
        Ok(Self { weights: Some(weights), ..self })
    }

    /// Names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The same rows with some of the columns, in the given order. Panics when there is no such column.
    #[must_use]
    pub fn with_columns(&self, columns: &[usize]) -> TrainingView<'_> {
        TrainingView {
            names: columns.iter().map(|&j| self.names[j].clone()).collect(),
            columns: columns.iter().map(|&j| Cow::Borrowed(self.column(j))).collect(),
            up: self.up.clone(),
            rows: self.rows.clone(),
            of: self.of,
            weights: self.weights.clone(),
        }
    }

    /// The same columns with some of the rows, in the given order; a row may stand several times. Panics when there is no such
    /// row.
    #[must_use]
    pub fn with_rows(&self, rows: &[usize]) -> TrainingView<'_> {
        let pick = |column: &[f64]| Cow::Owned(rows.iter().map(|&row| column[row]).collect());
        TrainingView {
            names: Cow::Borrowed(&self.names),
            columns: self.columns().map(pick).collect(),
            up: rows.iter().map(|&row| self.up[row]).collect(),
            rows: rows.iter().map(|&row| self.rows[row]).collect(),
            of: self.of,
            weights: self.weights().map(|weights| rows.iter().map(|&row| weights[row]).collect()),
        }
    }

    /// Column `j` over the labelled training rows. Panics when there is no such column.
    #[must_use]
    pub fn column(&self, j: usize) -> &[f64] {
        &self.columns[j]
    }

    /// All columns, in the order of the names.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.columns.iter().map(AsRef::as_ref)
    }

    /// Weights of the rows, if they have any.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// Labels of the rows.
    #[must_use]
    pub fn up(&self) -> &[bool] {
        &self.up
    }
}
