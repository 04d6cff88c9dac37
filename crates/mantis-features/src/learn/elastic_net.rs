//! Logistic regression with an elastic-net penalty.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::cholesky::solve_positive_definite;
use super::derivatives::{Derivatives, Rows, loss_and_gradient};
use super::linear::Linear;
use super::problem::{Buffers, Weighting, check_positive};
use crate::{Error, Result};

const WHAT: &str = "elastic net";

/// Logistic regression with an elastic-net penalty and a free intercept, solved to the optimum.
///
/// Minimises `C sum v_i log(1 + exp(-y_i z_i)) + (1 - rho)/2 |w|_2^2 + rho |w|_1` with `z_i = w . x_i + b`, `rho` the
/// `l1_ratio`, and the effective weights `v_i` of [`Logistic`](super::Logistic).
///
/// | name | default | range | name in scikit-learn |
/// |---|---|---|---|
/// | `c` | 1 | > 0 | `C` |
/// | `l1_ratio` | 0.5 | 0 to 1 | `l1_ratio` |
/// | `balanced` | false | | `class_weight="balanced"` |
/// | `tol` | 1e-10 | > 0 | (its `tol` bounds the change of the weights) |
/// | `max_iter` | 100 | >= 1 | `max_iter` |
///
/// Proximal Newton method (Lee, Sun and Saunders, 2014, *SIAM J. Optim.* 24:1420): each iteration minimises the quadratic
/// model of the loss plus the penalty by coordinate descent (Friedman, Hastie and Tibshirani, 2010, *J. Stat. Softw.*
/// 33:1), which a direct solve on the coordinates that are not zero finishes, and backtracks on the objective. It stops when
/// the largest violation of the optimality conditions is at most `tol` times that at zero (or at the rounding level of the sum
/// over rows). Many rows are fitted from the optimum of every eighth of them. An iteration that made good
/// progress leaves the curvature to the next one: `O(n p)`, else `O(n p^2)`; sums run in row order.
///
/// ```
/// use mantis_features::learn::ElasticNet;
/// use ndarray::array;
///
/// // The second column is noise: the penalty removes it.
/// let x = array![[-2.0, 0.1], [-1.0, -0.2], [0.5, 0.1], [-0.5, -0.1], [1.0, 0.2], [2.0, -0.1]];
/// let up = [false, false, false, true, true, true];
/// let model = ElasticNet { l1_ratio: 0.9, ..ElasticNet::default() }.fit(x.view(), &up, None)?;
/// assert!(model.converged && model.weights[0] > 0.1);
/// assert_eq!(model.weights[1], 0.0);
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ElasticNet {
    /// Inverse strength of the penalty.
    pub c: f64,
    /// Share of the absolute-value penalty.
    pub l1_ratio: f64,
    /// Give both classes the same total weight.
    pub balanced: bool,
    /// Relative violation of the optimality conditions at which to stop.
    pub tol: f64,
    /// Largest number of iterations; reaching it is reported by [`Linear::converged`].
    pub max_iter: usize,
}

impl Default for ElasticNet {
    fn default() -> Self {
        Self { c: 1.0, l1_ratio: 0.5, balanced: false, tol: 1e-10, max_iter: 100 }
    }
}

impl ElasticNet {
    /// Fits on `x` (rows x columns), `up` (one label per row) and optional sample weights (finite, not negative).
    ///
    /// # Errors
    /// As [`Logistic::fit`](super::Logistic::fit), and [`Error::Parameter`] for an `l1_ratio` outside 0 to 1.
    pub fn fit(
        &self,
        x: ArrayView2<'_, f64>,
        up: &[bool],
        weights: Option<&[f64]>,
    ) -> Result<Linear> {
        check_positive(WHAT, "c", self.c)?;
        check_positive(WHAT, "tol", self.tol)?;
        if !(0.0..=1.0).contains(&self.l1_ratio) {
            let (parameter, expected) = ("l1_ratio", "from 0 to 1");
            return Err(Error::Parameter { what: WHAT, parameter, expected, got: self.l1_ratio });
        }
        if self.max_iter == 0 {
            let (parameter, expected) = ("max_iter", "at least 1");
            return Err(Error::Parameter { what: WHAT, parameter, expected, got: 0.0 });
        }
        let mut buffers = Buffers::default();
        let weighting = Weighting { c: self.c, balanced: self.balanced, sample: weights };
        let problem = buffers.problem(WHAT, &x, up, weighting)?;
        let penalty = Penalty { l1: self.l1_ratio, l2: 1.0 - self.l1_ratio };
        let (rows, floor) = (problem.rows, problem.gradient_floor);
        let start = Thinned::new(rows).map(|few| {
            self.minimise(few.rows(rows.columns), penalty, START_TOLERANCE, floor, None)
        });
        let found = self.minimise(rows, penalty, self.tol, floor, start);
        let (iterations, converged) = (found.iterations, found.converged);
        let (weights, intercept) = found.theta.split_at(rows.columns);
        Ok(Linear { intercept: intercept[0], weights: weights.to_vec(), iterations, converged })
    }

