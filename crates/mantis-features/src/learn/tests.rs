use ndarray::{Array2, ArrayView2};
use proptest::prelude::*;

use super::*;
use crate::Error;

/// Deterministic numbers in (-1, 1) for test designs.
fn noise(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    })
}

pub(super) fn sample(n: usize, p: usize, seed: u64) -> (Array2<f64>, Vec<bool>) {
    let mut numbers = noise(seed);
    let x = Array2::from_shape_simple_fn((n, p), || numbers.next().unwrap());
    let up = x
        .rows()
        .into_iter()
        .map(|row| row[0] - 0.5 * row[p - 1] + 0.3 + numbers.next().unwrap() * 1.5 > 0.0)
        .collect();
    (x, up)
}

/// Gradient of the loss, intercept last, computed in the plainest way.
fn loss_gradient(
    fit: &Logistic,
    model: &Linear,
    x: ArrayView2<'_, f64>,
    up: &[bool],
    s: Option<&[f64]>,
) -> Vec<f64> {
    let s_of = |i: usize| s.map_or(1.0, |s| s[i]);
    let mass = |class: bool| -> f64 { (0..up.len()).filter(|&i| up[i] == class).map(s_of).sum() };
    let total = mass(true) + mass(false);
    let mut gradient = vec![0.0; model.weights.len() + 1];
    for (i, row) in x.rows().into_iter().enumerate() {
        let factor = if fit.balanced { total / (2.0 * mass(up[i])) } else { 1.0 };
        let z: f64 =
            model.intercept + row.iter().zip(&model.weights).map(|(a, b)| a * b).sum::<f64>();
        let r = fit.c * s_of(i) * factor * (1.0 / (1.0 + (-z).exp()) - f64::from(u8::from(up[i])));
        for (g, v) in gradient.iter_mut().zip(row.iter().chain([&1.0])) {
            *g += r * v;
        }
    }
    gradient
}

#[test]
fn newton_reaches_the_optimum_of_both_objectives() {
    for p in [1, 2, 3, 4, 5, 11] {
        let (x, up) = sample(403, p, 7 + p as u64);
        let s: Vec<f64> = noise(3).map(|v| v + 1.0).take(403).collect();
        for intercept in [Intercept::Free, Intercept::Regularised] {
            for (balanced, weights) in [(false, None), (true, None), (true, Some(s.as_slice()))] {
                let fit = Logistic { c: 0.5, intercept, balanced, ..Logistic::default() };
                let model = fit.fit(x.view(), &up, weights).unwrap();
                assert!(model.converged && model.iterations < 10, "{model:?}");
                let mut gradient = loss_gradient(&fit, &model, x.view(), &up, weights);
                let free = intercept == Intercept::Free;
                let ridge = model.weights.iter().chain((!free).then_some(&model.intercept));
                gradient.iter_mut().zip(ridge).for_each(|(g, w)| *g += w);
                let worst = gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
                assert!(worst < 1e-6, "p {p} {intercept:?}: gradient {worst:e}");
            }
        }
    }
}

#[test]
fn lbfgs_with_a_tight_tolerance_meets_newton() {
    for (p, c) in [(2, 0.5), (7, 1e3), (17, 1e-3)] {
        let (x, up) = sample(500, p, 70 + p as u64);
        for intercept in [Intercept::Free, Intercept::Regularised] {
            let newton = Logistic { c, intercept, balanced: true, ..Logistic::default() };
            let lbfgs = Logistic { solver: Solver::Lbfgs, tol: 1e-9, max_iter: 1000, ..newton };
            let a = newton.fit(x.view(), &up, None).unwrap();
            let b = lbfgs.fit(x.view(), &up, None).unwrap();
            assert!(b.converged, "{b:?}");
            for (u, v) in a.weights.iter().zip(&b.weights) {
                assert!((u - v).abs() < 1e-5 * (1.0 + u.abs()), "{a:?} {b:?}");
            }
        }
    }
}

