//! The hourly world of the trade mix: grid, market model and hedged books.

use super::TradeMixProfile;
use super::evidence::{Shifts, labels};
use crate::Result;
use crate::metrics::count;
use crate::score::EmbeddingMatrix;
use crate::score::helpers::EPS;
use ndarray::{Array2, ArrayView2};

/// Rows (sidx) of an hour.
const HOUR: i64 = 60;
/// How late the row of an hour may be.
const LATE: i64 = HOUR / 6;

/// Rows that stand for the hours: with `sidx` the first row at or after every full hour since the first, if it is not too
/// late; without, every 60th row.
pub(super) fn hourly_rows(rows: usize, sidx: Option<&[i64]>) -> Vec<usize> {
    let Some(sidx) = sidx else {
        return (0..rows).step_by(60).collect();
    };
    let (Some(&first), Some(&last)) = (sidx.first(), sidx.last()) else { return Vec::new() };
    let mut found = Vec::new();
    let mut hour = first;
    while hour <= last {
        let row = sidx.partition_point(|&s| s < hour);
        if row < sidx.len() && sidx[row] - hour <= LATE && found.last() != Some(&row) {
            found.push(row);
        }
        // Long gaps hold no row: go on at the last full hour before the next one.
        let next = sidx.get(row).map_or(hour, |s| first + (s - first).div_euclid(HOUR) * HOUR);
        hour = (hour + HOUR).max(next);
    }
    found
}

/// The market of the trade mix, hour by hour: a portfolio of inverse volatilities, the beta of each asset to it, and what
/// is left of the returns without it. Tables are hours x assets.
///
/// ```
/// use mantis_eval::score::{MarketModel, TradeMixProfile};
/// use ndarray::Array2;
///
/// let prices = Array2::from_shape_fn((200, 2), |(t, a)| 100.0 + ((t * (a + 1)) % 7) as f64);
/// let model = MarketModel::new(prices.view(), &TradeMixProfile::default());
/// let (exposure, hedged) = model.hedge(199, &[0.5, -0.5]);
/// assert_eq!(hedged[0], 0.5 - exposure * model.betas[[199, 0]]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MarketModel {
    /// Weights of the market portfolio in force.
    pub weights: Array2<f64>,
    /// Betas in force.
    pub betas: Array2<f64>,
    /// Return of the market portfolio.
    pub market: Vec<f64>,
    /// Returns without their market part.
    pub residual: Array2<f64>,
    profile: TradeMixProfile,
}

impl MarketModel {
    /// The model of hourly prices, all of them positive.
    #[must_use]
    pub fn new(prices: ArrayView2<'_, f64>, profile: &TradeMixProfile) -> Self {
        let (hours, assets) = prices.dim();
        let mut returns = Array2::<f64>::zeros((hours, assets));
        for t in 1..hours {
            for a in 0..assets {
                returns[[t, a]] = prices[[t, a]].ln() - prices[[t - 1, a]].ln();
            }
        }
        let mut weights = Array2::from_elem((hours, assets), 1.0 / count(assets));
        let mut betas = Array2::from_elem((hours, assets), 1.0);
        for t in 0..hours {
            if t >= profile.warmup_hours && t % profile.refresh_hours == 0 {
                let from = t.saturating_sub(profile.vol_window_hours);
                let w = inverse_volatilities(&returns, from, t);
                weights.row_mut(t).assign(&ndarray::aview1(&w));
                let from = t.saturating_sub(profile.beta_window_hours);
                let b = market_betas(&returns, &w, from, t, profile.beta_shrink);
                betas.row_mut(t).assign(&ndarray::aview1(&b));
            } else if t > 0 {
                for a in 0..assets {
                    weights[[t, a]] = weights[[t - 1, a]];
                    betas[[t, a]] = betas[[t - 1, a]];
                }
            }
        }
        let market: Vec<f64> = (0..hours)
            .map(|t| (0..assets).map(|a| returns[[t, a]] * weights[[t, a]]).sum())
            .collect();
        let residual = Array2::from_shape_fn((hours, assets), |(t, a)| {
            returns[[t, a]] - betas[[t, a]] * market[t]
        });
        Self { weights, betas, market, residual, profile: profile.clone() }
    }

    pub(super) fn hours(&self) -> usize {
        self.market.len()
    }

    pub(super) fn assets(&self) -> usize {
        self.residual.ncols()
    }
    /// Exposure of positions to the market portfolio at an hour, and the positions without it.
    #[must_use]
    pub fn hedge(&self, hour: usize, positions: &[f64]) -> (f64, Vec<f64>) {
        let exposure: f64 =
            positions.iter().enumerate().map(|(a, p)| self.weights[[hour, a]] * p).sum();
        let hedged = |(a, p): (usize, &f64)| p - exposure * self.betas[[hour, a]];
        (exposure, positions.iter().enumerate().map(hedged).collect())
    }

