//! Probabilities as the numbers that the validator reads.

use mantis_data::{Challenge, Embedding, LossKind};

use crate::{Error, Result};

/// The validator clips to this distance from 0 and 1.
const EDGE: f64 = 1e-6;

/// How much of a position a probability of "up" is: an edge of a tenth is a whole one.
const FULL: f64 = 10.0;

/// The embedding of the answers of each asset; an asset without answers is left at zero.
pub(super) fn embedding(challenge: &Challenge, answers: &[Option<Vec<f64>>]) -> Result<Embedding> {
    let values = match challenge.loss {
        LossKind::Hitfirst => whole(answers).map(hitfirst),
        LossKind::Lbfgs => whole(answers).map(lbfgs),
        LossKind::RangeBreakoutMulti => Some(each(answers, 2, |p| vec![p[0], 1.0 - p[0]])),
        LossKind::XsecRank | LossKind::FundingXsec => {
            Some(each(answers, 1, |p| vec![2.0 * p[0] - 1.0]))
        }
        LossKind::TradeMix => {
            Some(each(answers, 1, |p| vec![(FULL * (p[0] - 0.5)).clamp(-1.0, 1.0)]))
        }
        _ => None,
    };
    let values = values.ok_or_else(|| {
        Error::usage(&format!(
            "{}: there is no embedding of these answers for kind {}",
            challenge.ticker, challenge.loss
        ))
    })?;
    Ok(Embedding::new(challenge, values)?)
}

fn whole(answers: &[Option<Vec<f64>>]) -> Option<&[f64]> {
    answers.first()?.as_deref()
}

fn each(answers: &[Option<Vec<f64>>], dim: usize, values: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    answers.iter().flat_map(|p| p.as_deref().map_or_else(|| vec![0.0; dim], &values)).collect()
}

/// Up first, down first, neither: the two questions are asked apart, so that together they may leave too little for "neither".
fn hitfirst(p: &[f64]) -> Vec<f64> {
    let sum = p[0] + p[1];
    let scale = if sum > 1.0 - EDGE { (1.0 - EDGE) / sum } else { 1.0 };
    let (up, down) = (p[0] * scale, p[1] * scale);
    vec![up, down, 1.0 - up - down]
}

/// Five buckets that add up to 1, then the twelve moves against them.
fn lbfgs(p: &[f64]) -> Vec<f64> {
    let sum: f64 = p[..5].iter().sum();
    let buckets = p[..5].iter().map(|p| p / sum);
    buckets.chain(p[5..].iter().copied()).map(|p| p.clamp(EDGE, 1.0 - EDGE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mantis_data::ChallengeTable;

    fn challenge(ticker: &str) -> Challenge {
        ChallengeTable::profile("2026-07").unwrap().get(ticker).unwrap().clone()
    }

    #[test]
    fn each_kind_has_its_shape_and_its_meaning() {
        let of = |ticker: &str, answers: &[Option<Vec<f64>>]| {
            embedding(&challenge(ticker), answers).unwrap().values().to_vec()
        };
        assert_eq!(of("ETHHITFIRST", &[Some(vec![0.25, 0.5])]), [0.25, 0.5, 0.25]);
        let tight = of("ETHHITFIRST", &[Some(vec![0.9, 0.9])]);
        assert!((tight.iter().sum::<f64>() - 1.0).abs() < 1e-12 && tight[2] > 0.0, "{tight:?}");

        let mut p = vec![0.1, 0.1, 0.4, 0.1, 0.1];
        p.extend([0.5; 12]);
        let values = of("ETHLBFGS", &[Some(p)]);
        assert!((values[2] - 0.5).abs() < 1e-12 && values[5..] == [0.5; 12], "{values:?}");

        let mut answers = vec![None; 33];
        answers[1] = Some(vec![0.75]);
        let values = of("MULTIBREAKOUT", &answers);
        assert_eq!((values.len(), &values[..4]), (66, &[0.0, 0.0, 0.75, 0.25][..]));
        let values = of("MULTIXSEC", &answers);
        assert_eq!((values.len(), &values[..3]), (33, &[0.0, 0.5, 0.0][..]));
        let values = of("TRADEMIX", &[Some(vec![0.52]), Some(vec![0.3]), None, Some(vec![0.9])]);
        assert!((values[0] - 0.2).abs() < 1e-12 && values[1..] == [-1.0, 0.0, 1.0], "{values:?}");
        assert!(embedding(&challenge("ETHLBFGS"), &[None]).is_err());
    }
}
