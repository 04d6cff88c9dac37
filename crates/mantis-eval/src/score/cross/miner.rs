//! The pairs for which one miner said something, and the fits on them.

use super::CrossProfile;
use super::pooled::{Pooled, both};
use crate::metrics::{count, roc_auc};
use crate::score::EmbeddingMatrix;
use crate::score::fit::Problem;
use crate::{Error, Result};
use half::f16;
use std::ops::Range;

/// Weight and intercept of a fit on one miner's own values.
pub(super) type Line = (f64, f64);

/// The pairs with a value other than zero, in time order.
pub(super) struct Miner<'a> {
    what: &'static str,
    hotkey: &'a String,
    /// Rows of the given matrix before the first row that counts.
    skipped: usize,
    assets: usize,
    /// Position of each pair among all pairs.
    pair: Vec<u32>,
    cell: Vec<u32>,
    x: Vec<f32>,
    sign: Vec<f64>,
    /// First value that no fit can take.
    bad: Option<usize>,
}

impl<'a> Miner<'a> {
    /// `stale` minutes decide which assets count as absent: those whose values hardly vary over them.
    pub(super) fn new(
        what: &'static str,
        matrix: &EmbeddingMatrix<'a>,
        j: usize,
        pooled: &Pooled,
        stale: Option<(&[usize], f32)>,
    ) -> Result<Self> {
        let assets = matrix.dim();
        let values = matrix.values_of(j)?;
        let absent: Vec<bool> = match stale {
            Some((rows, least)) => {
                (0..assets).map(|a| f32_std(&values, assets, a, rows) < least).collect()
            }
            None => vec![false; assets],
        };
        let mut miner = Self {
            what,
            hotkey: &matrix.hotkeys()[j],
            skipped: matrix.skipped(),
            assets,
            pair: Vec::new(),
            cell: Vec::new(),
            x: Vec::new(),
            sign: Vec::new(),
            bad: None,
        };
        for (k, (&cell, &sign)) in pooled.cell.iter().zip(&pooled.sign).enumerate() {
            let value = values[cell as usize];
            if value != 0.0 && !absent[cell as usize % assets] {
                if !value.is_finite() {
                    miner.bad.get_or_insert(miner.x.len());
                }
                #[expect(clippy::cast_possible_truncation, reason = "tables stay below 2^32")]
                miner.pair.push(k as u32);
                miner.cell.push(cell);
                miner.x.push(value);
                miner.sign.push(sign);
            }
        }
        Ok(miner)
    }

    /// Own pairs within a range of all pairs.
    fn own(&self, pairs: &Range<usize>) -> Range<usize> {
        let from = self.pair.partition_point(|&k| (k as usize) < pairs.start);
        from..self.pair.partition_point(|&k| (k as usize) < pairs.end).max(from)
    }

    fn check(&self, own: &Range<usize>) -> Result<()> {
        match self.bad.filter(|&bad| bad < own.end) {
            Some(bad) => Err(Error::Poisoned {
                what: self.what,
                challenge: None,
                hotkey: self.hotkey.clone(),
                row: self.skipped + self.cell[bad] as usize / self.assets,
                sidx: None,
                value: f64::from(self.x[bad]),
            }),
            None => Ok(()),
        }
    }

    /// The fit on own pairs before the pair `end`; `None` with too few of them or one outcome.
    pub(super) fn fit(&self, end: usize, profile: &CrossProfile) -> Result<Option<Line>> {
        let own = self.own(&(0..end));
        if own.len() < profile.min_fit || !both(&self.sign[own.clone()]) {
            return Ok(None);
        }
        self.check(&own)?;
        let columns = [&self.x[own.clone()]];
        let weights = vec![1.0; own.len()];
        let problem = Problem::new(&columns, &self.sign[own], weights, false);
        Ok(problem.map(|problem| {
            let line = problem.lbfgs(profile.c, profile.base_max_iter);
            (line.weights[0], line.intercept)
        }))
    }

