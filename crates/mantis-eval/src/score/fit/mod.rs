//! The logistic fits of the scorers, on columns that all replicates of a bootstrap share.
//!
//! A replicate that draws a row twice gives it twice the weight, which is the same problem as two equal rows, so nothing
//! is copied. Two minimisers: [`Problem::lbfgs`] stops where the validator's solver stops (the stopping point is the
//! observable), [`Problem::newton`] runs to the optimum.

mod curvature;
mod kernel;
mod terms;

use crate::Result;
use crate::metrics::count;
use crate::score::bootstrap::{median_of_means, replicate_rows};
use crate::workers::Workers;
use mantis_features::learn::{minimise, solve_positive_definite};
use std::ops::Range;

/// What scikit-learn's solver uses unless told otherwise.
const LBFGS_TOLERANCE: f64 = 1e-4;
/// Gradient of an exact fit relative to the gradient at zero.
const NEWTON_TOLERANCE: f64 = 1e-9;
const NEWTON_STEPS: usize = 100;
/// A step that shrinks the gradient by this may use the same Hessian once more.
const KEEP_HESSIAN: f64 = 0.1;

/// +1 for up and -1 for down.
pub(crate) fn signs(up: impl IntoIterator<Item = bool>) -> Vec<f64> {
    up.into_iter().map(|u| if u { 1.0 } else { -1.0 }).collect()
}

/// A fitted linear classifier.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linear {
    pub(crate) weights: Vec<f64>,
    pub(crate) intercept: f64,
}

impl Linear {
    fn new(mut theta: Vec<f64>) -> Self {
        let intercept = theta.pop().unwrap_or(0.0);
        Self { weights: theta, intercept }
    }

    /// |weights|.
    pub(crate) fn importance(&self) -> Vec<f64> {
        self.weights.iter().map(|w| w.abs()).collect()
    }
}

/// One weighted logistic fit. Columns hold finite values.
pub(crate) struct Problem<'a, T> {
    columns: &'a [&'a [T]],
    sign: &'a [f64],
    weights: Vec<f64>,
    runs: Vec<Range<usize>>,
    mass: f64,
}

impl<'a, T: Copy + Into<f64>> Problem<'a, T> {
    /// `None` when only one class has weight. `balanced` gives both classes the same total weight.
    pub(crate) fn new(
        columns: &'a [&'a [T]],
        sign: &'a [f64],
        mut weights: Vec<f64>,
        balanced: bool,
    ) -> Option<Self> {
        let (mut up, mut down) = (0.0, 0.0);
        for (&w, &s) in weights.iter().zip(sign) {
            *(if s > 0.0 { &mut up } else { &mut down }) += w;
        }
        if up <= 0.0 || down <= 0.0 {
            return None;
        }
        let mut mass = up + down;
        if balanced {
            let (of_up, of_down) = (mass / (2.0 * up), mass / (2.0 * down));
            mass = 0.0;
            for (w, &s) in weights.iter_mut().zip(sign) {
                *w *= if s > 0.0 { of_up } else { of_down };
                mass += *w;
            }
        }
        let runs = runs(&weights);
        Some(Self { columns, sign, weights, runs, mass })
    }

    fn rows(&self) -> kernel::Rows<'_, T> {
        let Self { columns, sign, weights, runs, .. } = self;
        kernel::Rows { columns, sign, weights, runs }
    }

    /// Mean loss plus `|w|^2 / (2 C V)` with a free intercept, stopped as the validator's solver stops.
    pub(crate) fn lbfgs(&self, c: f64, max_iter: usize) -> Linear {
        let p = self.columns.len();
        let objective = |theta: &[f64], gradient: &mut [f64]| {
            let loss = kernel::loss_and_gradient(self.rows(), theta, gradient);
            let mut penalty = 0.0;
            for (g, w) in gradient.iter_mut().zip(&theta[..p]) {
                *g += w / c;
                penalty += w * w;
            }
            gradient.iter_mut().for_each(|g| *g /= self.mass);
            (loss + 0.5 * penalty / c) / self.mass
        };
        Linear::new(minimise(p + 1, LBFGS_TOLERANCE, max_iter, objective).at)
    }

    /// The optimum of `1/2 |w|^2 + 1/2 b^2 + C sum v loss` (the intercept is penalised), from `start`.
    pub(crate) fn newton(&self, c: f64, start: Option<&Linear>) -> Linear {
        let d = self.columns.len() + 1;
        let mut theta = vec![0.0; d];
        let (mut gradient, mut hessian) = (vec![0.0; d], vec![0.0; d * d]);
        let mut at_zero = vec![0.0; d];
        if let Some(start) = start {
            theta[..d - 1].copy_from_slice(&start.weights);
            theta[d - 1] = start.intercept;
            kernel::loss_and_gradient(self.rows(), &vec![0.0; d], &mut at_zero);
        }
        // Adds the penalty to a loss and its derivatives.
        let penalised = |loss: f64, theta: &[f64], gradient: &mut [f64]| {
            for (g, w) in gradient.iter_mut().zip(theta) {
                *g += w / c;
            }
            loss + 0.5 * dot(theta, theta) / c
        };
        let evaluate = |theta: &[f64], gradient: &mut [f64], hessian: &mut [f64]| {
            let loss = kernel::derivatives(self.rows(), theta, gradient, hessian);
            (0..d).for_each(|j| hessian[j * d + j] += 1.0 / c);
            penalised(loss, theta, gradient)
        };
        let mut value = evaluate(&theta, &mut gradient, &mut hessian);
        if start.is_none() {
            at_zero.copy_from_slice(&gradient);
        }
        let target = NEWTON_TOLERANCE * dot(&at_zero, &at_zero).sqrt();
        let mut size = dot(&gradient, &gradient).sqrt();
        let mut factor = vec![0.0; d * d];
        for _ in 0..NEWTON_STEPS {
            if size <= target {
                break;
            }
            let mut step: Vec<f64> = gradient.iter().map(|g| -g).collect();
            factor.copy_from_slice(&hessian);
            // The penalty keeps the Hessian positive definite.
            if !solve_positive_definite(&mut factor, &mut step) {
                break;
            }
            let slope = dot(&gradient, &step);
            let mut length = 1.0;
            (theta, value) = loop {
                let next: Vec<f64> = theta.iter().zip(&step).map(|(t, s)| t + length * s).collect();
                let loss = kernel::loss_and_gradient(self.rows(), &next, &mut gradient);
                let found = penalised(loss, &next, &mut gradient);
                let enough = found <= value + 1e-4 * length * slope + 1e-12 * value.abs();
                if enough || length < 1e-6 {
                    break (next, found);
                }
                length *= 0.5;
            };
            let before = std::mem::replace(&mut size, dot(&gradient, &gradient).sqrt());
            // A Hessian serves as long as it leads well, which it does near the optimum.
            if size > target.max(KEEP_HESSIAN * before) {
                value = evaluate(&theta, &mut gradient, &mut hessian);
            }
        }
        Linear::new(theta)
    }
}

