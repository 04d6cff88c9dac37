use super::combinatorial::combinations;
use super::*;
use mantis_data::Interval;
use ndarray::Array2;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn hour(h: i64) -> Timestamp {
    Timestamp::from_micros(h * Interval::HOUR.as_micros())
}

fn times(n: i64, horizon: i64) -> (Vec<Timestamp>, Vec<Timestamp>) {
    ((0..n).map(hour).collect(), (horizon..n + horizon).map(hour).collect())
}

#[test]
fn combinations_come_in_order_and_all_of_them() {
    let all: Vec<Vec<usize>> = combinations(4, 2).collect();
    assert_eq!(all, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
    assert_eq!(combinations(16, 8).count(), 12_870);
    assert_eq!(combinations(3, 3).count(), 1);
}

proptest! {
    #[test]
    fn no_label_of_training_overlaps_a_test(
        n in 30i64..90, horizon in 0i64..6, groups in 3usize..7, test in 1usize..3, embargo in 0i64..4,
    ) {
        let (known, resolves) = times(n, horizon);
        let Ok(split) =
            CombinatorialSplit::new(&known, &resolves, groups, test, Interval::hours(embargo))
        else {
            return Ok(());
        };
        for fold in split.folds() {
            for &row in &fold.train {
                for &judged in &fold.test {
                    let apart = resolves[row] <= known[judged]
                        || known[row] >= resolves[judged] + Interval::hours(embargo);
                    prop_assert!(apart, "{row} {judged}");
                }
            }
        }
        // Every path covers every group once, and no pair of fold and group is used twice.
        let mut used = std::collections::BTreeSet::new();
        for path in 0..split.paths() {
            let folds = split.path(path).unwrap();
            prop_assert_eq!(folds.len(), groups);
            for (group, fold) in folds.into_iter().enumerate() {
                prop_assert!(split.folds()[fold].groups.contains(&group));
                prop_assert!(used.insert((fold, group)));
            }
        }
        prop_assert_eq!(used.len(), split.folds().len() * test);
    }

    #[test]
    fn a_walk_never_trains_on_what_is_not_known(
        n in 50i64..120, horizon in 0i64..6, start in 20i64..40, step in 1i64..15, embargo in 0i64..8,
    ) {
        let (known, resolves) = times(n, horizon);
        let walk = WalkForward {
            start: hour(start),
            step: Interval::hours(step),
            window: Window::Rolling(Interval::hours(15)),
            embargo: Interval::hours(embargo),
        };
        let steps = walk.steps(&known, &resolves).unwrap();
        let judged: Vec<usize> = steps.iter().flat_map(|s| s.test.clone()).collect();
        prop_assert_eq!(judged, (start as usize..n as usize).collect::<Vec<_>>());
        for s in &steps {
            let first = known[s.test.start];
            for row in s.train.clone() {
                prop_assert!(resolves[row] <= first && known[row] < first);
                prop_assert!(known[row] + walk.embargo <= first);
                prop_assert!(known[row] + Interval::hours(15) >= first);
            }
        }
    }
}

#[test]
fn noise_is_found_out_and_skill_is_not() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let noise = Array2::from_shape_fn((400, 20), |_| rng.gen_range(-1.0..1.0));
    let of_noise = overfitting(noise.view(), 10).unwrap();
    assert!(of_noise.probability > 0.25, "{}", of_noise.probability);
    let mut skilled = noise;
    skilled.column_mut(7).mapv_inplace(|v| v + 0.5);
    let of_skill = overfitting(skilled.view(), 10).unwrap();
    assert_eq!((of_skill.probability, of_skill.loss_probability), (0.0, 0.0));
}

#[test]
fn bad_input_is_refused() {
    let (known, resolves) = times(40, 2);
    let new = |groups, test, embargo| {
        CombinatorialSplit::new(&known, &resolves, groups, test, Interval::hours(embargo))
    };
    for (groups, test, embargo) in
        [(1, 1, 0), (41, 1, 0), (5, 0, 0), (5, 5, 0), (5, 1, -1), (30, 15, 0)]
    {
        assert!(
            matches!(new(groups, test, embargo), Err(Error::Parameter { .. })),
            "{groups} {test}"
        );
    }
    assert!(matches!(new(2, 1, 100).map(|s| s.folds().len()), Ok(2) | Err(Error::TooShort { .. })));
    let short = CombinatorialSplit::new(&known[1..], &resolves, 5, 1, Interval::default());
    assert!(matches!(short, Err(Error::Length { .. })));
    let walk = WalkForward {
        start: hour(0),
        step: Interval::hours(5),
        window: Window::Expanding,
        embargo: Interval::default(),
    };
    assert!(matches!(walk.steps(&known, &resolves), Err(Error::TooShort { .. })));
    let still = WalkForward { step: Interval::default(), ..walk };
    assert!(matches!(still.steps(&known, &resolves), Err(Error::Parameter { .. })));
    let table = Array2::<f64>::zeros((10, 3));
    for blocks in [0, 3, 12, 22] {
        assert!(matches!(overfitting(table.view(), blocks), Err(Error::Parameter { .. })));
    }
}