    /// Evidence that a book (hours x assets, one hour after the other) foresees the residual returns: standard
    /// deviations above its circularly shifted copies, and the chance of that.
    #[must_use]
    pub fn evidence(&self, book: &[f64]) -> (f64, f64) {
        self.residual_shifts().evidence(book)
    }

    /// The shifts of the relative-value channel.
    pub(super) fn residual_shifts(&self) -> Shifts {
        let profile = &self.profile;
        let returns: Vec<f64> = self.residual.iter().copied().collect();
        let by_horizon: Vec<Vec<f64>> = profile
            .horizons_hours
            .iter()
            .map(|&h| labels(&returns, self.assets(), h, profile.warmup_hours))
            .collect();
        Shifts::new(&by_horizon, &profile.blend_weights, self.assets(), profile.min_shift_hours)
    }

    /// The shifts of the market channel.
    pub(super) fn market_shifts(&self) -> Shifts {
        let profile = &self.profile;
        let market = [labels(&self.market, 1, profile.beta_horizon_hours, profile.warmup_hours)];
        Shifts::new(&market, &[1.0], 1, profile.min_shift_hours)
    }
}

fn inverse_volatilities(returns: &Array2<f64>, from: usize, to: usize) -> Vec<f64> {
    let n = count(to - from);
    let inverse: Vec<f64> = (0..returns.ncols())
        .map(|a| {
            let window = || (from..to).map(|t| returns[[t, a]]);
            let mean = window().sum::<f64>() / n;
            let variance = window().map(|r| (r - mean).powi(2)).sum::<f64>() / n;
            1.0 / (variance.sqrt() + EPS)
        })
        .collect();
    let total: f64 = inverse.iter().sum();
    inverse.into_iter().map(|w| w / total).collect()
}

/// Covariance (ddof 1) with the portfolio over its variance (ddof 0), shrunk towards 1.
fn market_betas(
    returns: &Array2<f64>,
    weights: &[f64],
    from: usize,
    to: usize,
    shrink: f64,
) -> Vec<f64> {
    let n = count(to - from);
    let portfolio: Vec<f64> = (from..to)
        .map(|t| weights.iter().enumerate().map(|(a, w)| returns[[t, a]] * w).sum())
        .collect();
    let mean = portfolio.iter().sum::<f64>() / n;
    let variance = portfolio.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / n;
    (0..returns.ncols())
        .map(|a| {
            let mean_a = (from..to).map(|t| returns[[t, a]]).sum::<f64>() / n;
            let covariance = (from..to)
                .zip(&portfolio)
                .map(|(t, m)| (returns[[t, a]] - mean_a) * (m - mean))
                .sum::<f64>()
                / (n - 1.0);
            (1.0 - shrink) * (covariance / (variance + EPS)) + shrink
        })
        .collect()
}

/// What one miner held, hour by hour.
#[derive(Debug)]
pub(super) struct Book {
    /// Whether something was submitted.
    pub(super) submitted: Vec<bool>,
    /// Exposure to the market portfolio.
    pub(super) exposure: Vec<f64>,
    /// Positions without that exposure, hours x assets one after the other.
    pub(super) hedged: Vec<f64>,
}

impl Book {
    pub(super) fn new(
        matrix: &EmbeddingMatrix<'_>,
        j: usize,
        rows: &[usize],
        world: &MarketModel,
    ) -> Result<Self> {
        let assets = matrix.dim();
        let mut book = Self {
            submitted: Vec::with_capacity(rows.len()),
            exposure: Vec::with_capacity(rows.len()),
            hedged: Vec::with_capacity(rows.len() * assets),
        };
        let values = matrix.values_of(j)?;
        for (t, &row) in rows.iter().enumerate() {
            let vector = &values[row * assets..(row + 1) * assets];
            book.submitted.push(vector.iter().any(|&v| v != 0.0));
            let position = |v: &f32| if v.is_nan() { 0.0 } else { f64::from(v.clamp(-1.0, 1.0)) };
            let positions: Vec<f64> = vector.iter().map(position).collect();
            let (exposure, hedged) = world.hedge(t, &positions);
            book.exposure.push(exposure);
            book.hedged.extend(hedged);
        }
        Ok(book)
    }

    /// First hour with a submission; the number of hours when there is none.
    pub(super) fn first_seen(&self) -> usize {
        self.submitted.iter().position(|&s| s).unwrap_or(self.submitted.len())
    }

    /// Share of the last hours with a submission.
    pub(super) fn coverage(&self, hours: usize) -> f64 {
        let recent = &self.submitted[self.submitted.len().saturating_sub(hours)..];
        count(recent.iter().filter(|&&s| s).count()) / count(recent.len())
    }
}
