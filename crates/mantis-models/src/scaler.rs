//! Z-scores with the moments of the training rows.

use mantis_features::split::TrainingView;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

const WHAT: &str = "scaler";

/// Largest absolute z-score that a model sees, as in [`Scaler::fit`].
pub const CLIP: f64 = 5.0;

/// Z-scores of named columns with the mean and standard deviation (population form) of training rows.
///
/// A z-score beyond `clip` on either side becomes `clip`: one extreme bar must not decide over a sequence. The bound is
/// part of the model, and equal in training and serving.
///
/// ```
/// use mantis_models::Scaler;
///
/// let scaler = Scaler { names: vec!["ret_1".into()], mean: vec![1.0], deviation: vec![2.0], clip: 5.0 };
/// assert_eq!(scaler.scale(0, 4.0), 1.5);
/// assert_eq!(scaler.scale(0, 1e9), 5.0);
/// assert!(scaler.scale(0, f64::NAN).is_nan());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaler {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Mean of each column over the training rows.
    pub mean: Vec<f64>,
    /// Standard deviation of each column over the training rows.
    pub deviation: Vec<f64>,
    /// Largest absolute z-score.
    pub clip: f64,
}

impl Scaler {
    /// Takes the moments of the named columns of a training view.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] for a name that the view does not have, [`Error::TooFewRows`] without rows,
    /// [`Error::NotFinite`] for a training value without a number and [`Error::Constant`] for a column that does not vary.
    pub fn fit(train: &TrainingView<'_>, names: &[String]) -> Result<Self> {
        let column = |name: &String| {
            let found = train.names().iter().position(|other| other == name);
            let (column, columns) = (name.clone(), train.names().len());
            let missing = || Error::MissingColumn { what: WHAT, column, columns };
            found.map(|at| train.column(at)).ok_or_else(missing)
        };
        let values = names.iter().map(column).collect::<Result<Vec<_>>>()?;
        Self::of_values(names, &values)
    }

    /// Takes the moments of the values of named columns.
    pub(crate) fn of_values<V: AsRef<[f64]>>(names: &[String], values: &[V]) -> Result<Self> {
        let rows = values.first().map_or(0, |values| values.as_ref().len());
        if rows == 0 {
            return Err(Error::TooFewRows { what: WHAT, got: 0, least: 1 });
        }
        let (mut mean, mut deviation) = (Vec::new(), Vec::new());
        for (name, values) in names.iter().zip(values) {
            let (values, column) = (values.as_ref(), || name.clone());
            if let Some(row) = values.iter().position(|v| !v.is_finite()) {
                let hint = "leave rows without a value out of the training";
                let got = values[row];
                return Err(Error::NotFinite { what: WHAT, column: column(), row, got, hint });
            }
            let n = rows as f64;
            let m = values.iter().sum::<f64>() / n;
            let s = (values.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / n).sqrt();
            if !(s.is_finite() && s > 1e-13 * m.abs()) {
                return Err(Error::Constant { column: column(), rows });
            }
            mean.push(m);
            deviation.push(s);
        }
        Ok(Self { names: names.to_vec(), mean, deviation, clip: CLIP })
    }

    /// The z-score of a value of column `j`, within the clip; NaN stays NaN. Panics when there is no such column.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the networks compute in f32")]
    pub fn scale(&self, j: usize, value: f64) -> f32 {
        ((value - self.mean[j]) / self.deviation[j]).clamp(-self.clip, self.clip) as f32
    }
}
