//! The walk-forward selection of miners and the model of those selected, segment by segment.

use super::miner::{Fits, Miner};
use super::pooled::{Pooled, both, forward_pairs, price_gain};
use super::{CrossMemory, CrossOutcome, CrossProfile, CrossSegment};
use crate::metrics::{count, roc_auc};
use crate::score::fit::{Bootstrap, Linear, Problem, mean_fit, robust_importance};
use crate::score::helpers::{check_shape, out_of_sample_segments};
use crate::score::{Declined, EmbeddingMatrix, Outcome};
use crate::workers::{Progress, Workers};
use crate::{Error, Result};
use mantis_features::learn::sigmoid;
use ndarray::ArrayView2;
use std::collections::BTreeMap;
use std::ops::Range;

/// How the two challenges cut their rows.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    /// Rows between the start of a segment and its first validation row.
    embargo: usize,
    /// Rows between the end of training and the first validation row.
    shift: usize,
    /// Rows between the fit and the judged rows of a selection, and the embargo of out-of-sample parts.
    gap: usize,
    /// Least distinct values of a selection fit.
    distinct: usize,
}

/// One segment: its number, first validation row and end.
type Segment = (usize, usize, usize);

/// A challenge ready to be scored.
pub(crate) struct RankScorer<'m, 'p> {
    what: &'static str,
    matrix: EmbeddingMatrix<'m>,
    pooled: Pooled,
    stale: Option<(Vec<usize>, f32)>,
    cut: Cut,
    profile: &'p CrossProfile,
    /// Minutes with an outcome.
    rows: usize,
}

impl<'m, 'p> RankScorer<'m, 'p> {
    /// Forecasts of returns.
    pub(crate) fn of_returns(
        matrix: &EmbeddingMatrix<'m>,
        prices: ArrayView2<'_, f64>,
        blocks_ahead: u32,
        profile: &'p CrossProfile,
    ) -> Result<Option<Self>> {
        let what = "score_xsec";
        profile.check()?;
        check_shape(what, prices, (matrix.rows(), matrix.dim()))?;
        let matrix = matrix.last(profile.max_rows);
        let prices = prices.slice_move(ndarray::s![prices.nrows() - matrix.rows().., ..]);
        let ahead = (blocks_ahead / 5) as usize;
        let rows = matrix.rows().saturating_sub(ahead);
        if rows < profile.min_rows {
            return Ok(None);
        }
        let pooled = Pooled::new(rows, matrix.dim(), price_gain(prices, ahead));
        let cut = Cut { embargo: profile.lag, shift: 0, gap: profile.lag, distinct: 1 };
        Ok(Some(Self { what, matrix, pooled, stale: None, cut, profile, rows }))
    }

    /// Forecasts of changes of funding rates.
    pub(crate) fn of_funding(
        matrix: &EmbeddingMatrix<'m>,
        rates: ArrayView2<'_, f64>,
        sidx: Option<&[i64]>,
        blocks_ahead: u32,
        profile: &'p CrossProfile,
    ) -> Result<Option<Self>> {
        let what = "score_funding";
        profile.check()?;
        check_shape(what, rates, (matrix.rows(), matrix.dim()))?;
        if let Some(sidx) = sidx.filter(|sidx| sidx.len() != matrix.rows()) {
            return Err(Error::Length { what, expected: matrix.rows(), got: sidx.len() });
        }
        let matrix = matrix.last(profile.max_rows);
        let skipped = rates.nrows() - matrix.rows();
        let rates = rates.slice_move(ndarray::s![skipped.., ..]);
        let ahead = (blocks_ahead / 5) as usize;
        let pairs: Vec<Option<usize>> = match sidx {
            Some(sidx) => {
                forward_pairs(&sidx[skipped..], i64::from(blocks_ahead / 5), profile.pair_tolerance)
            }
            None => {
                (0..matrix.rows()).map(|t| Some(t + ahead).filter(|&l| l < matrix.rows())).collect()
            }
        };
        let matched: Vec<usize> = (0..pairs.len()).filter(|&t| pairs[t].is_some()).collect();
        let rows = matched.last().map_or(0, |last| last + 1);
        if matched.len() < profile.min_rows {
            return Ok(None);
        }
        let pooled = Pooled::new(rows, matrix.dim(), |t, a| {
            pairs[t].map_or(f64::NAN, |later| rates[[later, a]] - rates[[t, a]])
        });
        let cut = Cut {
            embargo: profile.lag.max(ahead),
            shift: ahead,
            gap: ahead,
            distinct: profile.min_distinct,
        };
        let stale = Some((matched, profile.stale_std));
        Ok(Some(Self { what, matrix, pooled, stale, cut, profile, rows }))
    }

