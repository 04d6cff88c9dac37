//! Several models as one.

use mantis_features::learn::{Linear, Logistic, sigmoid};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::calibrate::{check, log_odds};
use crate::{Error, Result};

/// The probability whose log-odds are the mean of those of the members; 0.5 without members.
///
/// ```
/// let p = mantis_models::mean_log_odds(&[0.6, 0.6, 0.6]);
/// assert!((p - 0.6).abs() < 1e-12);
/// assert!((mantis_models::mean_log_odds(&[0.2, 0.8]) - 0.5).abs() < 1e-12);
/// ```
#[must_use]
pub fn mean_log_odds(members: &[f64]) -> f64 {
    let sum: f64 = members.iter().map(|&p| log_odds(p)).sum();
    sigmoid(sum / members.len().max(1) as f64)
}

/// Weights of several models, by a logistic regression on their log-odds.
///
/// Its rows must be out of fold for every member: a member that has seen a row is surer there than it deserves, and would be given
/// the weight of the others.
///
/// ```
/// use mantis_models::Stack;
///
/// // The first member knows the outcome three times of four, the second nothing.
/// let up: Vec<bool> = (0..400).map(|i| i % 2 == 0).collect();
/// let knows = (0..400).map(|i| if (i % 2 == 0) == (i % 8 < 6) { 0.7 } else { 0.3 }).collect();
/// let guesses = (0..400).map(|i| if i / 7 % 2 == 0 { 0.7 } else { 0.3 }).collect();
/// let stack = Stack::fit(&[knows, guesses], &up)?;
/// assert!(stack.apply(&[0.7, 0.5])? > 0.6);
/// assert!((stack.apply(&[0.5, 0.7])? - 0.5).abs() < 0.1);
/// # Ok::<(), mantis_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    linear: Linear,
}

impl Stack {
    /// Fits on out-of-fold probabilities, a vector for each member.
    ///
    /// # Errors
    /// [`Error::Length`] for members of different length or none, [`Error::NotFinite`], [`Error::OneClass`].
    pub fn fit(members: &[Vec<f64>], up: &[bool]) -> Result<Self> {
        members.iter().try_for_each(|member| check(member, up))?;
        if members.is_empty() {
            return Err(Error::Length { what: "stack", input: "members", got: 0, expected: 1 });
        }
        let x = Array2::from_shape_fn((up.len(), members.len()), |(row, member)| {
            log_odds(members[member][row])
        });
        Ok(Self { linear: Logistic::default().fit(x.view(), up, None)? })
    }

    /// The probability from one of each member.
    ///
    /// # Errors
    /// As [`Linear::probability`] for another number of members.
    pub fn apply(&self, members: &[f64]) -> Result<f64> {
        let x: Vec<f64> = members.iter().map(|&p| log_odds(p)).collect();
        Ok(self.linear.probability(&x)?)
    }

    /// Weight of each member.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.linear.weights
    }
}
