use super::*;

fn signal(len: usize) -> Vec<f64> {
    (0..len).map(|i| (0.05 * i as f64).sin() + 0.3 * ((i * i) as f64 * 0.37).sin()).collect()
}

fn modes(solver: &mut Solver, k: usize) -> Vec<f64> {
    let mut modes = vec![0.0; k * solver.len()];
    solver.modes(0, &mut modes);
    modes
}

/// A run that knows the number of sweeps beforehand keeps the last but one; one that is surprised
/// by the stop repeats the sweeps. Both must return the same bits.
#[test]
fn a_surprising_stop_returns_the_sweep_before_it() {
    let x = signal(200);
    // The second sweep changes thousands of times less than the first.
    let surprised = VmdParams { k: 1, alpha: 1e-3, tol: 1e-6, ..VmdParams::vmdpy() };
    let mut a = Solver::new(&surprised, 200, 1).unwrap();
    a.load(0, &x).unwrap();
    let outcome = a.solve(Start::Cold).unwrap();
    assert!(outcome.converged);
    let mut b =
        Solver::new(&VmdParams { tol: 0.0, max_sweeps: outcome.sweeps, ..surprised }, 200, 1)
            .unwrap();
    b.load(0, &x).unwrap();
    let known = b.solve(Start::Cold).unwrap();
    assert_eq!((known.sweeps, known.change), (outcome.sweeps, outcome.change));
    assert!(
        b.previous_change_was_far(&x, outcome),
        "the stop was no surprise, so nothing is shown"
    );
    assert_eq!(modes(&mut a, 1), modes(&mut b, 1));
    assert!(a.centres().eq(b.centres()));
}

impl Solver {
    /// Whether the sweep before the stop was still further than `NEAR` from it.
    fn previous_change_was_far(&self, x: &[f64], outcome: Outcome) -> bool {
        let params = VmdParams { max_sweeps: outcome.sweeps - 1, tol: 0.0, ..self.params.clone() };
        let params = VmdParams { convention: Convention::ScaleFree, ..params };
        let mut s = Solver::new(&params, x.len(), 1).unwrap();
        s.load(0, x).unwrap();
        let (scale, _) = s.change_terms();
        let change = s.solve(Start::Cold).unwrap().change / scale / (2 * x.len()) as f64;
        change > NEAR * 1e-6
    }
}

#[test]
fn every_instruction_set_gives_the_same_modes() {
    let x = signal(301);
    for params in [
        VmdParams { k: 5, ..VmdParams::default() },
        VmdParams { k: 3, mirror: crate::Mirror::OneSided, tau: 0.1, ..VmdParams::default() },
    ] {
        let results: Vec<_> = Isa::available()
            .into_iter()
            .map(|isa| {
                let mut s = Solver::with_isa(&params, x.len(), 1, isa).unwrap();
                s.load(0, &x).unwrap();
                let outcome = s.solve(Start::Cold).unwrap();
                (outcome.sweeps, outcome.change, modes(&mut s, params.k))
            })
            .collect();
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

#[test]
fn the_mean_of_a_high_level_keeps_its_digits() {
    let x: Vec<f64> = (0..1000).map(|i| 1e15 + f64::from(i % 2)).collect();
    assert_eq!(mean(&x), 1e15 + 0.5);
    assert_eq!(variance(&x).unwrap(), 0.25);
}