    /// The minimum to `tol` from a start, whose curvature stands for that of the rows, or from zero.
    fn minimise(
        &self,
        rows: Rows<'_>,
        penalty: Penalty,
        tol: f64,
        floor: f64,
        start: Option<Minimum>,
    ) -> Minimum {
        let mut theta = vec![0.0; rows.columns + 1];
        let mut at = Derivatives::default();
        at.gradient.resize(theta.len(), 0.0);
        let mut objective = loss_and_gradient(rows, &theta, &mut at.gradient);
        let target = (tol * penalty.violation(&at.gradient, &theta)).max(floor);
        // Whether the Hessian belongs to these rows and weights.
        let mut fresh = start.is_none();
        if let Some(start) = start {
            (theta, at.hessian) = (start.theta, start.hessian);
            objective = loss_and_gradient(rows, &theta, &mut at.gradient) + penalty.value(&theta);
        } else {
            at.evaluate(rows, &theta);
        }
        let mut violation = penalty.violation(&at.gradient, &theta);
        let mut iterations = 0;
        while violation > target && iterations < self.max_iter {
            iterations += 1;
            let step = model_step(&at, &theta, penalty);
            match backtrack(rows, &at, &theta, &step, penalty, objective) {
                Some(moved) => {
                    (theta, objective, at.gradient) =
                        (moved.theta, moved.objective, moved.gradient);
                    let before = violation;
                    violation = penalty.violation(&at.gradient, &theta);
                    fresh = false;
                    if violation <= target || violation <= KEEP_HESSIAN * before {
                        continue;
                    }
                }
                None if fresh => break,
                None => {}
            }
            at.evaluate(rows, &theta);
            fresh = true;
        }
        let converged = violation <= target;
        Minimum { theta, hessian: at.hessian, iterations, converged }
    }
}

/// Where a fit ended.
struct Minimum {
    /// Weights, and the intercept at the end.
    theta: Vec<f64>,
    /// The last one evaluated on the way.
    hessian: Vec<f64>,
    iterations: usize,
    converged: bool,
}

/// Rows from one that a first fit takes to the next, and the least rows for each column that are left to it.
const THINNING: usize = 8;
const LEAST_THINNED: usize = 50;
/// Violation at which the first fit stops: its rows say no more than that about the others.
const START_TOLERANCE: f64 = 1e-3;

/// Some of the rows, each for the others around it: their optimum is near that of all, at a small part of the work.
struct Thinned {
    x: Vec<f64>,
    up: Vec<bool>,
    weights: Vec<f64>,
}

impl Thinned {
    /// `None` when there are too few rows, or of one class only.
    fn new(rows: Rows<'_>) -> Option<Self> {
        let few = rows.up.len() / THINNING;
        if few < LEAST_THINNED * rows.columns {
            return None;
        }
        let designs = rows.x.chunks_exact(rows.columns).step_by(THINNING);
        let up: Vec<bool> = rows.up.iter().copied().step_by(THINNING).collect();
        let scale = THINNING as f64;
        let weights: Vec<f64> = rows.weights.iter().step_by(THINNING).map(|w| scale * w).collect();
        let mass = |class: bool| {
            let of_class = up.iter().zip(&weights).filter(|(u, _)| **u == class);
            of_class.map(|(_, w)| w).sum::<f64>()
        };
        let both = mass(true) > 0.0 && mass(false) > 0.0;
        both.then(|| Self { x: designs.flatten().copied().collect(), up, weights })
    }

    fn rows(&self, columns: usize) -> Rows<'_> {
        Rows { x: &self.x, columns, up: &self.up, weights: &self.weights }
    }
}

/// A step that shrinks the violation by this may use the same Hessian once more: a gradient costs a small part of it.
const KEEP_HESSIAN: f64 = 0.4;

/// Penalty on all coordinates but the last, which is the intercept.
#[derive(Clone, Copy)]
struct Penalty {
    l1: f64,
    l2: f64,
}

impl Penalty {
    fn value(self, theta: &[f64]) -> f64 {
        let weights = &theta[..theta.len() - 1];
        weights.iter().map(|w| self.l1 * w.abs() + 0.5 * self.l2 * w * w).sum()
    }

    /// Size of the smallest subgradient of the objective, by its largest entry.
    fn violation(self, gradient: &[f64], theta: &[f64]) -> f64 {
        let p = theta.len() - 1;
        let of_weight = |(g, w): (&f64, &f64)| {
            let smooth = g + self.l2 * w;
            if *w == 0.0 {
                (smooth.abs() - self.l1).max(0.0)
            } else {
                (smooth + self.l1 * w.signum()).abs()
            }
        };
        let weights = gradient[..p].iter().zip(&theta[..p]).map(of_weight);
        weights.fold(gradient[p].abs(), f64::max)
    }
}

