//! Scoring of positions in a few assets by evidence of foresight.

mod books;
mod evidence;
mod profile;

pub use books::MarketModel;
pub use evidence::{discoveries, softplus};
pub use profile::TradeMixProfile;

use super::{BURN, EmbeddingMatrix};
use crate::score::helpers::EPS;
use crate::{Error, Result};
use books::{Book, hourly_rows};

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

const WHAT: &str = "score_trade_mix";
/// Fewer hours than this are not even gridded.
const MIN_GRID: usize = 10;
/// Hours below which everything burns.
const MIN_HOURS: usize = 288;
/// Smaller shares are not paid out.
const DUST: f64 = 1e-9;

/// What the trade mix knows of one miner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TradeMixMiner {
    /// Hour of the first submission, counted in hours of the grid.
    pub first_seen: usize,
    /// Share of the recent hours with a submission.
    pub coverage: f64,
    /// Whether it has submitted long and steadily enough.
    pub eligible: bool,
    /// Whether its hedged book moves at all.
    pub active: bool,
    /// Evidence of relative value: standard deviations above chance, and the chance of that.
    pub t_rv: f64,
    /// As a probability.
    pub p_rv: f64,
    /// Evidence in the market channel.
    pub t_beta: f64,
    /// As a probability.
    pub p_beta: f64,
    /// Whether relative value is paid.
    pub gated_rv: bool,
    /// Whether market timing is paid.
    pub gated_beta: bool,
    /// Recent profit of the hedged book after fees, 0 for a loss.
    pub attribution_rv: f64,
    /// Recent profit of the market exposure after fees, 0 for a loss.
    pub attribution_beta: f64,
}

/// What the trade mix pays, and how it came to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TradeMixOutcome {
    /// Shares of the paid hotkeys and of [`BURN`]; they sum to 1.
    pub salience: Vec<(String, f64)>,
    /// Every hotkey in column order; empty when the history is too short.
    pub miners: Vec<TradeMixMiner>,
    /// Hours of the grid.
    pub hours: usize,
}

impl TradeMixOutcome {
    fn all_burned(hours: usize) -> Self {
        Self { salience: vec![(BURN.to_owned(), 1.0)], miners: Vec::new(), hours }
    }
}

/// Scores positions as the validator does: hourly books are hedged against the market, projected off those of senior
/// miners, tested against circular shifts of themselves, and paid by evidence and recent profit.
///
/// `prices` has the rows of the matrix and one column per asset (`matrix.dim()`); 0 means missing. `sidx` numbers the rows
/// by minute; without it every 60th row is an hour. What nobody earns burns.
///
/// # Errors
/// [`Error::Parameter`] or [`Error::Length`] for a profile outside its ranges or inputs of other shapes.
///
/// ```
/// use mantis_eval::score::{EmbeddingMatrix, TradeMixProfile, score_trade_mix};
/// use ndarray::Array2;
///
/// // Three hours prove nothing: everything burns.
/// let hotkeys = ["me".to_owned()];
/// let values = Array2::from_elem((180, 4), 0.5_f32);
/// let matrix = EmbeddingMatrix::new(&hotkeys, 4, values.view())?;
/// let prices = Array2::from_elem((180, 4), 1.0);
/// let outcome = score_trade_mix(&matrix, prices.view(), None, &TradeMixProfile::default())?;
/// assert_eq!(outcome.salience, [("__burn__".to_owned(), 1.0)]);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn score_trade_mix(
    matrix: &EmbeddingMatrix<'_>,
    prices: ArrayView2<'_, f64>,
    sidx: Option<&[i64]>,
    profile: &TradeMixProfile,
) -> Result<TradeMixOutcome> {
    profile.check()?;
    super::helpers::check_shape(WHAT, prices, (matrix.rows(), matrix.dim()))?;
    if let Some(sidx) = sidx.filter(|sidx| sidx.len() != matrix.rows()) {
        return Err(Error::Length { what: WHAT, expected: matrix.rows(), got: sidx.len() });
    }
    let mut rows = hourly_rows(matrix.rows(), sidx);
    let gridded = rows.len();
    rows.retain(|&row| prices.row(row).iter().all(|&p| p > 0.0));
    let hours = rows.len();
    if gridded < MIN_GRID || hours < MIN_HOURS.max(profile.warmup_hours + 1) {
        return Ok(TradeMixOutcome::all_burned(hours));
    }
    let hourly = Array2::from_shape_fn((hours, matrix.dim()), |(t, a)| prices[[rows[t], a]]);
    let world = MarketModel::new(hourly.view(), profile);
    let books: Vec<Book> = (0..matrix.hotkeys().len())
        .map(|j| Book::new(matrix, j, &rows, &world))
        .collect::<Result<_>>()?;
    Ok(Scorer { profile, world, hotkeys: matrix.hotkeys(), books }.score())
}

