//! Gradient-boosted trees: parameters, training behind a trait, and saved trees that need no engine.

#[cfg(feature = "lightgbm")]
mod lightgbm;
mod params;
mod parse;
mod shap;
mod trees;

#[cfg(feature = "lightgbm")]
pub use lightgbm::LightGbm;
pub use params::GbdtParams;
pub use trees::Trees;

use crate::Result;

/// Rows of values with labels.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// Values, row by row.
    pub values: &'a [f32],
    /// Values of a row.
    pub columns: usize,
    /// Whether the price rose, one for each row.
    pub up: &'a [bool],
}

impl Table<'_> {
    /// Checks that there are rows of both labels with as many finite values as they must have.
    #[cfg(feature = "lightgbm")]
    fn check(&self, what: &'static str) -> Result<()> {
        use crate::Error;
        let rows = self.up.len();
        if rows == 0 {
            return Err(Error::TooFewRows { what, got: 0, least: 1 });
        }
        let (got, expected) = (self.values.len(), rows * self.columns);
        if got != expected {
            return Err(Error::Length { what, input: "values", got, expected });
        }
        if let Some(at) = self.values.iter().position(|v| !v.is_finite()) {
            let (row, column) = (at / self.columns, format!("column {}", at % self.columns));
            let got = f64::from(self.values[at]);
            let hint = "leave rows without a value out";
            return Err(Error::NotFinite { what, column, row, got, hint });
        }
        if self.up.iter().all(|&up| up == self.up[0]) {
            return Err(Error::OneClass { what, rows });
        }
        Ok(())
    }
}

/// An engine that grows trees.
pub trait GbdtBackend {
    /// Grows trees on `train` and stops when the logistic loss on `validation` no longer falls.
    ///
    /// # Errors
    /// What the implementation documents.
    fn fit(&self, params: &GbdtParams, train: Table<'_>, validation: Table<'_>) -> Result<Trees>;
}

#[cfg(test)]
mod tests;