    /// AUC on the pairs `eval` of the fit before `fit_end`; one half when it cannot be judged.
    pub(super) fn selection_auc(
        &self,
        fit_end: usize,
        eval: &Range<usize>,
        distinct: usize,
        profile: &CrossProfile,
    ) -> Result<f32> {
        let judged = self.own(eval);
        if judged.len() < profile.min_eval || !both(&self.sign[judged.clone()]) {
            return Ok(0.5);
        }
        if !self.has_distinct(self.own(&(0..fit_end)), distinct) {
            return Ok(0.5);
        }
        let Some((weight, _)) = self.fit(fit_end, profile)? else { return Ok(0.5) };
        self.check(&judged)?;
        if weight == 0.0 {
            return Ok(0.5);
        }
        let auc = auc(&self.x[judged.clone()], &self.sign[judged])?;
        #[expect(clippy::cast_possible_truncation, reason = "the validator stores f32")]
        Ok(if weight > 0.0 { auc } else { 1.0 - auc } as f32)
    }

    fn has_distinct(&self, own: Range<usize>, least: usize) -> bool {
        let mut seen: Vec<f32> = Vec::new();
        for &x in &self.x[own] {
            if seen.len() >= least {
                break;
            }
            if !seen.contains(&x) {
                seen.push(x);
            }
        }
        seen.len() >= least
    }

    /// Writes the decision values of a fit for own pairs within `pairs` into a column of all pairs from `first` on.
    pub(super) fn decide(
        &self,
        (weight, intercept): Line,
        pairs: &Range<usize>,
        first: usize,
        column: &mut [f32],
    ) -> Result<()> {
        let own = self.own(pairs);
        self.check(&own)?;
        for (&k, &x) in self.pair[own.clone()].iter().zip(&self.x[own]) {
            #[expect(clippy::cast_possible_truncation, reason = "the validator stores f32")]
            let value = (weight * f64::from(x) + intercept) as f32;
            column[k as usize - first] = value;
        }
        Ok(())
    }
}

/// Standard deviation as NumPy takes it along the rows of an f32 table: plain sums in f32, so that even a constant
/// column may seem to vary.
fn f32_std(values: &[f32], assets: usize, a: usize, rows: &[usize]) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "the validator divides in f32")]
    let n = rows.len() as f32;
    let column = || rows.iter().map(|&t| values[t * assets + a]);
    let mean = column().fold(0.0_f32, |sum, v| sum + v) / n;
    let squares = column().fold(0.0_f32, |sum, v| sum + (v - mean) * (v - mean));
    (squares / n).sqrt()
}

/// P(score of a positive > score of a negative) + P(equal) / 2. Values that half precision holds are counted instead of
/// sorted.
fn auc(x: &[f32], sign: &[f64]) -> Result<f64> {
    const CELLS: usize = 1 << 16;
    if x.iter().any(|&v| f16::from_f32(v).to_f32() != v) {
        let up: Vec<bool> = sign.iter().map(|&s| s > 0.0).collect();
        let score: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
        return roc_auc(&up, &score);
    }
    let mut counts = vec![[0_u32; 2]; CELLS];
    for (&v, &s) in x.iter().zip(sign) {
        // Bits in the order of the numbers they stand for; there is no zero.
        let bits = f16::from_f32(v).to_bits();
        let key = if bits >> 15 == 1 { !bits } else { bits | 0x8000 };
        counts[usize::from(key)][usize::from(s > 0.0)] += 1;
    }
    let (mut below, mut wins, mut totals) = (0.0, 0.0, [0.0; 2]);
    for &[down, up] in &counts {
        let (down, up) = (f64::from(down), f64::from(up));
        wins += up * (below + 0.5 * down);
        below += down;
        totals[0] += down;
        totals[1] += up;
    }
    debug_assert_eq!(totals[0] + totals[1], count(x.len()));
    Ok(wins / (totals[0] * totals[1]))
}
