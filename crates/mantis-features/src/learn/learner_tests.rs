use mantis_data::{Interval, Timestamp};

use super::*;
use crate::Error;
use crate::split::{Split, SplitDates, TrainingView};

const ROWS: usize = 400;

fn split() -> Split {
    let hour = |h: usize| Timestamp::from_micros(h as i64 * Interval::HOUR.as_micros());
    let known_at: Vec<_> = (0..ROWS).map(hour).collect();
    let resolves_at: Vec<_> = (1..=ROWS).map(hour).collect();
    let dates =
        SplitDates { train_end: hour(300), validation_end: hour(300), test_end: hour(ROWS) };
    Split::by_dates(&known_at, &resolves_at, dates, Interval::HOUR).unwrap()
}

/// A return that the label reverses more often than not, and a wave that does not matter.
fn table() -> (Vec<String>, Vec<Vec<f64>>, Vec<Option<bool>>) {
    let r: Vec<f64> = (0..ROWS).map(|t| 0.01 * (t as f64 * 1.7).sin()).collect();
    let wave: Vec<f64> = (0..ROWS).map(|t| 50.0 + (t as f64 * 0.37).cos()).collect();
    let up = (0..ROWS).map(|t| Some((t % 5 == 0) == (r[t] > 0.0))).collect();
    (vec!["return_2".to_owned(), "wave".to_owned()], vec![r, wave], up)
}

fn accuracy<L: Learner>(learner: &L) -> f64 {
    let (names, columns, up) = table();
    let split = split();
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let p = learner.fit(&train).unwrap().probabilities(&columns, split.test.clone()).unwrap();
    let hits = p.iter().zip(&up[split.test.clone()]).filter(|(p, up)| (**p > 0.5) == up.unwrap());
    hits.count() as f64 / p.len() as f64
}

#[test]
fn fading_and_regression_find_the_reversal_and_the_prior_does_not() {
    assert!(accuracy(&FadeRule { return_column: "return_2".to_owned() }) > 0.75);
    assert!(accuracy(&LogisticLearner::default()) > 0.75);
    assert!(accuracy(&Prior) < 0.65);
}

#[test]
fn the_fitted_model_depends_on_training_rows_only() {
    let (names, mut columns, mut up) = table();
    let split = split();
    let fit = |columns: &[Vec<f64>], up: &[Option<bool>]| {
        let train = TrainingView::new(&names, columns, up, &split).unwrap();
        LogisticLearner::default().fit(&train).unwrap()
    };
    let before = fit(&columns, &up);
    for row in split.train.end..ROWS {
        columns[0][row] = 1e9;
        up[row] = None;
    }
    assert_eq!(before, fit(&columns, &up));
}

#[test]
fn z_scores_are_clipped_and_no_change_is_one_half() {
    let (names, columns, up) = table();
    let split = split();
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let model = LogisticLearner::default().fit(&train).unwrap();
    assert_eq!(model.probability(&[1e3, 50.0]).unwrap(), model.probability(&[1e6, 50.0]).unwrap());
    let fade = FadeRule { return_column: "return_2".to_owned() }.fit(&train).unwrap();
    assert_eq!(fade.probability(&[0.0, 1.0]).unwrap(), 0.5);
    assert!(matches!(fade.probability(&[0.0]), Err(Error::Length { .. })));
    assert!(matches!(model.probability(&[f64::NAN, 1.0]), Err(Error::NotFinite { .. })));
}

#[test]
fn unusable_columns_are_named() {
    let (names, mut columns, up) = table();
    let split = split();
    columns[1] = vec![3.0; ROWS];
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let constant = LogisticLearner::default().fit(&train).unwrap_err();
    assert!(matches!(constant, Error::Constant { column, .. } if column == "wave"));
    let absent = FadeRule { return_column: "return_9".to_owned() }.fit(&train).unwrap_err();
    assert!(matches!(absent, Error::UnknownColumn { name, columns: 2 } if name == "return_9"));
}
