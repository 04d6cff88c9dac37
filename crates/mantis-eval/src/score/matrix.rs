//! The embeddings of all miners, one row a minute.

use crate::{Error, Result};
use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::ArrayView2;
use std::ops::Range;

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
}

/// Where the values stand.
#[derive(Debug, Clone, Copy)]
enum Values<'a> {
    /// One row per sample, all hotkeys beside each other.
    Wide(ArrayView2<'a, f32>),
    /// One block per hotkey, in it one vector per sample; the matrix is `rows` of them from row `from` on.
    Half { values: &'a [f16], stored_rows: usize, from: usize, rows: usize },
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
        Ok(Self { hotkeys, dim, values: Values::Wide(values) })
    }

    /// Half-precision values, hotkey by hotkey: the vectors of hotkey `j` are the values
    /// `j * rows * dim .. (j + 1) * rows * dim`, in time order. This is what the validator stores, and half the size.
    ///
    /// # Errors
    /// As [`EmbeddingMatrix::new`].
    ///
    /// ```
    /// use half::f16;
    /// use mantis_eval::score::EmbeddingMatrix;
    ///
    /// let values = [0.5, -0.5, 0.25, 0.0].map(f16::from_f32);
    /// let hotkeys = ["a".to_owned(), "b".to_owned()];
    /// let matrix = EmbeddingMatrix::from_halves(&hotkeys, 1, 2, &values)?;
    /// assert_eq!(matrix.values_of(1), [0.25, 0.0]);
    /// # Ok::<(), mantis_eval::Error>(())
    /// ```
    pub fn from_halves(
        hotkeys: &'a [String],
        dim: usize,
        rows: usize,
        values: &'a [f16],
    ) -> Result<Self> {
        check(hotkeys, dim)?;
        let expected = hotkeys.len() * dim * rows;
        if values.len() != expected {
            return Err(Error::Length { what: WHAT, expected, got: values.len() });
        }
        Ok(Self { hotkeys, dim, values: Values::Half { values, stored_rows: rows, from: 0, rows } })
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self.values {
            Values::Wide(values) => values.nrows(),
            Values::Half { rows, .. } => rows,
        }
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
        let skipped = self.rows().saturating_sub(rows);
        let values = match self.values {
            Values::Wide(values) => Values::Wide(values.slice_move(ndarray::s![skipped.., ..])),
            Values::Half { values, stored_rows, from, rows } => {
                let (from, rows) = (from + skipped, rows - skipped);
                Values::Half { values, stored_rows, from, rows }
            }
        };
        Self { values, ..*self }
    }

    /// The first `rows` rows (all when there are fewer).
    #[must_use]
    pub fn first(&self, rows: usize) -> Self {
        let kept = rows.min(self.rows());
        let values = match self.values {
            Values::Wide(values) => Values::Wide(values.slice_move(ndarray::s![..kept, ..])),
            Values::Half { values, stored_rows, from, .. } => {
                Values::Half { values, stored_rows, from, rows: kept }
            }
        };
        Self { values, ..*self }
    }

    /// The vectors of hotkey `j` one after the other (`rows * dim` values), as they are stored.
    #[must_use]
    pub fn values_of(&self, j: usize) -> Vec<f32> {
        self.values_in(j, 0..self.rows())
    }

    /// The vectors of hotkey `j` in a range of rows.
    pub(crate) fn values_in(&self, j: usize, rows: Range<usize>) -> Vec<f32> {
        let dim = self.dim;
        match self.values {
            Values::Wide(values) => {
                values.slice(ndarray::s![rows, j * dim..(j + 1) * dim]).iter().copied().collect()
            }
            Values::Half { values, stored_rows, from, .. } => {
                let block = &values[j * stored_rows * dim..(j + 1) * stored_rows * dim];
                block[(from + rows.start) * dim..(from + rows.end) * dim].to_f32_vec()
            }
        }
    }

    /// The values of hotkey `j`, row after row; NaN becomes 0 and an infinity the largest finite
    /// number, as the validator does before it fits.
    pub(crate) fn cleaned(&self, j: usize) -> Vec<f32> {
        let mut values = self.values_of(j);
        for v in &mut values {
            *v = if v.is_nan() { 0.0 } else { v.clamp(f32::MIN, f32::MAX) };
        }
        values
    }

    /// Whether one of the first `dims` values of hotkey `j` is NaN in some row.
    pub(crate) fn has_nan(&self, j: usize, dims: usize) -> bool {
        let values = self.values_of(j);
        values.chunks_exact(self.dim).any(|vector| vector[..dims].iter().any(|v| v.is_nan()))
    }
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
