//! Elastic-net logistic regression, solved to its optimum.
//!
//! Proximal Newton (Lee, Sun and Saunders, *Proximal Newton-type methods for minimizing composite
//! functions*, 2014): each step minimises the quadratic model of the loss plus the exact penalty.
//! Copies among the columns make coordinate descent alone crawl, so the model is finished by one
//! linear solve on the coordinates that coordinate descent found to be non-zero.

use crate::metrics::count;
use ndarray::ArrayView2;

/// Stop when the optimality violation has fallen to this part of its value at zero.
const TOLERANCE: f64 = 1e-11;
/// Sufficient decrease of the line search (Armijo).
const DECREASE: f64 = 1e-4;
/// Relative rounding noise of a sum over all rows, with a margin.
const NOISE: f64 = 1e-12;
const MAX_HALVINGS: usize = 50;
const MAX_SWEEPS: usize = 4096;

/// Minimises `c * sum(v_i log(1 + exp(-y_i (w.x_i + b)))) + (1 - r)/2 |w|^2 + r |w|_1` with a free
/// intercept, `r` = `l1_ratio`.
#[derive(Debug, Clone, Copy)]
pub(super) struct ElasticNet {
    pub(super) c: f64,
    pub(super) l1_ratio: f64,
    /// Give both classes the same total weight.
    pub(super) balanced: bool,
    pub(super) max_iter: usize,
}

/// Rows of one fit with their effective weights `c v_i`.
struct Rows<'a> {
    x: ArrayView2<'a, f64>,
    up: &'a [bool],
    weights: Vec<f64>,
}

/// The loss and its derivatives in (w, b); the intercept is the last coordinate.
struct Model {
    gradient: Vec<f64>,
    hessian: Vec<Vec<f64>>,
}

impl ElasticNet {
    /// Weights of the columns. `up` holds both classes, with positive sample weights.
    pub(super) fn fit(&self, x: ArrayView2<'_, f64>, up: &[bool], sample: &[f64]) -> Vec<f64> {
        let rows = Rows { x, up, weights: self.effective_weights(up, sample) };
        let d = x.ncols() + 1;
        let mut theta = vec![0.0; d];
        let mut loss = rows.loss(&theta);
        let mut target = None;
        for _ in 0..self.max_iter {
            let model = rows.model(&theta);
            let violation = (0..d).map(|j| self.violation(&theta, &model.gradient, j).powi(2));
            let violation = violation.sum::<f64>().sqrt();
            if violation <= *target.get_or_insert(TOLERANCE * violation) {
                break;
            }
            let proposal = self.minimise_model(&model, &theta);
            let step: Vec<f64> = proposal.iter().zip(&theta).map(|(p, t)| p - t).collect();
            let slope =
                dot(&model.gradient, &step) + self.penalty(&proposal) - self.penalty(&theta);
            let objective = loss + self.penalty(&theta);
            // Near the rounding level of the objective a decrease cannot be seen any more. There
            // Newton's method squares its error, so one full step ends the fit.
            if slope.abs() <= NOISE * objective {
                return without_intercept(proposal);
            }
            let moved = (0..MAX_HALVINGS).find_map(|halvings| {
                let t = 0.5_f64.powi(i32::try_from(halvings).unwrap_or(i32::MAX));
                let trial: Vec<f64> = theta.iter().zip(&step).map(|(a, s)| a + t * s).collect();
                let trial_loss = rows.loss(&trial);
                let fell = trial_loss + self.penalty(&trial) <= objective + DECREASE * t * slope;
                fell.then_some((trial, trial_loss))
            });
            let Some((next, next_loss)) = moved else {
                return without_intercept(proposal);
            };
            theta = next;
            loss = next_loss;
        }
        without_intercept(theta)
    }

    fn effective_weights(&self, up: &[bool], sample: &[f64]) -> Vec<f64> {
        let mass = |class: bool| -> f64 {
            up.iter().zip(sample).filter(|(u, _)| **u == class).map(|(_, s)| s).sum()
        };
        let (up_mass, down_mass) = (mass(true), mass(false));
        let factor = |class_mass: f64| {
            let part = if self.balanced { (up_mass + down_mass) / (2.0 * class_mass) } else { 1.0 };
            self.c * part
        };
        let (up_factor, down_factor) = (factor(up_mass), factor(down_mass));
        let scale = |(&u, &s): (&bool, &f64)| s * if u { up_factor } else { down_factor };
        up.iter().zip(sample).map(scale).collect()
    }

