//! The embeddings of all miners, one row a minute.

use crate::{Error, Result};
use ndarray::ArrayView2;

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
    values: ArrayView2<'a, f32>,
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
        let what = "embedding matrix";
        if dim == 0 {
            let expected = "at least 1";
            return Err(Error::Parameter { what, parameter: "dim", expected, got: 0.0 });
        }
        if hotkeys.len() * dim != values.ncols() {
            let expected = hotkeys.len() * dim;
            return Err(Error::Length { what, expected, got: values.ncols() });
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = hotkeys.iter().find(|h| !seen.insert(*h)) {
            return Err(Error::Duplicate { what, name: twice.clone() });
        }
        Ok(Self { hotkeys, dim, values })
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.nrows()
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
        let from = self.rows().saturating_sub(rows);
        let values = self.values.slice_move(ndarray::s![from.., ..]);
        Self { hotkeys: self.hotkeys, dim: self.dim, values }
    }

    /// The values of hotkey `j`, row after row; NaN becomes 0 and an infinity the largest finite
    /// number, as the validator does before it fits.
    pub(crate) fn cleaned(&self, j: usize) -> Vec<f32> {
        let columns = j * self.dim..(j + 1) * self.dim;
        self.values
            .slice(ndarray::s![.., columns])
            .iter()
            .map(|v| if v.is_nan() { 0.0 } else { v.clamp(f32::MIN, f32::MAX) })
            .collect()
    }

    /// Whether one of the first `dims` values of hotkey `j` is NaN in some row.
    pub(crate) fn has_nan(&self, j: usize, dims: usize) -> bool {
        let columns = j * self.dim..j * self.dim + dims;
        self.values.slice(ndarray::s![.., columns]).iter().any(|v| v.is_nan())
    }
}
