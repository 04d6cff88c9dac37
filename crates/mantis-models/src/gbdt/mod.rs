//! Gradient-boosted trees: parameters, training behind a trait, and saved trees that need no engine.

#[cfg(feature = "lightgbm")]
mod lightgbm;
#[cfg(feature = "native-gbdt")]
mod native;
mod params;
mod parse;
mod shap;
mod trees;
#[cfg(feature = "native-gbdt")]
mod write;

#[cfg(feature = "lightgbm")]
pub use lightgbm::LightGbm;
#[cfg(feature = "native-gbdt")]
pub use native::NativeGbdt;
pub use params::GbdtParams;
pub use trees::Trees;

use crate::{Error, Result};

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
    #[cfg(any(feature = "lightgbm", feature = "native-gbdt"))]
    fn check(&self, what: &'static str) -> Result<()> {
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

/// Checks the rows to grow trees on and those to stop by.
#[cfg(any(feature = "lightgbm", feature = "native-gbdt"))]
fn check_pair(train: Table<'_>, validation: Table<'_>) -> Result<()> {
    train.check("head: training")?;
    validation.check("head: validation")?;
    let (got, expected) = (validation.columns, train.columns);
    if got == expected {
        return Ok(());
    }
    Err(Error::Length { what: "head: validation", input: "columns", got, expected })
}

/// What an engine can do of what [`GbdtParams`] can ask for. All engines take the other parameters.
///
/// ```
/// # #[cfg(feature = "native-gbdt")] {
/// use mantis_models::gbdt::{GbdtBackend, GbdtParams, NativeGbdt};
///
/// let native = NativeGbdt.capabilities();
/// assert!(native.check(&native.defaults()).is_ok());
/// let sampled = GbdtParams { row_share: 0.8, ..native.defaults() };
/// assert!(native.check(&sampled).unwrap_err().to_string().contains("row_share"));
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Name of the engine.
    pub name: &'static str,
    /// Trees on shares of the rows and columns that follow the seed (`row_share`, `column_share`).
    pub seeded_samples: bool,
    /// Trees with fewer leaves than their depth allows (`leaves`).
    pub leaf_limit: bool,
}

impl Capabilities {
    /// The default parameters, with those that the engine cannot honour at the value that asks nothing of it.
    #[must_use]
    pub fn defaults(&self) -> GbdtParams {
        let mut params = GbdtParams::default();
        if !self.seeded_samples {
            (params.row_share, params.column_share) = (1.0, 1.0);
        }
        if !self.leaf_limit {
            params.leaves = 1 << params.depth;
        }
        params
    }

    /// Checks the parameters, and that the engine can honour each.
    ///
    /// # Errors
    /// [`Error::Parameter`] for one outside its range, [`Error::Unsupported`] for one that this engine would have to ignore.
    pub fn check(&self, params: &GbdtParams) -> Result<()> {
        params.check()?;
        let most = (1_usize << params.depth) as f64;
        let asked = [
            ("row_share", self.seeded_samples || params.row_share >= 1.0, 1.0, params.row_share),
            (
                "column_share",
                self.seeded_samples || params.column_share >= 1.0,
                1.0,
                params.column_share,
            ),
            ("leaves", self.leaf_limit || params.leaves as f64 >= most, most, params.leaves as f64),
        ];
        match asked.into_iter().find(|(_, good, _, _)| !good) {
            None => Ok(()),
            Some((parameter, _, expected, got)) => {
                Err(Error::Unsupported { engine: self.name, parameter, expected, got })
            }
        }
    }
}

/// An engine that grows trees.
pub trait GbdtBackend {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Grows trees on `train` and stops when the logistic loss on `validation` no longer falls.
    ///
    /// # Errors
    /// As [`Capabilities::check`], and what the implementation documents.
    fn fit(&self, params: &GbdtParams, train: Table<'_>, validation: Table<'_>) -> Result<Trees>;
}

#[cfg(test)]
mod tests;