    fn penalty(&self, theta: &[f64]) -> f64 {
        let weights = &theta[..theta.len() - 1];
        let l1: f64 = weights.iter().map(|w| w.abs()).sum();
        0.5 * (1.0 - self.l1_ratio) * dot(weights, weights) + self.l1_ratio * l1
    }

    /// Smallest absolute subgradient of the objective along coordinate `j`.
    fn violation(&self, theta: &[f64], gradient: &[f64], j: usize) -> f64 {
        if j + 1 == theta.len() {
            return gradient[j].abs();
        }
        let smooth = gradient[j] + (1.0 - self.l1_ratio) * theta[j];
        if theta[j] == 0.0 {
            (smooth.abs() - self.l1_ratio).max(0.0)
        } else {
            (smooth + self.l1_ratio * theta[j].signum()).abs()
        }
    }

    /// Minimiser of the quadratic model around `theta` plus the penalty.
    fn minimise_model(&self, model: &Model, theta: &[f64]) -> Vec<f64> {
        let d = theta.len();
        // Gradient of the model at z is H z - target.
        let target: Vec<f64> =
            (0..d).map(|j| dot(&model.hessian[j], theta) - model.gradient[j]).collect();
        let mut z = theta.to_vec();
        for sweep in 1..=MAX_SWEEPS {
            for j in 0..d {
                let curvature = model.hessian[j][j];
                let pull = target[j] - dot(&model.hessian[j], &z) + curvature * z[j];
                z[j] = if j + 1 == d {
                    pull / curvature
                } else {
                    let shrunk = (pull.abs() - self.l1_ratio).max(0.0).copysign(pull);
                    shrunk / (curvature + 1.0 - self.l1_ratio)
                };
            }
            if sweep.is_power_of_two()
                && let Some(exact) = self.solve_on_support(model, &target, &z)
            {
                return exact;
            }
        }
        z
    }

    /// The exact minimiser of the model if it has the signs of `z`.
    fn solve_on_support(&self, model: &Model, target: &[f64], z: &[f64]) -> Option<Vec<f64>> {
        let last = z.len() - 1;
        let support: Vec<usize> = (0..z.len()).filter(|&j| j == last || z[j] != 0.0).collect();
        let sign = |j: usize| if j == last { 0.0 } else { z[j].signum() };
        let ridge = |j: usize| if j == last { 0.0 } else { 1.0 - self.l1_ratio };
        let mut system: Vec<Vec<f64>> = support
            .iter()
            .map(|&j| {
                let mut row: Vec<f64> = support.iter().map(|&k| model.hessian[j][k]).collect();
                row.push(target[j] - self.l1_ratio * sign(j));
                row
            })
            .collect();
        for (i, &j) in support.iter().enumerate() {
            system[i][i] += ridge(j);
        }
        let values = solve_symmetric(system)?;
        let mut exact = vec![0.0; z.len()];
        for (&j, value) in support.iter().zip(values) {
            if j != last && value.signum() != z[j].signum() {
                return None;
            }
            exact[j] = value;
        }
        let scale = target.iter().fold(1.0_f64, |m, t| m.max(t.abs()));
        let zeros_stay = (0..last).filter(|&j| z[j] == 0.0).all(|j| {
            let pull = target[j] - dot(&model.hessian[j], &exact);
            pull.abs() <= self.l1_ratio + 1e-12 * scale
        });
        zeros_stay.then_some(exact)
    }
}

impl Rows<'_> {
    /// (score, label, weight) of every row at `theta`.
    fn scores<'b>(
        &'b self,
        theta: &'b [f64],
    ) -> impl Iterator<Item = (ndarray::ArrayView1<'b, f64>, f64, bool, f64)> + 'b {
        let (w, b) = theta.split_at(theta.len() - 1);
        self.x.rows().into_iter().zip(self.up.iter().zip(&self.weights)).map(
            move |(x, (&up, &v))| {
                let z = x.iter().zip(w).fold(b[0], |sum, (x, w)| sum + x * w);
                (x, z, up, v)
            },
        )
    }

    fn loss(&self, theta: &[f64]) -> f64 {
        self.scores(theta)
            .map(|(_, z, up, v)| {
                let margin = if up { z } else { -z };
                v * ((-margin.abs()).exp().ln_1p() + (-margin).max(0.0))
            })
            .sum()
    }

    fn model(&self, theta: &[f64]) -> Model {
        let d = theta.len();
        let mut gradient = vec![0.0; d];
        let mut lower = vec![0.0; d * d];
        let mut row = vec![1.0; d];
        for (x, z, up, v) in self.scores(theta) {
            let e = (-z.abs()).exp();
            let inverse = 1.0 / (1.0 + e);
            let wrong = if (z >= 0.0) == up { e * inverse } else { inverse };
            let residual = if up { -v * wrong } else { v * wrong };
            let curvature = v * e * inverse * inverse;
            for (slot, &value) in row.iter_mut().zip(x) {
                *slot = value;
            }
            for j in 0..d {
                gradient[j] += residual * row[j];
                let scaled = curvature * row[j];
                for (h, value) in lower[j * d..=j * d + j].iter_mut().zip(&row) {
                    *h += scaled * value;
                }
            }
        }
        let entry = |j: usize, k: usize| lower[j.max(k) * d + j.min(k)];
        let hessian = (0..d).map(|j| (0..d).map(|k| entry(j, k)).collect()).collect();
        Model { gradient, hessian }
    }
}

