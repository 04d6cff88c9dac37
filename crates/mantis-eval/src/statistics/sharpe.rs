//! What is left of a Sharpe ratio after many trials.

use super::distributions::{normal_cdf, normal_quantile};
use crate::metrics::count;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// The moments of returns that decide how sure a Sharpe ratio is; nothing is annualised.
///
/// ```
/// use mantis_eval::statistics::SharpeEvidence;
///
/// let returns: Vec<f64> = (0..100).map(|i| if i % 3 == 0 { -0.01 } else { 0.01 }).collect();
/// let evidence = SharpeEvidence::new(&returns)?;
/// assert_eq!(evidence.n, 100);
/// assert!(evidence.sharpe > 0.3 && evidence.skewness < 0.0);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SharpeEvidence {
    /// Returns.
    pub n: usize,
    /// Mean over standard deviation (n - 1) of one period.
    pub sharpe: f64,
    /// Third standardised moment (moments over n).
    pub skewness: f64,
    /// Fourth standardised moment; 3 for a normal distribution.
    pub kurtosis: f64,
}

impl SharpeEvidence {
    /// Takes the moments.
    ///
    /// # Errors
    /// [`Error::TooShort`] for fewer than two returns, [`Error::NotFinite`], and [`Error::Parameter`] for returns that
    /// do not vary.
    pub fn new(returns: &[f64]) -> Result<Self> {
        let what = "SharpeEvidence";
        if let Some(index) = returns.iter().position(|r| !r.is_finite()) {
            return Err(Error::NotFinite { what, index, value: returns[index] });
        }
        if returns.len() < 2 {
            return Err(Error::TooShort {
                what,
                unit: "returns",
                expected: 2,
                got: returns.len(),
                remedy: "judge a longer span",
            });
        }
        let n = count(returns.len());
        let mean = returns.iter().sum::<f64>() / n;
        let moment = |k: i32| returns.iter().map(|r| (r - mean).powi(k)).sum::<f64>() / n;
        let variance = moment(2);
        if variance <= 0.0 {
            let (parameter, expected) = ("variance of the returns", "positive");
            return Err(Error::Parameter { what, parameter, expected, got: variance });
        }
        Ok(Self {
            n: returns.len(),
            sharpe: mean / (variance * n / (n - 1.0)).sqrt(),
            skewness: moment(3) / variance.powf(1.5),
            kurtosis: moment(4) / (variance * variance),
        })
    }

    /// The moments of one unit won for each right forecast and lost for each wrong one.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 0 < accuracy < 1, [`Error::TooShort`] for fewer than two forecasts.
    ///
    /// ```
    /// use mantis_eval::statistics::SharpeEvidence;
    ///
    /// let bets: Vec<f64> = (0..1000).map(|i| if i < 520 { 1.0 } else { -1.0 }).collect();
    /// let (short, long) = (SharpeEvidence::of_accuracy(0.52, 1000)?, SharpeEvidence::new(&bets)?);
    /// assert!((short.sharpe - long.sharpe).abs() < 1e-12);
    /// assert!((short.kurtosis - long.kurtosis).abs() < 1e-12);
    /// # Ok::<(), mantis_eval::Error>(())
    /// ```
    pub fn of_accuracy(accuracy: f64, n: usize) -> Result<Self> {
        let what = "SharpeEvidence::of_accuracy";
        if !(accuracy > 0.0 && accuracy < 1.0) {
            let (parameter, expected) = ("accuracy", "above 0 and below 1");
            return Err(Error::Parameter { what, parameter, expected, got: accuracy });
        }
        if n < 2 {
            let (unit, remedy) = ("forecasts", "judge a longer span");
            return Err(Error::TooShort { what, unit, expected: 2, got: n, remedy });
        }
        let (spread, rows) = (accuracy * (1.0 - accuracy), count(n));
        let deviation = (4.0 * spread * rows / (rows - 1.0)).sqrt();
        Ok(Self {
            n,
            sharpe: (2.0 * accuracy - 1.0) / deviation,
            skewness: (1.0 - 2.0 * accuracy) / spread.sqrt(),
            kurtosis: (1.0 - 3.0 * spread) / spread,
        })
    }
}