const MAX_SWEEPS: usize = 10_000;
/// Change in a sweep, relative to the step, at which the model counts as minimised: far above rounding, and the next iteration starts
/// from what is left.
const MODEL_TOLERANCE: f64 = 1e-10;
/// Change, relative to the weights, that sweeps may go on making for ever: a weight and the gradient are rounded.
const ROUNDING: f64 = 16.0 * f64::EPSILON;
/// Sweeps between two attempts to finish the model's minimum at once.
const SWEEPS_PER_ATTEMPT: usize = 5;

/// Step to the minimum of the quadratic model of the loss plus the penalty.
fn model_step(at: &Derivatives, theta: &[f64], penalty: Penalty) -> Vec<f64> {
    let d = theta.len();
    let mut hessian = at.hessian.clone();
    for j in 0..d {
        for k in 0..j {
            hessian[k * d + j] = hessian[j * d + k];
        }
    }
    let mut step = vec![0.0; d];
    // Gradient of the model at the current step.
    let mut gradient = at.gradient.clone();
    for sweep in 1..=MAX_SWEEPS {
        let (mut largest_change, mut largest_step, mut largest_weight) =
            (0.0_f64, 0.0_f64, 0.0_f64);
        for j in 0..d {
            let row = &hessian[j * d..(j + 1) * d];
            let curvature = row[j];
            if curvature <= 0.0 {
                continue;
            }
            let now = theta[j] + step[j];
            let wanted = if j + 1 == d {
                now - gradient[j] / curvature
            } else {
                let pull = curvature * now - gradient[j];
                soft_threshold(pull, penalty.l1) / (curvature + penalty.l2)
            };
            let change = wanted - now;
            if change != 0.0 {
                step[j] = wanted - theta[j];
                for (g, h) in gradient.iter_mut().zip(row) {
                    *g += change * h;
                }
            }
            let scale = curvature.sqrt();
            largest_change = largest_change.max(change.abs() * scale);
            largest_step = largest_step.max(step[j].abs() * scale);
            largest_weight = largest_weight.max(wanted.abs() * scale);
        }
        if largest_change <= MODEL_TOLERANCE * largest_step + ROUNDING * largest_weight {
            break;
        }
        // Alike columns make the sweeps slow. They remain the judge: the next one moves whatever is not at its optimum.
        if sweep % SWEEPS_PER_ATTEMPT == 0 {
            solve_on_support(&hessian, theta, penalty, &mut step, &mut gradient);
        }
    }
    step
}

/// Moves the coordinates that are not zero to the minimum of the model on them, unless one would change its sign.
fn solve_on_support(
    hessian: &[f64],
    theta: &[f64],
    penalty: Penalty,
    step: &mut [f64],
    gradient: &mut [f64],
) {
    let d = theta.len();
    let intercept = d - 1;
    let at = |step: &[f64], j: usize| theta[j] + step[j];
    let support: Vec<usize> = (0..d)
        .filter(|&j| hessian[j * d + j] > 0.0 && (j == intercept || at(step, j) != 0.0))
        .collect();
    let n = support.len();
    let (mut factor, mut change) = (vec![0.0; n * n], vec![0.0; n]);
    for (a, &j) in support.iter().enumerate() {
        for (b, &k) in support[..=a].iter().enumerate() {
            factor[a * n + b] = hessian[j * d + k];
        }
        change[a] = -gradient[j];
        if j != intercept {
            let weight = at(step, j);
            factor[a * n + a] += penalty.l2;
            change[a] -= penalty.l2 * weight + penalty.l1 * weight.signum();
        }
    }
    if !solve_positive_definite(&mut factor, &mut change) {
        return;
    }
    let keeps_sign = |(&j, c): (&usize, &f64)| {
        let weight = at(step, j);
        j == intercept || (weight + c) * weight > 0.0
    };
    if !support.iter().zip(&change).all(keeps_sign) {
        return;
    }
    for (&j, &c) in support.iter().zip(&change) {
        step[j] += c;
        for (g, h) in gradient.iter_mut().zip(&hessian[j * d..(j + 1) * d]) {
            *g += c * h;
        }
    }
}

fn soft_threshold(value: f64, threshold: f64) -> f64 {
    (value.abs() - threshold).max(0.0).copysign(value)
}

/// Part of the predicted decrease that a step must achieve.
const SUFFICIENT: f64 = 1e-4;
const MAX_HALVINGS: usize = 50;

/// Where a step leads.
struct Moved {
    theta: Vec<f64>,
    objective: f64,
    /// Of the loss alone.
    gradient: Vec<f64>,
}

