//! What following the sign of every forecast earns.

use super::count;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Long above one half, short below it, flat at one half; held for one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignStrategy {
    /// Return of every row before costs.
    pub gross: Vec<f64>,
    /// The same after costs.
    pub net: Vec<f64>,
    /// Position changes, in units of the capital (from long to short is 2).
    pub turnover: f64,
}

impl SignStrategy {
    /// Value of one unit of money after each row, without and with costs; gains are reinvested.
    #[must_use]
    pub fn equity(&self) -> (Vec<f64>, Vec<f64>) {
        let grow = |returns: &[f64]| {
            let step = |value: &mut f64, r: &f64| {
                *value *= 1.0 + r;
                Some(*value)
            };
            returns.iter().scan(1.0, step).collect()
        };
        (grow(&self.gross), grow(&self.net))
    }

    /// Mean return of a row in hundredths of a percent, before and after costs.
    #[must_use]
    pub fn basis_points(&self) -> (f64, f64) {
        let mean = |returns: &[f64]| 1e4 * returns.iter().sum::<f64>() / count(returns.len());
        (mean(&self.gross), mean(&self.net))
    }
}

/// Follows the sign of every forecast. `returns` are those of the row's horizon, which must be one row; `cost` is what a
/// change of the position by the whole capital costs (fee and spread, as a fraction).
///
/// # Errors
/// [`Error::Length`], [`Error::Empty`], [`Error::NotFinite`], or [`Error::Parameter`] for a probability outside 0 to 1, a
/// return of -1 or less, or a negative cost.
///
/// ```
/// use mantis_eval::metrics::sign_strategy;
///
/// let strategy = sign_strategy(&[0.6, 0.7, 0.2], &[0.25, -0.25, -0.5], 0.125)?;
/// assert_eq!(strategy.gross, [0.25, -0.25, 0.5]);
/// assert_eq!(strategy.net, [0.125, -0.25, 0.25]);
/// assert_eq!(strategy.turnover, 3.0);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn sign_strategy(p_up: &[f64], returns: &[f64], cost: f64) -> Result<SignStrategy> {
    let what = "sign_strategy";
    if p_up.len() != returns.len() {
        return Err(Error::Length { what, expected: p_up.len(), got: returns.len() });
    }
    if p_up.is_empty() {
        return Err(Error::Empty { what });
    }
    for values in [p_up, returns] {
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite { what, index, value: values[index] });
        }
    }
    let bad = |parameter, expected, got| Err(Error::Parameter { what, parameter, expected, got });
    if let Some(&p) = p_up.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return bad("p_up", "within 0 to 1", p);
    }
    if let Some(&r) = returns.iter().find(|r| **r <= -1.0) {
        return bad("returns", "above -1", r);
    }
    if !(cost.is_finite() && cost >= 0.0) {
        return bad("cost", "finite and not negative", cost);
    }
    let (mut before, mut turnover) = (0.0, 0.0);
    let (mut gross, mut net) = (Vec::new(), Vec::new());
    for (&p, r) in p_up.iter().zip(returns) {
        let position = match p.partial_cmp(&0.5) {
            Some(std::cmp::Ordering::Greater) => 1.0,
            Some(std::cmp::Ordering::Less) => -1.0,
            _ => 0.0,
        };
        let traded = f64::abs(position - before);
        before = position;
        turnover += traded;
        gross.push(position * r);
        net.push(position * r - cost * traded);
    }
    Ok(SignStrategy { gross, net, turnover })
}
