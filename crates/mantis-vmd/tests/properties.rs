//! What must hold for any signal.

#![expect(clippy::unwrap_used, reason = "a signal that cannot be decomposed must fail the test")]

use mantis_vmd::{Decomposition, Mirror, MultivariateVmd, Vmd, VmdParams};
use proptest::prelude::*;

fn decompose(params: &VmdParams, x: &[f64]) -> Decomposition {
    Vmd::new(params, x.len()).unwrap().decompose(x).unwrap()
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0_f64, |m, x| m.max(x.abs()))
}

fn close(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

/// Walks of 16 to 120 steps, which no two samples of make constant.
fn walk() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1.0..1.0_f64, 16..120).prop_filter_map("a constant", |steps| {
        let mut level = 0.0;
        let walk: Vec<f64> = steps
            .iter()
            .map(|step| {
                level += step;
                level
            })
            .collect();
        (largest(&steps[1..]) > 1e-3).then_some(walk)
    })
}

fn params() -> impl Strategy<Value = VmdParams> {
    let mirror = prop_oneof![Just(Mirror::TwoSided), Just(Mirror::OneSided)];
    (1..6_usize, 50.0..5000.0_f64, prop_oneof![Just(0.0), Just(0.1)], any::<bool>(), mirror)
        .prop_map(|(k, alpha, tau, dc, mirror)| VmdParams {
            k,
            alpha,
            tau,
            dc,
            mirror,
            max_sweeps: 60,
            ..VmdParams::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The parts add up to the whole, and the diagnostics say what the arrays hold.
    #[test]
    fn nothing_is_lost(x in walk(), params in params(), standardise: bool) {
        let params = VmdParams { standardise, ..params };
        let d = decompose(&params, &x);
        let tolerance = 1e-12 * largest(&x) * params.k as f64;
        for (i, x) in x.iter().enumerate() {
            let modes: f64 = (0..d.k).map(|m| d.mode(m)[i]).sum();
            prop_assert!((d.mean + modes + d.residual[i] - x).abs() <= tolerance);
        }
        prop_assert!(standardise || d.mean == 0.0);
        let energy = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        prop_assert_eq!(d.residual_energy, energy(&d.residual));
        for m in 0..d.k {
            prop_assert_eq!(d.energy[m], energy(d.mode(m)));
        }
        prop_assert!(d.centre_frequency.is_sorted());
        prop_assert!(d.centre_frequency.iter().all(|w| (0.0..=0.5).contains(w)));
        prop_assert_eq!(d.converged, d.change <= params.tol);
        prop_assert!(d.converged || d.sweeps == params.max_sweeps);
    }

    /// A power of two changes no rounding, so the unit of the input shows in the unit of the
    /// output and nowhere else, bit for bit.
    #[test]
    fn the_unit_does_not_matter(x in walk(), params in params(), power in -40..40_i32, standardise: bool) {
        let params = VmdParams { standardise, ..params };
        let unit = 2.0_f64.powi(power);
        let scaled: Vec<f64> = x.iter().map(|x| x * unit).collect();
        let (a, b) = (decompose(&params, &x), decompose(&params, &scaled));
        prop_assert_eq!(a.sweeps, b.sweeps);
        prop_assert_eq!(a.change, b.change);
        prop_assert_eq!(&a.centre_frequency, &b.centre_frequency);
        let back: Vec<f64> = b.modes.iter().map(|u| u / unit).collect();
        prop_assert_eq!(&a.modes, &back);
    }

    /// A standardised signal knows no level.
    #[test]
    fn the_level_does_not_matter(x in walk(), params in params(), level in -8..8_i32) {
        // Eighths and whole levels are exact, so that only the mean can differ in its rounding.
        let x: Vec<f64> = x.iter().map(|x| (x * 1024.0).round() / 1024.0).collect();
        prop_assume!(x.iter().any(|v| *v != x[0]));
        let raised: Vec<f64> = x.iter().map(|x| x + f64::from(level)).collect();
        let (a, b) = (decompose(&params, &x), decompose(&params, &raised));
        prop_assert!(close(&a.modes, &b.modes, 1e-7 * a.scale.max(1e-300)));
        prop_assert!((b.mean - a.mean - f64::from(level)).abs() < 1e-12 * 16.0);
    }

    /// Turned upside down the signal has its modes upside down.
    #[test]
    fn the_sign_does_not_matter(x in walk(), params in params()) {
        let negative: Vec<f64> = x.iter().map(|x| -x).collect();
        let (a, b) = (decompose(&params, &x), decompose(&params, &negative));
        prop_assert_eq!(a.sweeps, b.sweeps);
        prop_assert!(a.modes.iter().zip(&b.modes).all(|(a, b)| *a == -b));
    }

    /// With the mirror at both ends neither direction of time is special.
    #[test]
    fn time_can_run_backwards(x in walk(), params in params()) {
        let params = VmdParams { mirror: Mirror::TwoSided, ..params };
        let reversed: Vec<f64> = x.iter().rev().copied().collect();
        let (a, b) = (decompose(&params, &x), decompose(&params, &reversed));
        for m in 0..a.k {
            let back: Vec<f64> = b.mode(m).iter().rev().copied().collect();
            prop_assert!(close(a.mode(m), &back, 1e-7 * a.scale));
        }
    }

    /// Every gain lies between 0 and 1, and so does their sum.
    #[test]
    fn the_modes_hold_no_more_than_the_signal(x in walk(), params in params()) {
        let params = VmdParams { mirror: Mirror::TwoSided, tau: 0.0, dc: false, ..params };
        let d = decompose(&params, &x);
        let whole: Vec<f64> =
            (0..d.len).map(|i| (0..d.k).map(|m| d.mode(m)[i]).sum::<f64>()).collect();
        let energy = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let total = d.scale * d.scale * d.len as f64;
        prop_assert!(energy(&whole) <= total * (1.0 + 1e-9));
        prop_assert!(d.energy.iter().all(|e| *e <= total * (1.0 + 1e-9)));
        prop_assert!(d.residual_energy <= total * (1.0 + 1e-9));
    }

    /// Equal channels cannot be told apart, and their order carries no meaning.
    #[test]
    fn channels_can_change_places(x in walk(), params in params()) {
        let y: Vec<f64> = x.iter().enumerate().map(|(i, x)| 0.5 * x + (i as f64).sin()).collect();
        prop_assume!(y.iter().any(|v| *v != y[0]));
        let run = |a: &[f64], b: &[f64]| {
            MultivariateVmd::new(&params, x.len(), 2).unwrap().decompose(&[a, b]).unwrap()
        };
        let (ab, ba, aa) = (run(&x, &y), run(&y, &x), run(&x, &x));
        prop_assert_eq!(&aa[0], &aa[1]);
        prop_assert!(close(&ab[0].modes, &ba[1].modes, 1e-7 * ab[0].scale));
        prop_assert!(close(&ab[1].modes, &ba[0].modes, 1e-7 * ab[1].scale));
    }

    /// The first sweep knows the initial centre frequencies alone, so it is a linear filter, and so
    /// is what it reconstructs.
    #[test]
    fn one_sweep_is_linear(x in walk(), params in params(), factor in -3.0..3.0_f64) {
        let params = VmdParams { max_sweeps: 1, standardise: false, ..params };
        let y: Vec<f64> = (0..x.len()).map(|i| (i as f64 * 0.7).cos()).collect();
        let mixed: Vec<f64> = x.iter().zip(&y).map(|(x, y)| factor * x + y).collect();
        prop_assume!(mixed.iter().any(|v| *v != mixed[0]));
        // The order follows the centre frequencies, which differ; a sum has no order.
        let whole = |x: &[f64]| -> Vec<f64> {
            let d = decompose(&params, x);
            (0..d.len).map(|i| (0..d.k).map(|m| d.mode(m)[i]).sum()).collect()
        };
        let (of_x, of_y) = (whole(&x), whole(&y));
        let sum: Vec<f64> = of_x.iter().zip(&of_y).map(|(x, y)| factor * x + y).collect();
        prop_assert!(close(&whole(&mixed), &sum, 1e-12 * (3.0 * largest(&x) + 1.0)));
    }

    /// A plan carries nothing from one signal to the next.
    #[test]
    fn a_plan_can_be_used_again(x in walk(), params in params()) {
        let mut vmd = Vmd::new(&params, x.len()).unwrap();
        let first = vmd.decompose(&x).unwrap();
        let other: Vec<f64> = x.iter().map(|x| x.sin() + 0.1 * x).collect();
        prop_assume!(other.iter().any(|v| *v != other[0]));
        vmd.decompose(&other).unwrap();
        prop_assert_eq!(first, vmd.decompose(&x).unwrap());
    }
}