/// Halves the step until the objective falls enough; nothing when it never does.
fn backtrack(
    rows: Rows<'_>,
    at: &Derivatives,
    theta: &[f64],
    step: &[f64],
    penalty: Penalty,
    objective: f64,
) -> Option<Moved> {
    let along = |t: f64| -> Vec<f64> { theta.iter().zip(step).map(|(w, s)| w + t * s).collect() };
    let slope: f64 = at.gradient.iter().zip(step).map(|(g, s)| g * s).sum();
    let predicted = slope + penalty.value(&along(1.0)) - penalty.value(theta);
    // The objective is a sum over rows: changes below this are rounding noise.
    let noise = 1e-13 * objective.abs();
    let mut gradient = vec![0.0; theta.len()];
    let mut t = 1.0;
    for _ in 0..MAX_HALVINGS {
        let theta = along(t);
        let lower = loss_and_gradient(rows, &theta, &mut gradient) + penalty.value(&theta);
        if lower <= objective + SUFFICIENT * t * predicted + noise {
            return Some(Moved { theta, objective: lower, gradient });
        }
        t *= 0.5;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn many_rows_end_where_few_rows_lead_to_no_matter_the_start() {
        // 4,800 rows of three columns are thinned.
        let n = 4_800;
        let value = |t: usize, c: usize| ((t * (7 + 4 * c)) as f64 * 0.37 + c as f64).sin();
        let x = Array2::from_shape_fn((n, 3), |(t, c)| value(t, c));
        let up: Vec<bool> = (0..n).map(|t| value(t, 0) - value(t, 1) > 0.8 * value(t, 5)).collect();
        let weights: Vec<f64> = (0..n).map(|t| 0.5 + t as f64 / n as f64).collect();
        let net = ElasticNet { c: 0.01, l1_ratio: 0.7, balanced: true, ..ElasticNet::default() };
        let found = net.fit(x.view(), &up, Some(&weights)).unwrap();
        let mut buffers = Buffers::default();
        let weighting = Weighting { c: net.c, balanced: true, sample: Some(&weights) };
        let view = x.view();
        let problem = buffers.problem(WHAT, &view, &up, weighting).unwrap();
        assert!(Thinned::new(problem.rows).is_some());
        let penalty = Penalty { l1: 0.7, l2: 0.3 };
        let cold = net.minimise(problem.rows, penalty, net.tol, problem.gradient_floor, None);
        assert!(found.converged && cold.converged && found.weights.iter().any(|w| *w != 0.0));
        for (warm, cold) in found.weights.iter().chain([&found.intercept]).zip(&cold.theta) {
            assert!((warm - cold).abs() < 1e-8, "{warm} {cold}");
        }
        // One class in the rows that are kept: no start from them.
        let rare: Vec<bool> = (0..n).map(|t| t % 8 == 3).collect();
        assert!(net.fit(x.view(), &rare, None).unwrap().converged);
    }

    #[test]
    fn the_direct_solve_ends_at_the_minimum_of_its_orthant_or_stays() {
        // Two columns that are almost the same, one weight at zero, and the intercept.
        let hessian = [
            [4.0, 3.9, 0.5, 1.0],
            [3.9, 4.0, 0.4, 0.8],
            [0.5, 0.4, 2.0, 0.1],
            [1.0, 0.8, 0.1, 3.0],
        ];
        let (theta, penalty) = ([0.5, 0.6, 0.0, -0.1], Penalty { l1: 0.3, l2: 0.7 });
        let at_theta = [-0.9, -1.1, 0.1, 0.2];
        let (mut step, mut gradient) = (vec![0.0; 4], at_theta.to_vec());
        solve_on_support(hessian.as_flattened(), &theta, penalty, &mut step, &mut gradient);
        assert!(step[2] == 0.0 && step[0] != 0.0, "{step:?}");
        for j in 0..4 {
            let moved: f64 = (0..4).map(|k| hessian[j][k] * step[k]).sum();
            assert!((gradient[j] - at_theta[j] - moved).abs() < 1e-14, "{gradient:?}");
        }
        for j in [0, 1] {
            let slope = gradient[j] + penalty.l2 * (theta[j] + step[j]) + penalty.l1;
            assert!(slope.abs() < 1e-14, "{slope:e}");
        }
        assert!(gradient[3].abs() < 1e-14, "{gradient:?}");

        // A minimum beyond zero is not for this step.
        let (mut step, mut gradient) = (vec![0.0; 4], vec![9.0, 0.0, 0.0, 0.0]);
        solve_on_support(hessian.as_flattened(), &theta, penalty, &mut step, &mut gradient);
        assert_eq!((step, gradient), (vec![0.0; 4], vec![9.0, 0.0, 0.0, 0.0]));
    }
}