struct Scorer<'a> {
    profile: &'a TradeMixProfile,
    world: MarketModel,
    hotkeys: &'a [String],
    books: Vec<Book>,
}

impl Scorer<'_> {
    fn score(&self) -> TradeMixOutcome {
        let cosines = self.cosines();
        let residual = self.without_seniors(&cosines);
        let mut miners = self.miners(&residual);
        let eligible: Vec<usize> = (0..miners.len()).filter(|&j| miners[j].eligible).collect();
        let active: Vec<usize> = eligible.iter().copied().filter(|&j| miners[j].active).collect();
        let gate = |among: &[usize], p: &dyn Fn(usize) -> f64| -> Vec<usize> {
            let values: Vec<f64> = among.iter().map(|&j| p(j)).collect();
            let found = discoveries(&values, self.profile.fdr_q);
            among.iter().zip(found).filter_map(|(&j, yes)| yes.then_some(j)).collect()
        };
        let rv = gate(&active, &|j| miners[j].p_rv);
        let beta = gate(&eligible, &|j| miners[j].p_beta);
        rv.iter().for_each(|&j| miners[j].gated_rv = true);
        beta.iter().for_each(|&j| miners[j].gated_beta = true);
        let split = self.profile.channel_split_rv;
        let mut shares = vec![0.0; miners.len()];
        for (gated, part, by) in [
            (&rv, split, (|m| (m.t_rv, m.attribution_rv)) as fn(&TradeMixMiner) -> (f64, f64)),
            (&beta, 1.0 - split, |m| (m.t_beta, m.attribution_beta)),
        ] {
            for (j, share) in self.channel(gated, &miners, by, &cosines) {
                shares[j] += part * share;
            }
        }
        let mut salience: Vec<(String, f64)> = self
            .hotkeys
            .iter()
            .zip(shares)
            .filter(|(_, share)| *share > DUST)
            .map(|(hotkey, share)| (hotkey.clone(), share))
            .collect();
        let paid: f64 = salience.iter().map(|(_, share)| share).sum();
        salience.push((BURN.to_owned(), (1.0 - paid).max(0.0)));
        TradeMixOutcome { salience, miners, hours: self.world.hours() }
    }

    /// Cosines of the recent hedged books.
    fn cosines(&self) -> Vec<Vec<f64>> {
        let assets = self.world.assets();
        let from = self.world.hours().saturating_sub(self.profile.window_hours) * assets;
        let recent: Vec<&[f64]> = self.books.iter().map(|b| &b.hedged[from..]).collect();
        let norms: Vec<f64> = recent.iter().map(|b| dot(b, b).sqrt() + EPS).collect();
        let cosine = |i: usize, j: usize| dot(recent[i], recent[j]) / (norms[i] * norms[j]);
        (0..recent.len()).map(|i| (0..recent.len()).map(|j| cosine(i, j)).collect()).collect()
    }

    /// Hedged books without their projections on those of seniors that they resemble.
    fn without_seniors(&self, cosines: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut order: Vec<usize> = (0..self.books.len()).collect();
        order.sort_by_key(|&j| (self.books[j].first_seen(), &self.hotkeys[j]));
        let mut residual: Vec<Vec<f64>> = self.books.iter().map(|b| b.hedged.clone()).collect();
        for (rank, &junior) in order.iter().enumerate() {
            let mut book = std::mem::take(&mut residual[junior]);
            for &senior in &order[..rank] {
                if cosines[junior][senior].abs() < self.profile.seniority_cosine {
                    continue;
                }
                let of_senior = &residual[senior];
                let square = dot(of_senior, of_senior);
                if square <= EPS {
                    continue;
                }
                let slope = dot(&book, of_senior) / square;
                for (b, s) in book.iter_mut().zip(of_senior) {
                    *b -= slope * s;
                }
            }
            residual[junior] = book;
        }
        residual
    }

    fn miners(&self, residual: &[Vec<f64>]) -> Vec<TradeMixMiner> {
        let profile = self.profile;
        let (hours, assets) = (self.world.hours(), self.world.assets());
        let first = profile.warmup_hours;
        let returns: Vec<f64> = self.world.residual.iter().copied().collect();
        let (rv, beta) = (self.world.residual_shifts(), self.world.market_shifts());
        let miner = |(book, residual): (&Book, &Vec<f64>)| {
            let (t_rv, p_rv) = rv.evidence(residual);
            let (t_beta, p_beta) = beta.evidence(&book.exposure);
            let first_seen = book.first_seen();
            let steady = book.coverage(profile.probation_hours) >= profile.probation_coverage;
            let moving = std(&book.hedged[first * assets..]) >= profile.activity_std;
            TradeMixMiner {
                first_seen,
                coverage: book.coverage(profile.window_hours),
                eligible: hours - first_seen >= profile.probation_hours && steady,
                active: moving,
                t_rv,
                p_rv,
                t_beta,
                p_beta,
                gated_rv: false,
                gated_beta: false,
                attribution_rv: self.attribution(&book.hedged, &returns, assets),
                attribution_beta: self.attribution(&book.exposure, &self.world.market, 1),
            }
        };
        self.books.iter().zip(residual).map(miner).collect()
    }

    /// Profit of the next hour less fees for turnover over the recent hours, floored at 0.
    fn attribution(&self, book: &[f64], returns: &[f64], assets: usize) -> f64 {
        let hours = self.world.hours();
        let from = hours.saturating_sub(self.profile.window_hours);
        let (book, returns) = (&book[from * assets..], &returns[from * assets..]);
        let profit: f64 = book.iter().zip(&returns[assets..]).map(|(q, r)| q * r).sum();
        let turnover: f64 = book.iter().zip(&book[assets..]).map(|(a, b)| (b - a).abs()).sum();
        (profit - self.profile.fee_bps / 1e4 * turnover).max(0.0)
    }

    /// Shares of one channel: evidence times profit times coverage, one place for each group of equal books, capped.
    fn channel(
        &self,
        gated: &[usize],
        miners: &[TradeMixMiner],
        by: fn(&TradeMixMiner) -> (f64, f64),
        cosines: &[Vec<f64>],
    ) -> Vec<(usize, f64)> {
        let worth = |j: usize| {
            let (t, attribution) = by(&miners[j]);
            softplus(t - self.profile.softplus_shift) * attribution * miners[j].coverage
        };
        let mut paid: Vec<(usize, f64)> = gated.iter().map(|&j| (j, worth(j))).collect();
        let mut seeds: Vec<usize> = (0..paid.len()).collect();
        seeds.sort_by(|&a, &b| by(&miners[paid[b].0]).0.total_cmp(&by(&miners[paid[a].0]).0));
        let mut placed = vec![false; paid.len()];
        for &seed in &seeds {
            if placed[seed] {
                continue;
            }
            let near = |i: usize| {
                i == seed || cosines[paid[seed].0][paid[i].0] >= self.profile.dedup_cosine_threshold
            };
            let group: Vec<usize> =
                seeds.iter().copied().filter(|&i| !placed[i] && near(i)).collect();
            group.iter().for_each(|&i| placed[i] = true);
            let positive: Vec<usize> = group.into_iter().filter(|&i| paid[i].1 > 0.0).collect();
            if positive.len() > 1 {
                let total: f64 = positive.iter().map(|&i| paid[i].1).sum();
                let each = total / crate::metrics::count(positive.len()).powi(2);
                positive.iter().for_each(|&i| paid[i].1 = each);
            }
        }
        let total: f64 = paid.iter().map(|(_, worth)| worth).sum();
        if total <= 0.0 {
            return Vec::new();
        }
        paid.iter_mut().for_each(|(_, worth)| *worth /= total);
        cap(&mut paid, self.profile.miner_cap);
        paid
    }
}

/// Cuts shares to `cap` and offers the excess once to the others that earn something, pro rata and up to the cap.
fn cap(shares: &mut [(usize, f64)], cap: f64) {
    let excess: f64 = shares.iter().map(|(_, s)| (s - cap).max(0.0)).sum();
    let open: f64 = shares.iter().map(|&(_, s)| s).filter(|s| *s < cap).sum();
    for (_, share) in shares {
        if *share >= cap {
            *share = cap;
        } else if open > 0.0 {
            *share += (excess * *share / open).min(cap - *share);
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn std(values: &[f64]) -> f64 {
    let n = crate::metrics::count(values.len());
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt()
}