/// Probability that the true Sharpe ratio exceeds `benchmark` (Bailey and López de Prado, 2012).
///
/// ```
/// use mantis_eval::statistics::{SharpeEvidence, probabilistic_sharpe};
///
/// let evidence = SharpeEvidence { n: 1000, sharpe: 0.1, skewness: 0.0, kurtosis: 3.0 };
/// assert_eq!(probabilistic_sharpe(&evidence, 0.1), 0.5);
/// assert!(probabilistic_sharpe(&evidence, 0.0) > 0.99);
/// ```
#[must_use]
pub fn probabilistic_sharpe(evidence: &SharpeEvidence, benchmark: f64) -> f64 {
    let sharpe = evidence.sharpe;
    let spread =
        1.0 - evidence.skewness * sharpe + (evidence.kurtosis - 1.0) / 4.0 * sharpe * sharpe;
    normal_cdf((sharpe - benchmark) * (count(evidence.n) - 1.0).sqrt() / spread.sqrt())
}

/// The largest Sharpe ratio that is expected among `trials` without any skill, whose ratios have the standard deviation
/// `deviation`; 0 for one trial.
///
/// # Errors
/// [`Error::Parameter`] for no trial or a deviation that is not finite and at least 0.
///
/// ```
/// use mantis_eval::statistics::expected_maximum_sharpe;
///
/// assert_eq!(expected_maximum_sharpe(1, 0.05)?, 0.0);
/// assert!(expected_maximum_sharpe(1000, 0.05)? > 0.15);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn expected_maximum_sharpe(trials: usize, deviation: f64) -> Result<f64> {
    let what = "expected_maximum_sharpe";
    if trials == 0 {
        let (parameter, expected) = ("trials", "at least 1");
        return Err(Error::Parameter { what, parameter, expected, got: 0.0 });
    }
    if !(deviation.is_finite() && deviation >= 0.0) {
        let (parameter, expected) = ("deviation", "finite and not negative");
        return Err(Error::Parameter { what, parameter, expected, got: deviation });
    }
    if trials == 1 {
        return Ok(0.0);
    }
    let n = count(trials);
    let upper = |tail: f64| -normal_quantile(tail);
    Ok(deviation
        * ((1.0 - EULER_GAMMA) * upper(1.0 / n)
            + EULER_GAMMA * upper(1.0 / (n * std::f64::consts::E))))
}

/// Probability that the best of several trials has a true Sharpe ratio above what luck alone explains (Bailey and López
/// de Prado, *The deflated Sharpe ratio*, 2014). `trial_sharpes` are the ratios of the trials that have one, per period as in
/// `evidence`; `trials` counts all of them, also those that failed before they had one.
///
/// # Errors
/// [`Error::Empty`] without ratios, [`Error::NotFinite`], [`Error::Parameter`] for fewer trials than ratios.
///
/// ```
/// use mantis_eval::statistics::{SharpeEvidence, deflated_sharpe, probabilistic_sharpe};
///
/// let best = SharpeEvidence { n: 1000, sharpe: 0.1, skewness: 0.0, kurtosis: 3.0 };
/// let trials: Vec<f64> = (0..50).map(|i| -0.1 + 0.004 * f64::from(i)).collect();
/// let deflated = deflated_sharpe(&best, &trials, 60)?;
/// assert!(deflated < 0.3 && probabilistic_sharpe(&best, 0.0) > 0.99);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn deflated_sharpe(
    evidence: &SharpeEvidence,
    trial_sharpes: &[f64],
    trials: usize,
) -> Result<f64> {
    let what = "deflated_sharpe";
    if trial_sharpes.is_empty() {
        return Err(Error::Empty { what });
    }
    if let Some(index) = trial_sharpes.iter().position(|s| !s.is_finite()) {
        return Err(Error::NotFinite { what, index, value: trial_sharpes[index] });
    }
    if trials < trial_sharpes.len() {
        let (parameter, expected) = ("trials", "at least as many as there are ratios");
        return Err(Error::Parameter { what, parameter, expected, got: count(trials) });
    }
    let n = count(trial_sharpes.len());
    let mean = trial_sharpes.iter().sum::<f64>() / n;
    let squares: f64 = trial_sharpes.iter().map(|s| (s - mean).powi(2)).sum();
    let deviation = if trial_sharpes.len() > 1 { (squares / (n - 1.0)).sqrt() } else { 0.0 };
    let benchmark = expected_maximum_sharpe(trials, deviation)?;
    Ok(probabilistic_sharpe(evidence, benchmark))
}
