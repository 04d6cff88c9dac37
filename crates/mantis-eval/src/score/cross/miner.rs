//! The pairs for which one miner said something, and the fits on them.

use super::CrossProfile;
use super::levels::{Levels, Tally};
use super::pooled::Pooled;
use crate::score::EmbeddingMatrix;
use crate::score::fit::Problem;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::ops::Range;

/// Weight and intercept of a fit on one miner's own values.
pub(super) type Line = (f64, f64);

/// Fits of one miner by the pair before which they end.
pub(super) type Fits = BTreeMap<usize, Option<Line>>;

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
    levels: Levels,
    /// Which level each value is.
    place: Vec<u32>,
    up: Vec<bool>,
    /// The tally of the first values; fits follow each other in time.
    seen: Tally,
    tallied: usize,
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
        let (mut pair, mut own, mut x, mut up) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (k, (&cell, &sign)) in pooled.cell.iter().zip(&pooled.sign).enumerate() {
            let value = values[cell as usize];
            if value != 0.0 && !absent[cell as usize % assets] {
                #[expect(clippy::cast_possible_truncation, reason = "tables stay below 2^32")]
                pair.push(k as u32);
                own.push(cell);
                x.push(value);
                up.push(sign > 0.0);
            }
        }
        let (levels, place) = Levels::of(&x);
        Ok(Self {
            what,
            hotkey: &matrix.hotkeys()[j],
            skipped: matrix.skipped(),
            assets,
            pair,
            cell: own,
            bad: x.iter().position(|v| !v.is_finite()),
            seen: Tally::new(&levels),
            levels,
            place,
            up,
            tallied: 0,
        })
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
                value: f64::from(self.levels.value(self.place[bad])),
            }),
            None => Ok(()),
        }
    }

    /// Adds the own pairs before `end` to those seen.
    fn see(&mut self, end: usize) {
        if end < self.tallied {
            (self.seen, self.tallied) = (Tally::new(&self.levels), 0);
        }
        let new = self.tallied..end;
        self.seen.add(&self.place[new.clone()], &self.up[new]);
        self.tallied = end;
    }

    /// The fit on own pairs before the pair `end`; `None` with too few of them or one outcome. Ends that follow each other
    /// in time cost least.
    pub(super) fn fit(&mut self, end: usize, profile: &CrossProfile) -> Result<Option<Line>> {
        let own = self.own(&(0..end));
        self.see(own.end);
        if own.len() < profile.min_fit || !self.seen.both() {
            return Ok(None);
        }
        self.check(&own)?;
        let (values, signs, times) = self.seen.rows(&self.levels);
        let columns = [&values[..]];
        Ok(Problem::new(&columns, &signs, times, false).map(|problem| {
            let line = problem.lbfgs(profile.c, profile.base_max_iter);
            (line.weights[0], line.intercept)
        }))
    }

    /// AUC on the pairs `eval` of the fit before `fit_end`; one half when it cannot be judged.
    pub(super) fn selection_auc(
        &mut self,
        fit_end: usize,
        eval: &Range<usize>,
        distinct: usize,
        profile: &CrossProfile,
    ) -> Result<f32> {
        let judged = self.own(eval);
        let mut tally = Tally::new(&self.levels);
        tally.add(&self.place[judged.clone()], &self.up[judged.clone()]);
        if judged.len() < profile.min_eval || !tally.both() {
            return Ok(0.5);
        }
        self.see(self.own(&(0..fit_end)).end);
        if self.seen.distinct() < distinct {
            return Ok(0.5);
        }
        let Some((weight, _)) = self.fit(fit_end, profile)? else { return Ok(0.5) };
        self.check(&judged)?;
        if weight == 0.0 {
            return Ok(0.5);
        }
        let auc = tally.auc();
        #[expect(clippy::cast_possible_truncation, reason = "the validator stores f32")]
        Ok(if weight > 0.0 { auc } else { 1.0 - auc } as f32)
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
        for (&k, &place) in self.pair[own.clone()].iter().zip(&self.place[own]) {
            let x = f64::from(self.levels.value(place));
            #[expect(clippy::cast_possible_truncation, reason = "the validator stores f32")]
            let value = (weight * x + intercept) as f32;
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
