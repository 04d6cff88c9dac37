//! Does a book foresee returns? Circular shifts of the same book say what chance does.

use crate::metrics::count;
use crate::score::helpers::EPS;
use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

/// Fewer shifts than this say nothing.
const MIN_NULL: usize = 50;

/// Sums of the returns over the next `horizon` hours, hours x assets; 0 where the window is not complete, or before
/// `first`.
pub(super) fn labels(returns: &[f64], assets: usize, horizon: usize, first: usize) -> Vec<f64> {
    let hours = returns.len() / assets;
    let mut labels = vec![0.0; returns.len()];
    for t in first..hours.saturating_sub(horizon) {
        for a in 0..assets {
            labels[t * assets + a] =
                (t + 1..=t + horizon).map(|later| returns[later * assets + a]).sum();
        }
    }
    labels
}

/// Cross-correlation of a book with labels at every circular shift.
pub(super) struct Shifts {
    hours: usize,
    assets: usize,
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
    /// Transformed labels: horizons x assets x hours.
    labels: Vec<Vec<Vec<Complex64>>>,
    blend: Vec<f64>,
    min_shift: usize,
}

impl Shifts {
    /// `labels` holds one list (hours x assets) per horizon, `blend` the weights of the horizons.
    pub(super) fn new(labels: &[Vec<f64>], blend: &[f64], assets: usize, min_shift: usize) -> Self {
        let hours = labels[0].len() / assets;
        let mut planner = FftPlanner::new();
        let forward = planner.plan_fft_forward(hours);
        let labels = labels
            .iter()
            .map(|of_horizon| {
                (0..assets).map(|a| transformed(of_horizon, a, assets, &forward)).collect()
            })
            .collect();
        let inverse = planner.plan_fft_inverse(hours);
        Self { hours, assets, forward, inverse, labels, blend: blend.to_vec(), min_shift }
    }

    /// How far the book is above its shifted copies in their standard deviations, and the chance of that.
    pub(super) fn evidence(&self, book: &[f64]) -> (f64, f64) {
        let null = self.min_shift..=self.hours.saturating_sub(self.min_shift);
        if null.clone().count() < MIN_NULL {
            return (0.0, 1.0);
        }
        let book: Vec<Vec<Complex64>> =
            (0..self.assets).map(|a| transformed(book, a, self.assets, &self.forward)).collect();
        let (mut observed, mut blended) = (0.0, vec![0.0; null.clone().count()]);
        for (labels, weight) in self.labels.iter().zip(&self.blend) {
            let mut spectrum = vec![Complex64::default(); self.hours];
            for (x, y) in book.iter().zip(labels) {
                for ((s, x), y) in spectrum.iter_mut().zip(x).zip(y) {
                    *s += x.conj() * y;
                }
            }
            self.inverse.process(&mut spectrum);
            let sums: Vec<f64> = spectrum.iter().map(|s| s.re / count(self.hours)).collect();
            let (mean, std) = mean_and_std(&sums[null.clone()]);
            let z = |sum: f64| (sum - mean) / (std + EPS);
            observed += weight * z(sums[0]);
            for (b, &sum) in blended.iter_mut().zip(&sums[null.clone()]) {
                *b += weight * z(sum);
            }
        }
        let (mean, std) = mean_and_std(&blended);
        let t = (observed - mean) / (std + EPS);
        let reached = blended.iter().filter(|&&b| b >= observed).count();
        let empirical = count(1 + reached) / count(1 + blended.len());
        if t <= 0.0 {
            return (t, empirical);
        }
        let tail = 0.5 * libm::erfc(t / std::f64::consts::SQRT_2);
        (t, empirical.min(tail.max(1e-12)))
    }
}

fn transformed(flat: &[f64], a: usize, assets: usize, fft: &Arc<dyn Fft<f64>>) -> Vec<Complex64> {
    let mut values: Vec<Complex64> =
        flat.iter().skip(a).step_by(assets).map(|&v| Complex64::new(v, 0.0)).collect();
    fft.process(&mut values);
    values
}

/// Mean and population standard deviation.
fn mean_and_std(values: &[f64]) -> (f64, f64) {
    let n = count(values.len());
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// Which of the p values are discoveries at the false discovery rate `q` (Benjamini and Hochberg).
///
/// ```
/// assert_eq!(mantis_eval::score::discoveries(&[0.01, 0.5, 0.04], 0.06), [true, false, true]);
/// ```
#[must_use]
pub fn discoveries(p: &[f64], q: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let accepted = order
        .iter()
        .enumerate()
        .rev()
        .find(|&(rank, &i)| p[i] <= q * count(rank + 1) / count(p.len()))
        .map_or(0, |(rank, _)| rank + 1);
    let mut found = vec![false; p.len()];
    for &i in &order[..accepted] {
        found[i] = true;
    }
    found
}

/// `ln(1 + exp(x))` without overflow.
///
/// ```
/// assert_eq!(mantis_eval::score::softplus(1000.0), 1000.0);
/// ```
#[must_use]
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