#[test]
fn separable_data_with_a_weak_penalty_converges() {
    let x = Array2::from_shape_fn((200, 2), |(i, j)| if j == 0 { i as f64 - 99.5 } else { 1e-3 });
    let up: Vec<bool> = (0..200).map(|i| i >= 100).collect();
    for c in [1e-6, 1.0, 1e6, 1e12] {
        for intercept in [Intercept::Free, Intercept::Regularised] {
            let fit = Logistic { c, intercept, ..Logistic::default() };
            let model = fit.fit(x.view(), &up, None).unwrap();
            assert!(model.converged, "c {c} {intercept:?}: {model:?}");
            assert!(model.probability(&[1.0, 1e-3]).unwrap() > 0.5);
        }
    }
}

#[test]
fn integer_weights_equal_repeated_rows() {
    let (x, up) = sample(60, 2, 11);
    let weights: Vec<f64> = (0..60).map(|i| f64::from(i % 3)).collect();
    let rows: Vec<usize> = (0..60).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let repeated = x.select(ndarray::Axis(0), &rows);
    let repeated_up: Vec<bool> = rows.iter().map(|&i| up[i]).collect();
    let fit = Logistic { balanced: true, tol: 1e-12, ..Logistic::default() };
    let a = fit.fit(x.view(), &up, Some(&weights)).unwrap();
    let b = fit.fit(repeated.view(), &repeated_up, None).unwrap();
    for (u, v) in a.weights.iter().zip(&b.weights) {
        assert!((u - v).abs() < 1e-10, "{a:?} {b:?}");
    }
}

#[test]
fn a_reused_workspace_and_any_memory_order_give_the_same_bits() {
    let (x, up) = sample(101, 6, 5);
    let columns_first = Array2::from_shape_fn((6, 101), |(j, i)| x[[i, j]]).reversed_axes();
    let (other, other_up) = sample(50, 2, 6);
    let mut workspace = Workspace::default();
    let fit = Logistic::default();
    let first = fit.fit_with(&mut workspace, x.view(), &up, None).unwrap();
    fit.fit_with(&mut workspace, other.view(), &other_up, None).unwrap();
    let again = fit.fit_with(&mut workspace, columns_first.view(), &up, None).unwrap();
    assert_eq!(first, again);
    assert_eq!(first.decisions(x.view()).unwrap(), first.decisions(columns_first.view()).unwrap());
}

#[test]
fn bad_input_is_refused_with_a_reason() {
    let (mut x, up) = sample(20, 2, 1);
    let fit = Logistic::default();
    let refused = |fit: Logistic, up: &[bool], s: Option<&[f64]>, x: &Array2<f64>| {
        fit.fit(x.view(), up, s).unwrap_err()
    };
    assert!(matches!(refused(fit, &up[1..], None, &x), Error::Length { got: 19, .. }));
    assert!(matches!(refused(fit, &[true; 20], None, &x), Error::OneClass { up: 20, .. }));
    let negative = [-1.0; 20];
    assert!(matches!(refused(fit, &up, Some(&negative), &x), Error::SampleWeight { row: 0, .. }));
    let bad_c = Logistic { c: 0.0, ..fit };
    assert!(matches!(refused(bad_c, &up, None, &x), Error::Parameter { parameter: "c", .. }));
    x[[3, 1]] = f64::NAN;
    assert!(matches!(refused(fit, &up, None, &x), Error::NotFinite { row: 3, .. }));
    let model = Linear { weights: vec![1.0], intercept: 0.0, iterations: 1, converged: true };
    assert!(matches!(model.decision(&[1.0, 2.0]), Err(Error::Length { got: 2, .. })));
}

