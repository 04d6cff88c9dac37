//! L2-regularised logistic regression.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::cholesky::{cholesky, solve_cholesky};
use super::derivatives::{Derivatives, Rows, dot, loss_and_gradient};
use super::lbfgs::{self, Minimum};
use super::linear::Linear;
use super::problem::{Buffers, Weighting, check_positive};
use crate::{Error, Result};

const WHAT: &str = "logistic regression";

/// How the intercept enters the objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Intercept {
    /// `1/2 |w|^2 + 1/2 b^2 + C sum v_i log(1 + exp(-y_i z_i))`: the intercept is one more weight (liblinear's form).
    Regularised,
    /// `1/2 |w|^2 + C sum v_i log(1 + exp(-y_i z_i))`, the same minimum as the mean loss plus `|w|^2 / (2 C V)`, `V = sum v_i`.
    #[default]
    Free,
}

/// How the objective is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Solver {
    /// Damped Newton with a Cholesky factorisation of the Hessian: runs to the optimum. It stops when the gradient's
    /// Euclidean norm is at most `tol` times its norm at zero, or at the rounding level of the sum over rows.
    #[default]
    Newton,
    /// L-BFGS that stops where scikit-learn's solver of that name stops (SciPy's `L-BFGS-B`: memory 10, Moré–Thuente line
    /// search): when the largest entry of the gradient of the objective over `C V` is at most `tol`, or its relative
    /// decrease at most 64 machine epsilons. With scikit-learn's `tol` of 1e-4 that is short of the optimum.
    Lbfgs,
}

/// L2-regularised logistic regression on a dense design.
///
/// Minimises one of the two objectives of [`Intercept`] with `z_i = w . x_i + b`, labels `y_i = +1` (up) or `-1`, and
/// effective weights `v_i = s_i f_i`: `s_i` is the sample weight (1 when none is given) and `f_i = W / (2 W_c)` when
/// `balanced` (`W = sum s_i`, `W_c` the part of class `c`), else 1.
///
/// | name | default | range | name in scikit-learn |
/// |---|---|---|---|
/// | `c` | 1 | > 0 | `C` |
/// | `intercept` | `Free` | | `solver` (`liblinear` regularises it) |
/// | `balanced` | false | | `class_weight="balanced"` |
/// | `solver` | `Newton` | | `solver` |
/// | `tol` | 1e-8 | > 0 | `tol` |
/// | `max_iter` | 100 | >= 1 | `max_iter` |
///
/// What `tol` bounds depends on the [`Solver`]. Newton costs `O(n p^2)` per iteration, usually 5 to 8 iterations, L-BFGS
/// `O(n p)`; sums run in row order, so results do not depend on threads.
///
/// ```
/// use mantis_features::learn::Logistic;
/// use ndarray::array;
///
/// let x = array![[-2.0], [-1.0], [0.5], [-0.5], [1.0], [2.0]];
/// let up = [false, false, false, true, true, true];
/// let model = Logistic::default().fit(x.view(), &up, None)?;
/// assert!(model.converged);
/// assert!(model.probability(&[2.0])? > 0.8);
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// Inverse strength of the penalty.
    pub c: f64,
    /// Whether the intercept is penalised.
    pub intercept: Intercept,
    /// Give both classes the same total weight.
    pub balanced: bool,
    /// The minimiser.
    pub solver: Solver,
    /// Tolerance of the solver's stop rule.
    pub tol: f64,
    /// Largest number of iterations; reaching it is reported by [`Linear::converged`].
    pub max_iter: usize,
}

impl Default for Logistic {
    fn default() -> Self {
        Self {
            c: 1.0,
            intercept: Intercept::Free,
            balanced: false,
            solver: Solver::Newton,
            tol: 1e-8,
            max_iter: 100,
        }
    }
}

/// Buffers of [`Logistic::fit_with`], reused from fit to fit so that no iteration allocates.
#[derive(Debug, Default, Clone)]
pub struct Workspace {
    buffers: Buffers,
    newton: Newton,
}

impl Logistic {
    /// Fits on `x` (rows x columns), `up` (one label per row) and optional sample weights (finite, not negative).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a bad `c`, `tol` or `max_iter`; [`Error::Length`] for inputs of different length or no
    /// column; [`Error::NotFinite`], [`Error::SampleWeight`] or [`Error::Overflow`] for bad values; [`Error::OneClass`] when
    /// only one label has weight.
    pub fn fit(
        &self,
        x: ArrayView2<'_, f64>,
        up: &[bool],
        weights: Option<&[f64]>,
    ) -> Result<Linear> {
        self.fit_with(&mut Workspace::default(), x, up, weights)
    }

    /// As [`Logistic::fit`], with buffers of the caller.
    ///
    /// # Errors
    /// As [`Logistic::fit`].
    pub fn fit_with(
        &self,
        workspace: &mut Workspace,
        x: ArrayView2<'_, f64>,
        up: &[bool],
        weights: Option<&[f64]>,
    ) -> Result<Linear> {
        check_positive(WHAT, "c", self.c)?;
        check_positive(WHAT, "tol", self.tol)?;
        if self.max_iter == 0 {
            let (parameter, expected) = ("max_iter", "at least 1");
            return Err(Error::Parameter { what: WHAT, parameter, expected, got: 0.0 });
        }
        let weighting = Weighting { c: self.c, balanced: self.balanced, sample: weights };
        let problem = workspace.buffers.problem(WHAT, &x, up, weighting)?;
        let ridge = match self.intercept {
            Intercept::Regularised => 1.0,
            Intercept::Free => 0.0,
        };
        let stop = Stop { tol: self.tol, floor: problem.gradient_floor, max_iter: self.max_iter };
        Ok(match self.solver {
            Solver::Newton => workspace.newton.minimise(problem.rows, ridge, stop),
            Solver::Lbfgs => minimise_lbfgs(problem.rows, ridge, stop),
        })
    }
}

