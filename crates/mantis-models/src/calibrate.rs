//! Probabilities brought into line with how often things happen, fitted on rows that the model was not fitted on.

use mantis_features::learn::{Logistic, sigmoid};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

const WHAT: &str = "calibration";

/// Probabilities nearer to 0 and 1 than this have no log-odds to speak of.
const EDGE: f64 = 1e-9;

/// Log-odds of a probability, which is kept a little away from 0 and 1.
pub(crate) fn log_odds(p: f64) -> f64 {
    let p = p.clamp(EDGE, 1.0 - EDGE);
    (p / (1.0 - p)).ln()
}

/// A map from probabilities to better ones.
///
/// | kind | map | source |
/// |---|---|---|
/// | Platt | log-odds times a slope, plus an intercept | Platt (1999), on log-odds |
/// | temperature | log-odds times a slope | Guo et al. (2017), arXiv 1706.04599 |
/// | isotonic | the rising steps nearest to the outcomes | Zadrozny and Elkan (2002), pool of adjacent violators |
///
/// Fit it on rows that the model did not see. A positive slope leaves the order of the rows as it is; a Platt slope may come out
/// negative and turn it round, a temperature of slope 0 and the steps of the isotonic map make rows equal. Accuracy at full
/// coverage stays with a positive temperature slope, and changes where any other map moves rows across 1/2.
///
/// ```
/// use mantis_models::Calibration;
///
/// // Far too sure: what is called 0.9 happens six times of ten, what is called 0.1 four times.
/// let p = [[0.9; 10], [0.1; 10]].concat();
/// let up: Vec<bool> = (0..20).map(|i| if i < 10 { i < 6 } else { i < 14 }).collect();
/// let calibration = Calibration::platt(&p, &up)?;
/// assert!((calibration.apply(0.9) - 0.6).abs() < 0.01);
/// assert!((calibration.apply(0.1) - 0.4).abs() < 0.01);
/// # Ok::<(), mantis_models::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Calibration {
    /// Slope and intercept of the log-odds.
    Platt {
        /// Factor of the log-odds.
        slope: f64,
        /// Added to them.
        intercept: f64,
    },
    /// Slope of the log-odds.
    Temperature {
        /// Factor of the log-odds: one over the temperature.
        slope: f64,
    },
    /// Rising steps.
    Isotonic {
        /// Upper end of each step, in probabilities of the model, rising.
        ends: Vec<f64>,
        /// Value of each step, rising.
        values: Vec<f64>,
    },
}

impl Calibration {
    /// Slope and intercept by maximum likelihood, with a penalty too small to matter.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::NotFinite`] for something that is no probability, [`Error::OneClass`].
    pub fn platt(p: &[f64], up: &[bool]) -> Result<Self> {
        check(p, up)?;
        let x = Array2::from_shape_fn((p.len(), 1), |(row, _)| log_odds(p[row]));
        let fit = Logistic { c: 1e6, ..Logistic::default() }.fit(x.view(), up, None)?;
        Ok(Self::Platt { slope: fit.weights[0], intercept: fit.intercept })
    }

    /// The slope by maximum likelihood, by bisection of the loss's derivative.
    ///
    /// # Errors
    /// As [`Calibration::platt`].
    pub fn temperature(p: &[f64], up: &[bool]) -> Result<Self> {
        check(p, up)?;
        let x: Vec<f64> = p.iter().map(|&p| log_odds(p)).collect();
        let derivative = |slope: f64| {
            let one = |(&x, &up): (&f64, &bool)| x * (sigmoid(slope * x) - f64::from(u8::from(up)));
            x.iter().zip(up).map(one).sum::<f64>()
        };
        // The loss is convex in the slope; below 0 the model would be believed to be wrong.
        let (mut low, mut high) = (0.0, 100.0);
        if derivative(low) >= 0.0 {
            return Ok(Self::Temperature { slope: low });
        }
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if derivative(middle) < 0.0 { low = middle } else { high = middle }
        }
        Ok(Self::Temperature { slope: f64::midpoint(low, high) })
    }

    /// The rising steps with the least squared error.
    ///
    /// # Errors
    /// As [`Calibration::platt`].
    pub fn isotonic(p: &[f64], up: &[bool]) -> Result<Self> {
        check(p, up)?;
        let mut order: Vec<usize> = (0..p.len()).collect();
        order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
        // Steps as (end, ups, rows); equal probabilities are one step from the start.
        let mut steps: Vec<(f64, f64, f64)> = Vec::new();
        for &row in &order {
            let risen = f64::from(u8::from(up[row]));
            match steps.last_mut() {
                Some(step) if step.0 == p[row] => {
                    step.1 += risen;
                    step.2 += 1.0;
                }
                _ => steps.push((p[row], risen, 1.0)),
            }
        }
        let mut pooled: Vec<(f64, f64, f64)> = Vec::new();
        for step in steps {
            let mut step = step;
            while let Some(&before) = pooled.last() {
                if before.1 / before.2 < step.1 / step.2 {
                    break;
                }
                pooled.pop();
                step = (step.0, step.1 + before.1, step.2 + before.2);
            }
            pooled.push(step);
        }
        Ok(Self::Isotonic {
            ends: pooled.iter().map(|step| step.0).collect(),
            values: pooled.iter().map(|step| step.1 / step.2).collect(),
        })
    }

    /// The better probability.
    #[must_use]
    pub fn apply(&self, p: f64) -> f64 {
        match self {
            Self::Platt { slope, intercept } => sigmoid(slope * log_odds(p) + intercept),
            Self::Temperature { slope } => sigmoid(slope * log_odds(p)),
            Self::Isotonic { ends, values } => {
                let at = ends.partition_point(|&end| end < p);
                values.get(at).or(values.last()).copied().unwrap_or(p)
            }
        }
    }
}