/// Largest violation of the optimality conditions, computed in the plainest way.
fn violation(
    fit: &ElasticNet,
    model: &Linear,
    x: ArrayView2<'_, f64>,
    up: &[bool],
    s: Option<&[f64]>,
) -> f64 {
    let smooth = Logistic { c: fit.c, balanced: fit.balanced, ..Logistic::default() };
    let gradient = loss_gradient(&smooth, model, x, up, s);
    let mut worst = gradient[model.weights.len()].abs();
    for (g, w) in gradient.iter().zip(&model.weights) {
        let g = g + (1.0 - fit.l1_ratio) * w;
        let here = if *w == 0.0 {
            (g.abs() - fit.l1_ratio).max(0.0)
        } else {
            (g + fit.l1_ratio * w.signum()).abs()
        };
        worst = worst.max(here);
    }
    worst
}

#[test]
fn elastic_net_meets_the_optimality_conditions() {
    for p in [1, 3, 6, 20] {
        let (x, up) = sample(350, p, 40 + p as u64);
        let s: Vec<f64> = noise(3).map(|v| v + 1.0).take(350).collect();
        for l1_ratio in [0.0, 0.5, 1.0] {
            for (c, balanced, weights) in [(1.0, true, Some(s.as_slice())), (0.05, false, None)] {
                let fit = ElasticNet { c, l1_ratio, balanced, ..ElasticNet::default() };
                let model = fit.fit(x.view(), &up, weights).unwrap();
                let worst = violation(&fit, &model, x.view(), &up, weights);
                assert!(model.converged && worst < 1e-6, "p {p}: {worst:e} {model:?}");
            }
        }
    }
}

#[test]
fn elastic_net_without_l1_is_the_l2_fit_and_equal_columns_share_their_weight() {
    let (x, up) = sample(300, 4, 9);
    let ridge = ElasticNet { l1_ratio: 0.0, ..ElasticNet::default() };
    let a = ridge.fit(x.view(), &up, None).unwrap();
    let b = Logistic { tol: 1e-12, ..Logistic::default() }.fit(x.view(), &up, None).unwrap();
    for (u, v) in a.weights.iter().zip(&b.weights) {
        assert!((u - v).abs() < 1e-8, "{a:?} {b:?}");
    }
    let copied = x.select(ndarray::Axis(1), &[0, 1, 0, 3, 0]);
    let model = ElasticNet::default().fit(copied.view(), &up, None).unwrap();
    assert!(model.converged);
    assert!((model.weights[0] - model.weights[2]).abs() < 1e-7, "{model:?}");
    assert!((model.weights[0] - model.weights[4]).abs() < 1e-7, "{model:?}");
}

#[test]
fn elastic_net_on_separable_data_with_constant_columns_converges() {
    let x = Array2::from_shape_fn((200, 5), |(i, j)| [i as f64 - 99.5, 1.0, 0.0, 1e-4, 1e3][j]);
    let up: Vec<bool> = (0..200).map(|i| i >= 100).collect();
    for l1_ratio in [0.5, 1.0] {
        let fit = ElasticNet { c: 100.0, l1_ratio, ..ElasticNet::default() };
        let model = fit.fit(x.view(), &up, None).unwrap();
        assert!(model.converged && model.weights[0] > 0.0 && model.weights[2] == 0.0, "{model:?}");
    }
}

proptest! {
    #[test]
    fn flipping_labels_flips_the_model(seed in 1u64..500, n in 20usize..60) {
        let (x, up) = sample(n, 3, seed);
        prop_assume!(up.iter().any(|&u| u) && up.iter().any(|&u| !u));
        let down: Vec<bool> = up.iter().map(|u| !u).collect();
        let fit = Logistic::default();
        let a = fit.fit(x.view(), &up, None).unwrap();
        let b = fit.fit(x.view(), &down, None).unwrap();
        prop_assert!((a.intercept + b.intercept).abs() < 1e-6);
        for (u, v) in a.weights.iter().zip(&b.weights) {
            prop_assert!((u + v).abs() < 1e-6);
        }
    }
}