/// Minimises the objective over `C V`, the scale on which the stop rules of the reference work.
fn minimise_lbfgs(rows: Rows<'_>, intercept_ridge: f64, stop: Stop) -> Linear {
    let p = rows.columns;
    let mass: f64 = rows.weights.iter().sum();
    let objective = |theta: &[f64], gradient: &mut [f64]| {
        let loss = loss_and_gradient(rows, theta, gradient);
        let penalty = dot(&theta[..p], &theta[..p]) + intercept_ridge * theta[p] * theta[p];
        for (j, (g, w)) in gradient.iter_mut().zip(theta).enumerate() {
            let ridge = if j == p { intercept_ridge } else { 1.0 };
            *g = (*g + ridge * w) / mass;
        }
        (loss + 0.5 * penalty) / mass
    };
    let Minimum { at, iterations, converged } =
        lbfgs::minimise(p + 1, stop.tol, stop.max_iter, objective);
    Linear { intercept: at[p], weights: at[..p].to_vec(), iterations, converged }
}

#[derive(Clone, Copy)]
struct Stop {
    tol: f64,
    floor: f64,
    max_iter: usize,
}

/// A trial step is shortened while the slope beyond it exceeds this part of the slope at its start.
const OVERSHOOT: f64 = 0.1;
const MAX_SHORTENINGS: usize = 60;

#[derive(Debug, Default, Clone)]
struct Newton {
    at: Derivatives,
    trial: Derivatives,
    theta: Vec<f64>,
    candidate: Vec<f64>,
    step: Vec<f64>,
    factor: Vec<f64>,
}

impl Newton {
    /// Minimises the convex objective from zero.
    ///
    /// The line search looks at slopes only: along a line the slope of a convex function rises, so a step that ends
    /// where the slope is still negative cannot have gone uphill, and the loss itself is never needed.
    fn minimise(&mut self, rows: Rows<'_>, intercept_ridge: f64, stop: Stop) -> Linear {
        let p = rows.columns;
        self.theta.clear();
        self.theta.resize(p + 1, 0.0);
        self.at.evaluate(rows, &self.theta);
        add_ridge(&mut self.at, &self.theta, intercept_ridge);
        let target = (stop.tol * norm(&self.at.gradient)).max(stop.floor);
        let mut converged = norm(&self.at.gradient) <= target;
        let mut iterations = 0;
        while !converged && iterations < stop.max_iter {
            iterations += 1;
            self.newton_step();
            if !self.line_search(rows, intercept_ridge) {
                break;
            }
            converged = norm(&self.at.gradient) <= target;
        }
        Linear {
            weights: self.theta[..p].to_vec(),
            intercept: self.theta[p],
            iterations,
            converged,
        }
    }

    /// `step = -H^-1 g`; a Hessian that is singular in floating point is lifted until it factors.
    fn newton_step(&mut self) {
        let d = self.at.gradient.len();
        let largest = (0..d).fold(0.0_f64, |m, j| m.max(self.at.hessian[j * d + j]));
        let mut lift = 0.0;
        loop {
            self.factor.clone_from(&self.at.hessian);
            for j in 0..d {
                self.factor[j * d + j] += lift;
            }
            if cholesky(&mut self.factor, d) {
                break;
            }
            lift = if lift == 0.0 { largest.max(1.0) * 1e-12 } else { lift * 10.0 };
        }
        self.step.clear();
        self.step.extend(self.at.gradient.iter().map(|g| -g));
        solve_cholesky(&self.factor, &mut self.step);
    }

    /// Moves `theta` along `step`; false when no step length makes progress.
    fn line_search(&mut self, rows: Rows<'_>, intercept_ridge: f64) -> bool {
        let start = dot(&self.at.gradient, &self.step);
        if start >= 0.0 {
            return false;
        }
        let mut t = 1.0;
        for _ in 0..MAX_SHORTENINGS {
            self.candidate.clear();
            self.candidate.extend(self.theta.iter().zip(&self.step).map(|(w, s)| w + t * s));
            self.trial.evaluate(rows, &self.candidate);
            add_ridge(&mut self.trial, &self.candidate, intercept_ridge);
            let end = dot(&self.trial.gradient, &self.step);
            if end <= -OVERSHOOT * start {
                std::mem::swap(&mut self.theta, &mut self.candidate);
                std::mem::swap(&mut self.at, &mut self.trial);
                return true;
            }
            t *= (start / (start - end)).clamp(0.1, 0.9);
        }
        false
    }
}

fn add_ridge(at: &mut Derivatives, theta: &[f64], intercept_ridge: f64) {
    let d = theta.len();
    for (j, value) in theta.iter().enumerate() {
        let ridge = if j + 1 == d { intercept_ridge } else { 1.0 };
        at.gradient[j] += ridge * value;
        at.hessian[j * d + j] += ridge;
    }
}

fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}
