use mantis_data::{Interval, Timestamp};

use super::bins::Binned;
use super::*;
use crate::split::{Split, SplitDates};

const ROWS: usize = 600;

fn split() -> Split {
    let hour = |h: usize| Timestamp::from_micros(h as i64 * Interval::HOUR.as_micros());
    let known_at: Vec<_> = (0..ROWS).map(hour).collect();
    let resolves_at: Vec<_> = (1..=ROWS).map(hour).collect();
    let dates = SplitDates { train_end: hour(501), validation_end: hour(501), test_end: hour(600) };
    Split::by_dates(&known_at, &resolves_at, dates, Interval::HOUR).unwrap()
}

fn noise(seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..ROWS).map(|_| rng.next_u32() as f64 / f64::from(u32::MAX)).collect()
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|j| format!("column_{j}")).collect()
}

#[test]
fn it_finds_an_interaction_and_repeats_itself() {
    let columns: Vec<Vec<f64>> = (0..5).map(noise).collect();
    let up: Vec<_> =
        (0..ROWS).map(|t| Some((columns[1][t] > 0.5) != (columns[3][t] > 0.5))).collect();
    let (names, split) = (names(5), split());
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let settings = Forest { trees: 60, min_leaf: 5, columns_tried: Some(5), ..Forest::default() };
    let forest = settings.fit(&train).unwrap();
    assert!((forest.importance.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let strong = forest.importance[1] + forest.importance[3];
    assert!(strong > 0.6, "{:?}", forest.importance);
    let probabilities = forest.probabilities(&columns, split.test.clone()).unwrap();
    let right = split.test.clone().zip(probabilities);
    let right = right.filter(|(t, p)| Some(*p > 0.5) == up[*t]).count();
    assert!(right as f64 > 0.85 * split.test.len() as f64, "{right} of {}", split.test.len());
    assert_eq!(settings.fit(&train).unwrap(), forest);
    assert_ne!(Forest { seed: 43, ..settings }.fit(&train).unwrap(), forest);
}

#[test]
fn leaves_hold_enough_rows_and_constant_columns_no_importance() {
    let columns = vec![noise(1), vec![3.0; ROWS]];
    let up: Vec<_> = columns[0].iter().map(|v| Some(*v > 0.5)).collect();
    let (names, split) = (names(2), split());
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let stump = Forest { trees: 5, depth: 1, min_leaf: 100, ..Forest::default() };
    let forest = Forest { columns_tried: Some(2), ..stump }.fit(&train).unwrap();
    assert_eq!(forest.importance, [1.0, 0.0]);
    let none = Forest { min_leaf: 400, ..stump }.fit(&train).unwrap();
    assert_eq!(none.importance, [0.0, 0.0]);
}

#[test]
fn bad_input_is_refused() {
    let mut columns = vec![noise(1), noise(2)];
    let up: Vec<_> = columns[0].iter().map(|v| Some(*v > 0.5)).collect();
    let (names, split) = (names(2), split());
    let fit = |columns: &[Vec<f64>], up: &[Option<bool>], forest: Forest| {
        forest.fit(&TrainingView::new(&names, columns, up, &split)?)
    };
    let usual = Forest { trees: 2, ..Forest::default() };
    let none = fit(&columns, &up, Forest { trees: 0, ..usual });
    assert!(matches!(none, Err(Error::Parameter { parameter: "trees", .. })));
    let many = fit(&columns, &up, Forest { bins: 257, ..usual });
    assert!(matches!(many, Err(Error::Parameter { parameter: "bins", .. })));
    let one = fit(&columns, &[Some(true); ROWS], usual);
    assert!(matches!(one, Err(Error::OneClass { .. })));
    let fitted = fit(&columns, &up, usual).unwrap();
    assert!(matches!(fitted.probability(&[1.0]), Err(Error::Length { .. })));
    assert!(matches!(fitted.probability(&[1.0, f64::NAN]), Err(Error::NotFinite { .. })));
    columns[1][3] = f64::NAN;
    assert!(matches!(fit(&columns, &up, usual), Err(Error::NotFinite { .. })));
}

#[test]
fn bins_hold_equal_shares_and_equal_values_stay_together() {
    let binned = Binned::new(&(0..100).map(f64::from).collect::<Vec<_>>(), 4);
    assert_eq!(binned.ends, [24.0, 49.0, 74.0]);
    assert_eq!((binned.bin[24], binned.bin[25], binned.bin[99]), (0, 1, 3));
    let two = Binned::new(&[0.0, 0.0, 0.0, 1.0], 256);
    assert_eq!((two.len(), &two.bin[..]), (2, &[0, 0, 0, 1][..]));
    assert_eq!(Binned::new(&[5.0; 9], 8).len(), 1);
}