/// Ranges of rows with weight.
fn runs(weights: &[f64]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut from = 0;
    for chunk in weights.chunk_by(|a, b| (*a > 0.0) == (*b > 0.0)) {
        let to = from + chunk.len();
        if chunk[0] > 0.0 {
            runs.push(from..to);
        }
        from = to;
    }
    runs
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// A block bootstrap: how often each of `rows` rows was drawn by the replicate of a seed.
pub(crate) fn drawn(seed: u64, rows: usize, block: usize) -> Vec<f64> {
    let mut times = vec![0.0; rows];
    for row in replicate_rows(seed, rows, block) {
        times[row] += 1.0;
    }
    times
}

/// The block bootstrap that several scorers share.
#[derive(Clone, Copy)]
pub(crate) struct Bootstrap {
    pub(crate) seed: u64,
    pub(crate) replicates: usize,
    pub(crate) block: usize,
}

impl Bootstrap {
    /// Whether it can be made of so many rows.
    pub(crate) fn possible(&self, rows: usize) -> bool {
        self.replicates > 1 && rows >= 2 * self.block
    }

    /// Fits of all replicates that have both classes, in order. `fit` receives the weights of one.
    pub(crate) fn fits(
        &self,
        rows: usize,
        weights: Option<&[f64]>,
        workers: &Workers,
        fit: impl Fn(Vec<f64>) -> Option<Linear> + Sync,
        step: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Vec<Linear>> {
        let seeds: Vec<u64> = (self.seed..).take(self.replicates).collect();
        let replicate = |&seed: &u64| {
            let mut drawn = drawn(seed, rows, self.block);
            if let Some(weights) = weights {
                drawn.iter_mut().zip(weights).for_each(|(d, w)| *d *= w);
            }
            Ok(fit(drawn))
        };
        Ok(workers.map(&seeds, replicate, step)?.into_iter().flatten().collect())
    }
}

/// Median of means of |weights| over the replicates.
pub(crate) fn robust_importance(fits: &[Linear]) -> Option<Vec<f64>> {
    let importances: Vec<Vec<f64>> = fits.iter().map(Linear::importance).collect();
    median_of_means(&importances)
}

/// Mean weights and mean intercept.
pub(crate) fn mean_fit(fits: &[Linear]) -> Linear {
    let n = count(fits.len());
    let width = fits.first().map_or(0, |f| f.weights.len());
    Linear {
        weights: (0..width).map(|c| fits.iter().map(|f| f.weights[c]).sum::<f64>() / n).collect(),
        intercept: fits.iter().map(|f| f.intercept).sum::<f64>() / n,
    }
}