/// Solves a positive definite system given as rows with the right-hand side appended (LDL^T by
/// elimination); `None` when it is singular in floating point.
fn solve_symmetric(mut system: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let n = system.len();
    let largest = (0..n).fold(0.0_f64, |m, j| m.max(system[j][j]));
    for j in 0..n {
        let (upper, lower) = system.split_at_mut(j + 1);
        let pivot = &upper[j];
        if pivot[j] <= largest * f64::EPSILON * count(n) {
            return None;
        }
        for row in lower {
            let factor = row[j] / pivot[j];
            for k in j..=n {
                row[k] -= factor * pivot[k];
            }
        }
    }
    let mut solution = vec![0.0; n];
    for j in (0..n).rev() {
        let known = dot(&system[j][j + 1..n], &solution[j + 1..]);
        solution[j] = (system[j][n] - known) / system[j][j];
    }
    Some(solution)
}

fn without_intercept(mut theta: Vec<f64>) -> Vec<f64> {
    theta.pop();
    theta
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Rows whose columns 0 and 1 are copies and 2 their negative; 3 helps, 4 is noise.
    fn rows(n: usize) -> (Array2<f64>, Vec<bool>, Vec<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut x = Array2::zeros((n, 5));
        let (mut up, mut sample) = (Vec::new(), Vec::new());
        for i in 0..n {
            let [a, b, c]: [f64; 3] = std::array::from_fn(|_| rng.gen_range(-1.0..1.0));
            for (j, v) in [a, a, -a, b, c].into_iter().enumerate() {
                x[[i, j]] = v;
            }
            up.push(0.7 * a + 0.4 * b + rng.gen_range(-1.5..1.5) > 0.3);
            sample.push(rng.gen_range(0.5..1.5));
        }
        (x, up, sample)
    }

    #[test]
    fn the_solution_satisfies_the_optimality_conditions() {
        let (x, up, sample) = rows(3000);
        for (c, l1_ratio) in [(1.0, 0.5), (0.01, 0.5), (0.05, 1.0), (1.0, 0.0)] {
            let net = ElasticNet { c, l1_ratio, balanced: true, max_iter: 100 };
            let weights = net.fit(x.view(), &up, &sample);
            let rows = Rows { x: x.view(), up: &up, weights: net.effective_weights(&up, &sample) };
            // The intercept that belongs to these weights, by bisection of its own gradient.
            let (mut low, mut high) = (-5.0, 5.0);
            let with = |b: f64| weights.iter().copied().chain([b]).collect::<Vec<_>>();
            for _ in 0..100 {
                let middle = 0.5 * (low + high);
                let slope = rows.model(&with(middle)).gradient[5];
                *(if slope > 0.0 { &mut high } else { &mut low }) = middle;
            }
            let theta = with(low);
            let gradient = rows.model(&theta).gradient;
            for j in 0..5 {
                let violation = net.violation(&theta, &gradient, j);
                assert!(violation < 1e-7, "c {c}, ratio {l1_ratio}, column {j}: {violation}");
            }
            if l1_ratio < 1.0 {
                assert!((weights[0] - weights[1]).abs() < 1e-9);
                assert!((weights[0] + weights[2]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_strong_penalty_leaves_nothing() {
        let (x, up, sample) = rows(500);
        let net = ElasticNet { c: 1e-4, l1_ratio: 0.9, balanced: false, max_iter: 100 };
        assert_eq!(net.fit(x.view(), &up, &sample), [0.0; 5]);
    }
}
