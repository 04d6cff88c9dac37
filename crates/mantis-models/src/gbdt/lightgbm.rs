//! Training with LightGBM. The types of its binding stay in this file.

use lightgbm3::{Booster, Dataset};
use serde_json::json;

use super::{Capabilities, GbdtBackend, GbdtParams, Table, Trees};
use crate::{Error, Result};

/// LightGBM, on one thread: its trees are then the same bits everywhere the compiler is the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct LightGbm;

impl From<lightgbm3::Error> for Error {
    fn from(error: lightgbm3::Error) -> Self {
        Self::Engine { engine: "LightGBM", reason: error.to_string() }
    }
}

impl GbdtBackend for LightGbm {
    fn capabilities(&self) -> Capabilities {
        Capabilities { name: "lightgbm", seeded_samples: true, leaf_limit: true }
    }

    /// # Errors
    /// [`Error::Parameter`], [`Error::TooFewRows`], [`Error::Length`], [`Error::NotFinite`], [`Error::OneClass`], and
    /// [`Error::Engine`] for anything that LightGBM refuses nevertheless.
    fn fit(&self, params: &GbdtParams, train: Table<'_>, validation: Table<'_>) -> Result<Trees> {
        self.capabilities().check(params)?;
        super::check_pair(train, validation)?;
        let columns = i32::try_from(train.columns).unwrap_or(i32::MAX);
        let labels =
            |up: &[bool]| -> Vec<f32> { up.iter().map(|&u| f32::from(u8::from(u))).collect() };
        let data = Dataset::from_slice(train.values, &labels(train.up), columns, true)?;
        let held_out = Dataset::from_slice_with_reference(
            validation.values,
            &labels(validation.up),
            columns,
            true,
            Some(&data),
        )?;
        let settings = json!({
            "objective": "binary",
            "metric": "binary_logloss",
            "num_iterations": params.rounds,
            "early_stopping_rounds": params.patience,
            "max_depth": params.depth,
            "num_leaves": params.leaves,
            "learning_rate": params.rate,
            "bagging_fraction": params.row_share,
            "bagging_freq": 1,
            "feature_fraction": params.column_share,
            "min_data_in_leaf": params.leaf_rows,
            "lambda_l2": params.l2,
            "seed": params.seed,
            "num_threads": 1,
            "deterministic": true,
            "force_row_wise": true,
            "verbosity": -1,
        });
        let model = Booster::train_with_valid(data, Some(held_out), &settings)?;
        Trees::parse(&model.save_string()?)
            .map_err(|reason| Error::Engine { engine: "LightGBM", reason })
    }
}
