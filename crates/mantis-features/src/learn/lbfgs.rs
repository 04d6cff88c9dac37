//! L-BFGS with the start, line search and stop rules of SciPy's `L-BFGS-B` without bounds.
//!
//! Its loose default tolerance makes the stopping point, not the optimum, the result; so those rules are kept exactly.

use std::collections::VecDeque;

use super::derivatives::dot;
use super::line_search::{LineSearch, Next, Sample};

/// Corrections kept.
const MEMORY: usize = 10;
const MAX_TRIALS: usize = 50;
/// Relative decrease of the objective at which to stop.
const RELATIVE_DECREASE: f64 = 64.0 * f64::EPSILON;

/// Where [`minimise`] ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// The point.
    pub at: Vec<f64>,
    /// Iterations (line searches) done.
    pub iterations: usize,
    /// Whether a stop rule was met within the iteration limit.
    pub converged: bool,
}

/// One correction pair and `1 / s.y`.
#[derive(Debug)]
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    rho: f64,
}

/// Minimises a smooth function from zero with L-BFGS (memory 10, Moré–Thuente line search), and stops where SciPy's
/// `L-BFGS-B` stops without bounds: when the largest entry of the gradient is at most `tol`, when the relative decrease of
/// an iteration is at most 64 machine epsilons, or after `max_iter` iterations. `objective` returns the value and fills the
/// gradient.
///
/// ```
/// use mantis_features::learn::minimise;
///
/// let minimum = minimise(1, 1e-10, 100, |x, gradient| {
///     gradient[0] = 2.0 * (x[0] - 3.0);
///     (x[0] - 3.0).powi(2)
/// });
/// assert!(minimum.converged && (minimum.at[0] - 3.0).abs() < 1e-9);
/// ```
pub fn minimise(
    dimensions: usize,
    tol: f64,
    max_iter: usize,
    mut objective: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Minimum {
    let mut at = vec![0.0; dimensions];
    let mut gradient = vec![0.0; dimensions];
    let mut value = objective(&at, &mut gradient);
    let mut memory: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    let mut trial = Trial { at: at.clone(), gradient: gradient.clone() };
    let mut iterations = 0;
    let mut converged = largest(&gradient) <= tol;
    while !converged && iterations < max_iter {
        let direction = direction(&memory, &gradient);
        let slope = dot(&gradient, &direction);
        let first = if iterations == 0 { 1.0 / dot(&direction, &direction).sqrt() } else { 1.0 };
        let found = (slope < 0.0)
            .then(|| search(&mut objective, &at, value, slope, &direction, first, &mut trial))
            .flatten();
        let Some(end) = found else {
            if memory.is_empty() {
                break;
            }
            memory.clear();
            continue;
        };
        iterations += 1;
        let decrease = value - end.value;
        let scale = value.abs().max(end.value.abs()).max(1.0);
        converged = largest(&trial.gradient) <= tol || decrease <= RELATIVE_DECREASE * scale;
        if (end.slope - slope) * end.step > f64::EPSILON * -slope * end.step {
            remember(&mut memory, &direction, end.step, &trial.gradient, &gradient);
        }
        std::mem::swap(&mut at, &mut trial.at);
        std::mem::swap(&mut gradient, &mut trial.gradient);
        value = end.value;
    }
    Minimum { at, iterations, converged }
}

/// Point and gradient of the last trial.
#[derive(Debug)]
struct Trial {
    at: Vec<f64>,
    gradient: Vec<f64>,
}

/// Searches along `direction`; nothing when too many trials were needed.
fn search(
    objective: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    at: &[f64],
    value: f64,
    slope: f64,
    direction: &[f64],
    first_step: f64,
    trial: &mut Trial,
) -> Option<Sample> {
    let mut line = LineSearch::new(value, slope, first_step);
    let mut step = first_step;
    for _ in 0..MAX_TRIALS {
        for ((to, from), d) in trial.at.iter_mut().zip(at).zip(direction) {
            *to = step * d + from;
        }
        let value = objective(&trial.at, &mut trial.gradient);
        let sample = Sample { step, value, slope: dot(&trial.gradient, direction) };
        match line.next(sample) {
            Next::Accept => return Some(sample),
            Next::Try(next) => step = next,
        }
    }
    None
}

/// Two-loop recursion: minus the inverse Hessian estimate times the gradient.
fn direction(memory: &VecDeque<Pair>, gradient: &[f64]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let alpha = pair.rho * dot(&pair.s, &q);
        add_scaled(&mut q, -alpha, &pair.y);
        alphas.push(alpha);
    }
    if let Some(newest) = memory.back() {
        let scale = 1.0 / (newest.rho * dot(&newest.y, &newest.y));
        q.iter_mut().for_each(|v| *v *= scale);
    }
    for (pair, alpha) in memory.iter().zip(alphas.into_iter().rev()) {
        let beta = pair.rho * dot(&pair.y, &q);
        add_scaled(&mut q, alpha - beta, &pair.s);
    }
    q
}

fn remember(
    memory: &mut VecDeque<Pair>,
    direction: &[f64],
    step: f64,
    after: &[f64],
    before: &[f64],
) {
    if memory.len() == MEMORY {
        memory.pop_front();
    }
    let s: Vec<f64> = direction.iter().map(|d| step * d).collect();
    let y: Vec<f64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
    let rho = 1.0 / dot(&s, &y);
    memory.push_back(Pair { s, y, rho });
}

fn add_scaled(to: &mut [f64], factor: f64, v: &[f64]) {
    for (t, x) in to.iter_mut().zip(v) {
        *t += factor * x;
    }
}

fn largest(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |m, x| m.max(x.abs()))
}
