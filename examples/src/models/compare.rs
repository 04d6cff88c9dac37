//! Two models on the same rows: a paired bootstrap of days, and the test of Diebold and Mariano.

use mantis_data::Timestamp;
use mantis_eval::metrics::{accuracy, roc_auc};
use mantis_eval::statistics::{
    BlockBootstrap, DieboldMariano, Estimate, day_blocks, diebold_mariano,
};
use serde::Serialize;

use crate::Result;

/// Draws of days.
const DRAWS: usize = 300;

/// By how much one model is better than another, with 95 % intervals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Gain in accuracy.
    pub accuracy: Estimate,
    /// Gain in area under the ROC curve.
    pub auc: Estimate,
    /// Squared errors of the probabilities, a negative statistic for the better model; none where both are the same.
    pub squared_error: Option<DieboldMariano>,
}

/// Draws whole days with replacement, the same for both models. Forecasts look one row ahead.
///
/// # Errors
/// Those of the measures.
pub fn paired(times: &[Timestamp], up: &[bool], p: &[f64], base: &[f64]) -> Result<Comparison> {
    let bootstrap = BlockBootstrap { replicates: DRAWS, ..BlockBootstrap::default() };
    let days = day_blocks(times)?;
    let gain = |measure: fn(&[bool], &[f64]) -> mantis_eval::Result<f64>| {
        bootstrap.estimate(&days, |rows| {
            let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&r| values[r]).collect() };
            let up: Vec<bool> = rows.iter().map(|&row| up[row]).collect();
            Ok(measure(&up, &pick(p))? - measure(&up, &pick(base))?)
        })
    };
    let squared = |p: &[f64]| -> Vec<f64> {
        p.iter().zip(up).map(|(p, &up)| (p - f64::from(u8::from(up))).powi(2)).collect()
    };
    let squared_error = match diebold_mariano(&squared(p), &squared(base), 1) {
        Err(mantis_eval::Error::TooShort { .. } | mantis_eval::Error::Parameter { .. }) => None,
        found => Some(found?),
    };
    Ok(Comparison { accuracy: gain(accuracy)?, auc: gain(roc_auc)?, squared_error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mantis_data::Interval;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn hours(n: usize) -> Vec<Timestamp> {
        let start = Timestamp::parse("2024-01-01").unwrap();
        (0..n).map(|hour| start + Interval::hours(hour as i64)).collect()
    }

    #[test]
    fn a_better_model_has_an_interval_above_zero_and_itself_none() {
        let n = 2400;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let up: Vec<bool> = (0..n).map(|_| rng.gen_bool(0.5)).collect();
        let noise: Vec<f64> = (0..n).map(|_| rng.gen_range(0.4..0.6)).collect();
        let better: Vec<f64> =
            up.iter().zip(&noise).map(|(&up, p)| p + if up { 0.03 } else { -0.03 }).collect();
        let gain = paired(&hours(n), &up, &better, &noise).unwrap();
        assert!(gain.accuracy.low > 0.05 && gain.auc.low > 0.05, "{gain:?}");
        let test = gain.squared_error.unwrap();
        assert!(test.statistic < -5.0 && test.p_value < 1e-6, "{test:?}");
        let none = paired(&hours(n), &up, &noise, &noise).unwrap();
        let zero = Estimate { value: 0.0, low: 0.0, high: 0.0 };
        assert_eq!(none, Comparison { accuracy: zero, auc: zero, squared_error: None });
    }
}
