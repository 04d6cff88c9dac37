//! Every refusal, with what its message must say.

#![expect(clippy::unwrap_used, reason = "a signal that cannot be decomposed must fail the test")]

use mantis_vmd::{
    Convention, Error, Init, Mirror, MultivariateVmd, RollingVmd, Vmd, VmdParams, suggest_k,
};

fn plan(params: VmdParams, len: usize) -> String {
    Vmd::new(&params, len).unwrap_err().to_string()
}

fn decompose(params: VmdParams, x: &[f64]) -> Error {
    Vmd::new(&params, x.len()).unwrap().decompose(x).unwrap_err()
}

fn says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "'{message}' does not say '{word}'");
    }
}

fn wave(len: usize) -> Vec<f64> {
    (0..len).map(|i| (0.3 * i as f64).sin() + 0.2 * (1.9 * i as f64).cos()).collect()
}

#[test]
fn parameters_outside_their_range() {
    let d = VmdParams::default;
    says(&plan(VmdParams { k: 0, ..d() }, 100), &["k must be", "1 and 64", "got 0"]);
    says(&plan(VmdParams { k: 65, ..d() }, 100), &["k must be", "got 65"]);
    for alpha in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        says(&plan(VmdParams { alpha, ..d() }, 100), &["alpha", &format!("got {alpha}")]);
    }
    says(&plan(VmdParams { tau: -0.1, ..d() }, 100), &["tau", "got -0.1"]);
    says(&plan(VmdParams { tol: 1.0, ..d() }, 100), &["tol", "got 1"]);
    says(&plan(VmdParams { tol: f64::NAN, ..d() }, 100), &["tol", "NaN"]);
    says(&plan(VmdParams { max_sweeps: 0, ..d() }, 100), &["max_sweeps", "got 0"]);
    let one = VmdParams { max_sweeps: 1, ..VmdParams::vmdpy() };
    says(&plan(one, 100), &["max_sweeps", "Convention::Vmdpy", "got 1"]);
    let mirror = VmdParams { mirror: Mirror::OneSided, ..VmdParams::vmdpy() };
    says(&plan(mirror, 100), &["Convention::Vmdpy", "Mirror::OneSided", "TwoSided"]);
}

#[test]
fn lengths_that_do_not_work() {
    says(&plan(VmdParams::default(), 7), &["8 modes", "8 samples", "got 7"]);
    says(&plan(VmdParams { k: 1, ..VmdParams::default() }, 3), &["4 samples", "got 3"]);
    let mut vmd = Vmd::new(&VmdParams::default(), 50).unwrap();
    says(&vmd.decompose(&wave(51)).unwrap_err().to_string(), &["50 samples", "got 51", "Vmd::new"]);
    let odd = RollingVmd::new(&VmdParams::vmdpy(), 33).unwrap_err();
    says(&odd.to_string(), &["odd window", "33", "ScaleFree"]);
}

#[test]
fn samples_that_peers_turn_into_zeros() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut x = wave(60);
        x[17] = value;
        match decompose(VmdParams::default(), &x) {
            Error::NotFinite { index, value: got } => {
                assert_eq!((index, got.to_bits()), (17, value.to_bits()));
            }
            other => panic!("{other}"),
        }
    }
    for params in [VmdParams::default(), VmdParams::vmdpy()] {
        let flat = decompose(params.clone(), &[3.5; 60]);
        says(&flat.to_string(), &["all 60 samples equal 3.5"]);
        says(&decompose(params, &[0.0; 60]).to_string(), &["all 60 samples equal 0"]);
    }
    let raw = VmdParams { standardise: false, ..VmdParams::default() };
    for factor in [1e-130, 1e130] {
        let x: Vec<f64> = wave(60).iter().map(|x| x * factor).collect();
        says(&decompose(raw.clone(), &x).to_string(), &["largest magnitude", "rescale"]);
        // Standardised, the same signal is as good as any.
        Vmd::new(&VmdParams::default(), 60).unwrap().decompose(&x).unwrap();
    }
    let tiny: Vec<f64> = wave(60).iter().map(|x| x * 1e-6).collect();
    let stopped = decompose(VmdParams::vmdpy(), &tiny).to_string();
    says(&stopped, &["first sweep", "all-zero modes", "rescale"]);
}

#[test]
fn an_iteration_that_runs_away() {
    let steep = VmdParams { tau: 10.0, tol: 0.0, max_sweeps: 5000, ..VmdParams::default() };
    says(&decompose(steep, &wave(100)).to_string(), &["diverged in sweep", "tau (got 10)"]);
}

#[test]
fn channels_that_do_not_match() {
    let params = VmdParams { k: 2, ..VmdParams::default() };
    says(&MultivariateVmd::new(&params, 40, 0).unwrap_err().to_string(), &["channels"]);
    let mut vmd = MultivariateVmd::new(&params, 40, 2).unwrap();
    let x = wave(40);
    says(&vmd.decompose(&[&x]).unwrap_err().to_string(), &["2 channels", "got 1"]);
    let mut gap = x.clone();
    gap[3] = f64::NAN;
    says(&vmd.decompose(&[&x, &gap]).unwrap_err().to_string(), &["channel 1", "sample 3 is NaN"]);
    says(&vmd.decompose(&[&x[1..], &x]).unwrap_err().to_string(), &["channel 0", "got 39"]);
}

#[test]
fn numbers_of_modes_that_cannot_be_tried() {
    let x = wave(80);
    for (start, end) in [(0, 3), (5, 4), (60, 65)] {
        let error = suggest_k(&VmdParams::default(), &x, start..=end, 0.1).unwrap_err();
        says(&error.to_string(), &[&format!("{start}..={end}"), "1..=64"]);
    }
    let loss = suggest_k(&VmdParams::default(), &x, 1..=3, 1.5).unwrap_err();
    says(&loss.to_string(), &["max_loss", "got 1.5"]);
}

#[test]
fn parameters_survive_the_way_through_json() {
    let params = VmdParams {
        k: 5,
        alpha: 1234.5,
        tau: 0.25,
        dc: true,
        init: Init::Random { seed: 9 },
        tol: 3e-8,
        max_sweeps: 77,
        convention: Convention::Vmdpy,
        mirror: Mirror::TwoSided,
        standardise: false,
        trajectory: true,
    };
    let text = serde_json::to_string(&params).unwrap();
    assert_eq!(serde_json::from_str::<VmdParams>(&text).unwrap(), params);
    // What is not written down is the default, and what is misspelt is refused.
    let short: VmdParams = serde_json::from_str(r#"{ "k": 3, "mirror": "one_sided" }"#).unwrap();
    let expected = VmdParams { k: 3, mirror: Mirror::OneSided, ..VmdParams::default() };
    assert_eq!(short, expected);
    assert!(serde_json::from_str::<VmdParams>(r#"{ "K": 3 }"#).is_err());
}

#[test]
fn everything_can_be_sent_to_another_thread() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<Error>();
    check::<VmdParams>();
    check::<Vmd>();
    check::<MultivariateVmd>();
    check::<RollingVmd>();
    check::<mantis_vmd::WarmRollingVmd>();
    check::<mantis_vmd::Decomposition>();
    check::<mantis_vmd::RollingModes>();
}
