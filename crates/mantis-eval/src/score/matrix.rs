//! The embeddings of all miners, one row a minute.

use crate::{Error, Result};
use ndarray::ArrayView2;
use std::ops::Range;

/// Values that stand hotkey by hotkey somewhere else, in memory or in a file, and are fetched one hotkey at a time.
pub trait Columns: std::fmt::Debug + Sync {
    /// Appends the vectors of hotkey `j` in a range of rows, one after the other (`rows.len() * dim` values).
    ///
    /// # Errors
    /// When the values cannot be read.
    fn read(&self, j: usize, rows: Range<usize>, into: &mut Vec<f32>) -> Result<()>;
}

/// What the validator knows of its miners: `dim` values per hotkey and row.
///
/// ```
/// use mantis_eval::score::EmbeddingMatrix;
/// use ndarray::array;
///
/// let values = array![[0.1_f32, -0.1, 0.0, 0.0], [0.2, -0.2, 0.3, 0.1]];
/// let hotkeys = ["a".to_owned(), "b".to_owned()];
/// let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view())?;
/// assert_eq!((matrix.rows(), matrix.dim()), (2, 2));
/// assert!(EmbeddingMatrix::new(&hotkeys, 3, values.view()).is_err());
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct EmbeddingMatrix<'a> {
    hotkeys: &'a [String],
    dim: usize,
    values: Values<'a>,
    /// The rows of `values` that belong to the matrix.
    from: usize,
    rows: usize,
}

/// Where the values stand.
#[derive(Debug, Clone, Copy)]
enum Values<'a> {
    /// One row per sample, all hotkeys beside each other.
    Wide(ArrayView2<'a, f32>),
    /// One block per hotkey, in it one vector per sample.
    Columns(&'a dyn Columns),
}

impl<'a> EmbeddingMatrix<'a> {
    /// `values` has one row per sample in time order and `hotkeys.len() * dim` columns; the
    /// values of hotkey `j` are the columns `j * dim .. (j + 1) * dim`. An all-zero vector means
    /// absent.
    ///
    /// # Errors
    /// [`Error::Parameter`] for `dim` = 0, [`Error::Length`] for another number of columns,
    /// [`Error::Duplicate`] for a hotkey that occurs twice.
    #[expect(clippy::needless_pass_by_value, reason = "a view is itself a reference")]
    pub fn new(hotkeys: &'a [String], dim: usize, values: ArrayView2<'a, f32>) -> Result<Self> {
        check(hotkeys, dim)?;
        if hotkeys.len() * dim != values.ncols() {
            let expected = hotkeys.len() * dim;
            return Err(Error::Length { what: WHAT, expected, got: values.ncols() });
        }
        Ok(Self { hotkeys, dim, from: 0, rows: values.nrows(), values: Values::Wide(values) })
    }

    /// Values that are fetched hotkey by hotkey when a scorer needs them; `columns` has `rows` rows of them.
    ///
    /// # Errors
    /// As [`EmbeddingMatrix::new`].
    ///
    /// ```
    /// use mantis_eval::score::{Columns, EmbeddingMatrix};
    /// use std::ops::Range;
    ///
    /// /// Every hotkey says its own number all the time.
    /// #[derive(Debug)]
    /// struct Constant;
    ///
    /// impl Columns for Constant {
    ///     fn read(&self, j: usize, rows: Range<usize>, into: &mut Vec<f32>) -> mantis_eval::Result<()> {
    ///         into.extend(rows.map(|_| j as f32));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let hotkeys = ["a".to_owned(), "b".to_owned()];
    /// let matrix = EmbeddingMatrix::from_columns(&hotkeys, 1, 3, &Constant)?;
    /// assert_eq!(matrix.last(2).values_of(1)?, [1.0, 1.0]);
    /// # Ok::<(), mantis_eval::Error>(())
    /// ```
    pub fn from_columns(
        hotkeys: &'a [String],
        dim: usize,
        rows: usize,
        columns: &'a dyn Columns,
    ) -> Result<Self> {
        check(hotkeys, dim)?;
        Ok(Self { hotkeys, dim, values: Values::Columns(columns), from: 0, rows })
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Rows of the matrix that this is the last part of before its first row.
    pub(crate) fn skipped(&self) -> usize {
        self.from
    }

    /// Values per hotkey and row.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The hotkeys in column order.
    #[must_use]
    pub fn hotkeys(&self) -> &'a [String] {
        self.hotkeys
    }

    /// The last `rows` rows (all when there are fewer).
    #[must_use]
    pub fn last(&self, rows: usize) -> Self {
        let skipped = self.rows.saturating_sub(rows);
        Self { from: self.from + skipped, rows: self.rows - skipped, ..*self }
    }

    /// The vectors of hotkey `j` one after the other (`rows * dim` values), as they are stored.
    ///
    /// # Errors
    /// Those of [`Columns::read`].
    pub fn values_of(&self, j: usize) -> Result<Vec<f32>> {
        let dim = self.dim;
        let rows = self.from..self.from + self.rows;
        match self.values {
            Values::Wide(values) => {
                let block = values.slice(ndarray::s![rows, j * dim..(j + 1) * dim]);
                Ok(block.iter().copied().collect())
            }
            Values::Columns(columns) => {
                let mut values = Vec::with_capacity(rows.len() * dim);
                columns.read(j, rows, &mut values)?;
                Ok(values)
            }
        }
    }

    /// The values of hotkey `j`, row after row; NaN becomes 0 and an infinity the largest finite
    /// number, as the validator does before it fits.
    pub(crate) fn cleaned(&self, j: usize) -> Result<Vec<f32>> {
        Ok(clean(self.values_of(j)?))
    }
}

/// NaN becomes 0 and an infinity the largest finite number.
pub(crate) fn clean(mut values: Vec<f32>) -> Vec<f32> {
    for v in &mut values {
        *v = if v.is_nan() { 0.0 } else { v.clamp(f32::MIN, f32::MAX) };
    }
    values
}

const WHAT: &str = "embedding matrix";

fn check(hotkeys: &[String], dim: usize) -> Result<()> {
    if dim == 0 {
        let expected = "at least 1";
        return Err(Error::Parameter { what: WHAT, parameter: "dim", expected, got: 0.0 });
    }
    let mut seen = std::collections::BTreeSet::new();
    match hotkeys.iter().find(|h| !seen.insert(*h)) {
        Some(twice) => Err(Error::Duplicate { what: WHAT, name: twice.clone() }),
        None => Ok(()),
    }
}
