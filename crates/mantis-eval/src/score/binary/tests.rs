use super::*;
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::ControlFlow;

const ROWS: usize = 12_000;

/// Returns, and three miners: one sees a part of them, its negative, and noise.
fn market() -> (Vec<String>, Array2<f32>, Vec<f32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let returns: Vec<f32> = (0..ROWS).map(|_| rng.gen_range(-1.0..1.0)).collect();
    let mut values = Array2::zeros((ROWS, 6));
    for t in 0..ROWS {
        let seen = 0.2 * returns[t] + 0.8 * rng.gen_range(-1.0_f32..1.0);
        let noise = rng.gen_range(-1.0_f32..1.0);
        for (c, v) in [seen, -seen, -seen, seen, noise, 0.5 * noise].into_iter().enumerate() {
            values[[t, c]] = v;
        }
    }
    (["good", "negative", "noise"].map(str::to_owned).to_vec(), values, returns)
}

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_negated_signal_earns_the_same_and_threads_change_nothing() {
    let (hotkeys, values, returns) = market();
    let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view()).unwrap();
    let profile = BinaryProfile::default();
    let mut steps = Vec::new();
    let one = score_binary(&matrix, &returns, &profile, 1, &mut |done, total| {
        steps.push((done, total));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(steps.windows(2).all(|w| w[0].0 < w[1].0));
    assert_eq!(steps.last(), Some(&(16, 16)));
    let share = |name: &str| one.salience.iter().find(|(h, _)| h == name).unwrap().1;
    assert_eq!(one.auc[0], one.auc[1]);
    assert!((share("good") - share("negative")).abs() < 1e-9);
    assert!(share("good") > 0.4);
    for threads in [2, 3] {
        assert_eq!(one, score_binary(&matrix, &returns, &profile, threads, &mut go_on).unwrap());
    }
}

#[test]
fn only_the_newest_rows_count() {
    let (hotkeys, values, returns) = market();
    let profile = BinaryProfile { max_days: 8, ..BinaryProfile::default() };
    let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view()).unwrap();
    let kept = profile.max_rows();
    let all = score_binary(&matrix, &returns, &profile, 2, &mut go_on).unwrap();
    let tail =
        score_binary(&matrix.last(kept), &returns[ROWS - kept..], &profile, 2, &mut go_on).unwrap();
    assert_eq!(all.rows, kept);
    assert_eq!(all, tail);
}

#[test]
fn nan_counts_as_absent_and_infinity_as_the_largest_number() {
    let (hotkeys, mut values, returns) = market();
    let (mut with_nan, mut with_zero) = (values.clone(), values.clone());
    for t in (0..ROWS).step_by(7) {
        with_nan[[t, 0]] = f32::NAN;
        with_nan[[t, 1]] = f32::NAN;
        with_zero[[t, 0]] = 0.0;
        with_zero[[t, 1]] = 0.0;
    }
    let score = |values: &Array2<f32>| {
        let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view()).unwrap();
        score_binary(&matrix, &returns, &BinaryProfile::default(), 2, &mut go_on).unwrap()
    };
    assert_eq!(score(&with_nan), score(&with_zero));
    values[[100, 4]] = f32::INFINITY;
    let infinite = score(&values);
    values[[100, 4]] = f32::MAX;
    assert_eq!(infinite, score(&values));
    assert_eq!(infinite.declined, None);
}

#[test]
fn too_little_is_declined_with_a_reason() {
    let (hotkeys, values, returns) = market();
    let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view()).unwrap();
    let profile = BinaryProfile::default();
    let why = |matrix: &EmbeddingMatrix<'_>, returns: &[f32]| {
        let outcome = score_binary(matrix, returns, &profile, 1, &mut go_on).unwrap();
        assert!(outcome.salience.is_empty());
        outcome.declined
    };
    assert_eq!(why(&matrix.last(499), &returns[ROWS - 499..]), Some(Declined::TooFewRows));
    assert_eq!(why(&matrix.last(3000), &returns[ROWS - 3000..]), Some(Declined::NobodySelected));
    assert_eq!(why(&matrix, &vec![1.0; ROWS]), Some(Declined::OneClass));
    let nobody = Array2::zeros((ROWS, 0));
    let nobody = EmbeddingMatrix::new(&[], 2, nobody.view()).unwrap();
    assert_eq!(why(&nobody, &returns), Some(Declined::NoHotkeys));
    let silent = Array2::zeros((ROWS, 6));
    let silent = EmbeddingMatrix::new(&hotkeys, 2, silent.view()).unwrap();
    assert_eq!(why(&silent, &returns), Some(Declined::NobodySelected));
}

#[test]
fn bad_input_is_an_error() {
    let (hotkeys, values, mut returns) = market();
    let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view()).unwrap();
    let profile = BinaryProfile::default();
    let short = score_binary(&matrix, &returns[1..], &profile, 1, &mut go_on);
    assert!(matches!(short, Err(Error::Length { .. })));
    let no_threads = score_binary(&matrix, &returns, &profile, 0, &mut go_on);
    assert!(matches!(no_threads, Err(Error::Parameter { .. })));
    let bad = BinaryProfile { sel_window_rows: 0, ..profile.clone() };
    let bad = score_binary(&matrix, &returns, &bad, 1, &mut go_on);
    assert!(matches!(bad, Err(Error::Parameter { .. })));
    let stop = score_binary(&matrix, &returns, &profile, 1, &mut |_, _| ControlFlow::Break(()));
    assert!(matches!(stop, Err(Error::Stopped { done: 1, .. })));
    returns[7] = f32::NAN;
    let nan = score_binary(&matrix, &returns, &profile, 1, &mut go_on);
    assert!(matches!(nan, Err(Error::NotFinite { index: 7, .. })));
    let twice = [hotkeys[0].clone(), hotkeys[0].clone(), hotkeys[1].clone()];
    assert!(matches!(EmbeddingMatrix::new(&twice, 2, values.view()), Err(Error::Duplicate { .. })));
    let unknown = serde_json::from_str::<BinaryProfile>(r#"{"TOP_Q": 1}"#);
    assert!(unknown.is_err());
}