    /// Scores with what is known of the miners; what is new is added to it.
    pub(super) fn score(
        &self,
        threads: usize,
        memory: &mut CrossMemory,
        progress: Progress<'_>,
    ) -> Result<CrossOutcome> {
        let workers = Workers::new(self.what, threads)?;
        let (profile, pooled) = (self.profile, &self.pooled);
        let miners: Vec<usize> = (0..self.matrix.hotkeys().len()).collect();
        if miners.is_empty() {
            return Ok(CrossOutcome::declined(Declined::NoHotkeys));
        }
        if pooled.len() < profile.min_pooled {
            return Ok(CrossOutcome::declined(Declined::TooFewRows));
        }
        if !both(&pooled.sign) {
            return Ok(CrossOutcome::declined(Declined::OneClass));
        }
        let all: Vec<Segment> =
            out_of_sample_segments(self.rows, profile.chunk_size, self.cut.embargo)
                .into_iter()
                .enumerate()
                .map(|(number, (_, first, end))| (number, first, end))
                .collect();
        let segments: Vec<Segment> =
            all.iter().copied().filter(|segment| self.selects(segment)).collect();
        let per_segment = profile.top_k + profile.bootstrap_n;
        let total = miners.len() + segments.len() * per_segment;
        let name = |j: usize| &self.matrix.hotkeys()[j];
        let CrossMemory { auc: known, fits, segments: found } = memory;
        let new: Vec<usize> =
            miners.iter().copied().filter(|&j| !known.contains_key(name(j))).collect();
        let skipped = miners.len() - new.len();
        let aucs: Vec<Vec<f32>> = workers.map(
            &new,
            |&j| {
                let mut miner = self.miner(j)?;
                segments.iter().map(|segment| self.selection_auc(&mut miner, segment)).collect()
            },
            &mut |done| workers.report(progress, skipped + done, total),
        )?;
        known.extend(new.iter().map(|&j| name(j).clone()).zip(aucs));
        let aucs: Vec<&[f32]> = miners.iter().map(|&j| &known[name(j)][..]).collect();
        let mut importance = vec![0.0; miners.len()];
        let mut judged = Vec::new();
        for (number, segment) in segments.iter().enumerate() {
            let done = miners.len() + number * per_segment;
            let mut chosen = miners.clone();
            chosen.sort_by(|&a, &b| aucs[b][number].total_cmp(&aucs[a][number]));
            chosen.truncate(profile.top_k);
            let mut step = |n: usize| workers.report(progress, done + n, total);
            let names = chosen.iter().map(|&j| name(j).clone()).collect();
            let find = || self.segment(segment, &chosen, fits, &workers, &mut step);
            let Some((coefficients, auc)) = found.get_or(segment.0, names, find)? else { continue };
            let age = all.len() - 1 - segment.0;
            let weight = 0.5_f64.powf(1.0 / profile.windows_half_life).powf(count(age));
            let skill = (2.0 * (auc - 0.5)).max(0.0);
            for (&j, coefficient) in chosen.iter().zip(coefficients) {
                importance[j] += weight * skill * coefficient;
            }
            judged.push(CrossSegment { segment: segment.0, auc });
        }
        if judged.is_empty() {
            return Ok(CrossOutcome::declined(Declined::NoSegment));
        }
        let positive =
            self.matrix.hotkeys().iter().cloned().zip(importance).filter(|(_, i)| *i > 0.0);
        Ok(CrossOutcome { outcome: Outcome::shares(positive), segments: judged })
    }

