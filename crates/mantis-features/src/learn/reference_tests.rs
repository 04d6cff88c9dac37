//! Fits of scikit-learn 1.7.2 (SciPy 1.15.3), `LogisticRegression(solver="lbfgs")`, on generated data.

use super::tests::sample;
use super::{Intercept, Logistic, Solver};

struct Reference {
    n: usize,
    seed: u64,
    /// Column `j` is multiplied by `spread^j`, so that a large spread makes a badly scaled problem.
    spread: f64,
    c: f64,
    balanced: bool,
    tol: f64,
    max_iter: usize,
    iterations: usize,
    intercept: f64,
    weights: &'static [f64],
}

#[test]
fn lbfgs_stops_where_scikit_learn_stops() {
    for reference in REFERENCES {
        let &Reference { n, seed, spread, c, balanced, tol, max_iter, .. } = reference;
        let p = reference.weights.len();
        let (mut x, up) = sample(n, p, seed);
        for (j, mut column) in x.columns_mut().into_iter().enumerate() {
            column *= spread.powi(j as i32);
        }
        let weights: Vec<f64> = (0..n).map(|i| 1.0 + (i % 5) as f64 * 0.5).collect();
        let (intercept, solver) = (Intercept::Free, Solver::Lbfgs);
        let fit = Logistic { c, intercept, balanced, solver, tol, max_iter };
        let model = fit.fit(x.view(), &up, Some(&weights)).unwrap();
        assert_eq!(model.iterations, reference.iterations, "seed {seed}, tol {tol}");
        assert_eq!(model.converged, reference.iterations < max_iter);
        let pairs = model.weights.iter().zip(reference.weights);
        for (got, expected) in pairs.chain([(&model.intercept, &reference.intercept)]) {
            let error = (got - expected).abs() / expected.abs();
            assert!(error < 1e-9, "seed {seed}, tol {tol}: {got} for {expected}, {error:e}");
        }
    }
}

const REFERENCES: &[Reference] = &[
    Reference {
        n: 300,
        seed: 5,
        spread: 1.0,
        c: 1.0,
        balanced: false,
        tol: 1e-4,
        max_iter: 100,
        iterations: 6,
        intercept: 0.2164173031717358,
        weights: &[1.949865813365136, 0.270106885520965, -0.7778223707613078],
    },
    Reference {
        n: 500,
        seed: 6,
        spread: 1.0,
        c: 0.5,
        balanced: true,
        tol: 1e-4,
        max_iter: 100,
        iterations: 6,
        intercept: 0.08619395373424316,
        weights: &[
            1.4755176584398557,
            -0.3009971024877662,
            -0.06227451605571481,
            -0.20009980847513725,
            -0.1238639235490081,
            -0.1096645919002196,
            -0.19264822002748586,
            -0.24715706651803845,
            0.05383959500377014,
            0.2696924124240922,
            -0.03089301191496955,
            -0.0036342635310931924,
            -0.13681516487117587,
            0.2888547214899068,
            0.012021596146083264,
            0.1755242268986597,
            -1.1169069578632425,
        ],
    },
    Reference {
        n: 400,
        seed: 7,
        spread: 1.7,
        c: 10000.0,
        balanced: true,
        tol: 1e-4,
        max_iter: 500,
        iterations: 23,
        intercept: 0.286712828651221,
        weights: &[
            1.9878721793568561,
            0.06413706921650222,
            -0.15577770056442675,
            0.08174434136837051,
            -0.005627878443200875,
            -0.08357368725072603,
        ],
    },
    Reference {
        n: 400,
        seed: 7,
        spread: 1.7,
        c: 10000.0,
        balanced: true,
        tol: 1e-10,
        max_iter: 2000,
        iterations: 31,
        intercept: 0.28673617897085374,
        weights: &[
            1.9878577718689063,
            0.06411876081534919,
            -0.15577520821805577,
            0.08175263633363958,
            -0.005623831913695837,
            -0.08357348407993921,
        ],
    },
    Reference {
        n: 250,
        seed: 8,
        spread: 3.0,
        c: 100.0,
        balanced: false,
        tol: 1e-06,
        max_iter: 7,
        iterations: 7,
        intercept: 6.662384594957495e-06,
        weights: &[
            1.533335746207178e-05,
            2.0274724028471563e-06,
            2.0187155041594226e-05,
            -2.329798080713224e-05,
            0.00019540512405705337,
            0.00027395324039306056,
            -0.0002336634629391158,
            -0.0003524977874053365,
        ],
    },
];