/// One label for each probability, both labels, and nothing that is no probability.
pub(crate) fn check(p: &[f64], up: &[bool]) -> Result<()> {
    if p.len() != up.len() {
        let (got, expected) = (p.len(), up.len());
        return Err(Error::Length { what: WHAT, input: "probabilities", got, expected });
    }
    if let Some(row) = p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        let (column, got) = ("the probability".to_owned(), p[row]);
        let hint = "give probabilities from 0 to 1";
        return Err(Error::NotFinite { what: WHAT, column, row, got, hint });
    }
    if up.iter().all(|&up| up) || up.iter().all(|&up| !up) {
        return Err(Error::OneClass { what: WHAT, rows: up.len() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outcomes that follow log-odds of a given slope and intercept of the forecast's.
    fn rows(slope: f64, intercept: f64) -> (Vec<f64>, Vec<bool>) {
        let p: Vec<f64> =
            (0..20_000).map(|i| 0.05 + 0.9 * ((i * 7919) % 1000) as f64 / 1000.0).collect();
        let up = p
            .iter()
            .enumerate()
            .map(|(i, &p)| {
                let draw = ((i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64
                    / (1u64 << 53) as f64;
                draw < sigmoid(slope * log_odds(p) + intercept)
            })
            .collect();
        (p, up)
    }

    #[test]
    fn slope_and_intercept_are_found_again() {
        let (p, up) = rows(0.4, 0.3);
        let Calibration::Platt { slope, intercept } = Calibration::platt(&p, &up).unwrap() else {
            panic!()
        };
        // Standard errors of some .02 on 20,000 rows.
        assert!(
            (slope - 0.4).abs() < 0.06 && (intercept - 0.3).abs() < 0.06,
            "{slope} {intercept}"
        );
        let (p, up) = rows(0.5, 0.0);
        let Calibration::Temperature { slope } = Calibration::temperature(&p, &up).unwrap() else {
            panic!()
        };
        assert!((slope - 0.5).abs() < 0.06, "{slope}");
        let wrong: Vec<bool> = up.iter().map(|up| !up).collect();
        assert_eq!(
            Calibration::temperature(&p, &wrong).unwrap(),
            Calibration::Temperature { slope: 0.0 }
        );
    }

    #[test]
    fn steps_rise_and_have_the_mean_of_their_rows() {
        let p = [0.1, 0.2, 0.3, 0.3, 0.4, 0.5];
        let up = [false, true, false, false, true, true];
        let calibration = Calibration::isotonic(&p, &up).unwrap();
        let Calibration::Isotonic { ends, values } = &calibration else { panic!() };
        assert_eq!((&ends[..], &values[..]), (&[0.1, 0.3, 0.5][..], &[0.0, 1.0 / 3.0, 1.0][..]));
        assert_eq!(calibration.apply(0.05), 0.0);
        assert_eq!(calibration.apply(0.25), 1.0 / 3.0);
        assert_eq!(calibration.apply(0.9), 1.0);
        let (p, up) = rows(1.0, 0.0);
        let calibration = Calibration::isotonic(&p, &up).unwrap();
        for p in [0.2, 0.5, 0.8] {
            assert!((calibration.apply(p) - p).abs() < 0.06, "{p} {}", calibration.apply(p));
        }
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(matches!(Calibration::platt(&[0.5], &[]), Err(Error::Length { .. })));
        assert!(matches!(
            Calibration::platt(&[0.5, 0.6], &[true, true]),
            Err(Error::OneClass { .. })
        ));
        let error = Calibration::isotonic(&[0.5, f64::NAN], &[true, false]).unwrap_err();
        assert!(error.to_string().contains("NaN at row 1"), "{error}");
    }
}