    fn miner(&self, j: usize) -> Result<Miner<'m>> {
        let stale = self.stale.as_ref().map(|(rows, least)| (rows.as_slice(), *least));
        Miner::new(self.what, &self.matrix, j, &self.pooled, stale)
    }

    /// Pairs of the selection: the end of the fit, and the judged ones.
    fn selection(&self, &(_, first, _): &Segment) -> (usize, Range<usize>) {
        let end = first.saturating_sub(self.cut.shift);
        let start = end.saturating_sub(self.profile.chunk_size);
        let fit_end = self.pooled.range(0, start.saturating_sub(self.cut.gap)).end;
        (fit_end, self.pooled.range(start, end))
    }

    /// Whether miners can be selected for a segment, and the segment can be judged.
    fn selects(&self, segment: &Segment) -> bool {
        let least = self.profile.min_pooled;
        let (fit_end, eval) = self.selection(segment);
        let validation = self.pooled.range(segment.1, segment.2);
        let train = self.pooled.range(0, segment.1.saturating_sub(self.cut.shift));
        [0..fit_end, eval, validation, train].iter().all(|range| self.pooled.usable(range, least))
    }

    fn selection_auc(&self, miner: &mut Miner<'_>, segment: &Segment) -> Result<f32> {
        let (fit_end, eval) = self.selection(segment);
        miner.selection_auc(fit_end, &eval, self.cut.distinct, self.profile)
    }

    /// |coefficients| of the chosen miners and the AUC of their model on the segment.
    fn segment(
        &self,
        segment: &Segment,
        chosen: &[usize],
        fits: &mut BTreeMap<String, Fits>,
        workers: &Workers,
        step: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Option<(Vec<f64>, f64)>> {
        let name = |j: usize| &self.matrix.hotkeys()[j];
        let known = |j| fits.get(name(j)).cloned().unwrap_or_default();
        let columns = workers.map(chosen, |&j| self.columns(j, segment, known(j)), step)?;
        let mut out_of_sample = Vec::with_capacity(chosen.len());
        let mut validation = Vec::with_capacity(chosen.len());
        for (&j, columns) in chosen.iter().zip(columns) {
            fits.insert(name(j).clone(), columns.fits);
            out_of_sample.push(columns.out_of_sample);
            validation.push(columns.validation);
        }
        let done = self.profile.top_k;
        let mut step = |n: usize| step(done + n);
        let Some(fit) = self.meta(segment.0, out_of_sample, workers, &mut step)? else {
            return Ok(None);
        };
        let pairs = self.pooled.range(segment.1, segment.2);
        let score: Vec<f64> = (0..pairs.len())
            .map(|i| {
                let terms = fit.mean.weights.iter().zip(&validation);
                let sum: f64 = terms.map(|(w, column)| w * f64::from(column[i])).sum();
                sigmoid(sum + fit.mean.intercept)
            })
            .collect();
        let up: Vec<bool> = self.pooled.sign[pairs].iter().map(|&s| s > 0.0).collect();
        Ok(Some((fit.importance, roc_auc(&up, &score)?)))
    }

    /// Decisions of one miner for the training pairs (NaN where there is none) and for the validation pairs (0).
    fn columns(&self, j: usize, &(_, first, end): &Segment, mut fits: Fits) -> Result<Columns> {
        let mut miner = self.miner(j)?;
        let mut fit = |miner: &mut Miner<'_>, pair: usize| match fits.get(&pair) {
            Some(&line) => Ok(line),
            None => {
                let line = miner.fit(pair, self.profile)?;
                fits.insert(pair, line);
                Ok::<_, Error>(line)
            }
        };
        let train_end = first.saturating_sub(self.cut.shift);
        let train = self.pooled.range(0, train_end);
        let mut out_of_sample = vec![f32::NAN; train.len()];
        let part = self.profile.chunk_size.max(self.profile.least_sub_chunk);
        for (_, from, to) in out_of_sample_segments(train_end, part, self.cut.gap) {
            let seen = self.pooled.range(0, from).end;
            if let Some(line) = fit(&mut miner, seen)? {
                miner.decide(line, &self.pooled.range(from, to), 0, &mut out_of_sample)?;
            }
        }
        let pairs = self.pooled.range(first, end);
        let mut validation = vec![0.0; pairs.len()];
        if let Some(line) = fit(&mut miner, train.end)? {
            miner.decide(line, &pairs, pairs.start, &mut validation)?;
        }
        Ok(Columns { out_of_sample, validation, fits })
    }

    /// The model of all chosen miners over the pairs for which one of them has a decision.
    fn meta(
        &self,
        number: usize,
        columns: Vec<Vec<f32>>,
        workers: &Workers,
        step: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Option<Meta>> {
        let profile = self.profile;
        let train = columns.first().map_or(0, Vec::len);
        let kept: Vec<usize> =
            (0..train).filter(|&k| columns.iter().any(|c| !c[k].is_nan())).collect();
        let filled = |v: f32| if v.is_nan() { 0.0 } else { v };
        let dense = |column: &Vec<f32>| Ok(kept.iter().map(|&k| filled(column[k])).collect());
        let columns: Vec<Vec<f32>> = workers.map(&columns, dense, &mut |_| Ok(()))?;
        let sign: Vec<f64> = kept.iter().map(|&k| self.pooled.sign[k]).collect();
        if kept.len() < profile.min_pooled || !both(&sign) {
            return Ok(None);
        }
        let views: Vec<&[f32]> = columns.iter().map(Vec::as_slice).collect();
        let fit = |weights: Vec<f64>| {
            Problem::new(&views, &sign, weights, true)
                .map(|problem| problem.lbfgs(profile.c, profile.meta_max_iter))
        };
        let bootstrap = Bootstrap {
            seed: profile.seed + 7919 * (number as u64 + 1),
            replicates: profile.bootstrap_n,
            block: profile.bootstrap_block,
        };
        if bootstrap.possible(kept.len()) {
            let fits = bootstrap.fits(kept.len(), None, workers, fit, step)?;
            if let Some(importance) = robust_importance(&fits) {
                return Ok(Some(Meta { importance, mean: mean_fit(&fits) }));
            }
        }
        Ok(fit(vec![1.0; kept.len()]).map(|mean| Meta { importance: mean.importance(), mean }))
    }
}

struct Columns {
    out_of_sample: Vec<f32>,
    validation: Vec<f32>,
    fits: Fits,
}

struct Meta {
    importance: Vec<f64>,
    mean: Linear,
}
