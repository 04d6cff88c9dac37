use std::ops::ControlFlow;
use std::path::Path;

use super::*;
use crate::progress::Stage;

/// Up after a falling bar: what a network can learn from the first feature.
fn directions(sequences: &Sequences, from: usize, to: usize) -> Examples {
    let rows = rows(sequences, from, to);
    let up: Vec<bool> = rows.iter().map(|&row| last_return(sequences, row) < 0.0).collect();
    Examples::directions(rows, &up)
}

fn rows(sequences: &Sequences, from: usize, to: usize) -> Vec<usize> {
    (from..to).filter(|&row| sequences.has(row)).collect()
}

fn last_return(sequences: &Sequences, row: usize) -> f32 {
    sequences.of(row).unwrap()[12]
}

fn options(seed: u64, threads: usize) -> RunOptions {
    RunOptions { seed, threads, device: Device::Cpu, checkpoint: None }
}

fn fast(epochs: usize) -> TrainParams {
    TrainParams { batch: 64, epochs, learning_rate: 0.01, ..TrainParams::default() }
}

fn fit(
    options: &RunOptions,
    training: &TrainParams,
) -> Result<(LstmWeights, LearningCurves), Error> {
    let sequences = sequences(400);
    let parts = (&directions(&sequences, 0, 300), &directions(&sequences, 300, 400));
    let mut quiet = |_, _, _| ControlFlow::Continue(());
    train((&small(), training), &sequences, parts, options, &mut quiet)
}

#[test]
fn training_learns_what_can_be_learnt_and_keeps_the_best_epoch() {
    let (weights, curves) = fit(&options(1, 1), &fast(12)).unwrap();
    let best = curves.validation_loss[curves.best_epoch];
    assert!(best < 0.3, "{curves:?}");
    assert!(curves.validation_loss.iter().all(|&loss| loss >= best));
    // The kept weights have the loss of the best epoch.
    let sequences = sequences(400);
    let part = directions(&sequences, 300, 400);
    let p = Lstm::new(&weights).of_rows(&sequences, &part.rows).unwrap().probability();
    let loss = |(p, &up): (&f64, &f32)| if up > 0.0 { -p.ln() } else { -(1.0 - p).ln() };
    let mean = p.iter().zip(&part.targets).map(loss).sum::<f64>() / p.len() as f64;
    assert!((mean - best).abs() < 1e-5, "{mean} {best}");
}

#[test]
fn a_seed_gives_the_same_bits_on_any_number_of_threads() {
    // More than two shards to a batch.
    let training = TrainParams { batch: 290, ..fast(3) };
    let one = fit(&options(7, 1), &training).unwrap();
    assert!(one == fit(&options(7, 2), &training).unwrap());
    assert!(one == fit(&options(7, 3), &training).unwrap());
    assert!(one.0 != fit(&options(8, 1), &training).unwrap().0);
}

/// The gradient of a loss is what the optimiser follows: each loss must bring its outputs to its optimum.
fn optimum(loss: Loss, outputs: usize, targets: impl Fn(f32) -> Vec<f32>) -> (Outputs, Vec<f32>) {
    let sequences = sequences(500);
    let examples = |from, to| {
        let rows = rows(&sequences, from, to);
        let targets = rows.iter().flat_map(|&row| targets(last_return(&sequences, row))).collect();
        Examples { rows, targets, weights: Vec::new() }
    };
    let (train_part, validation) = (examples(0, 400), examples(400, 500));
    let training = TrainParams { loss, epochs: 30, patience: 30, ..fast(30) };
    let params = LstmParams { outputs, dropout: 0.0, ..small() };
    let mut quiet = |_, _, _| ControlFlow::Continue(());
    let (weights, _) = train(
        (&params, &training),
        &sequences,
        (&train_part, &validation),
        &options(3, 2),
        &mut quiet,
    )
    .unwrap();
    let outputs = Lstm::new(&weights).of_rows(&sequences, &validation.rows).unwrap();
    let returns = validation.rows.iter().map(|&row| last_return(&sequences, row)).collect();
    (outputs, returns)
}

#[test]
fn squared_error_ends_near_the_value() {
    let (outputs, returns) = optimum(Loss::Squared, 2, |r| vec![r, 1.0 - r]);
    let error = |i: usize, r: f32| {
        (outputs.logit[2 * i] - r).powi(2) + (outputs.logit[2 * i + 1] - (1.0 - r)).powi(2)
    };
    let mean =
        returns.iter().enumerate().map(|(i, &r)| error(i, r)).sum::<f32>() / returns.len() as f32;
    let spread = returns.iter().map(|r| r * r).sum::<f32>() / returns.len() as f32;
    assert!(mean < 0.1 * spread, "{mean} {spread}");
}

#[test]
fn classes_are_told_apart() {
    let class = |r: f32| {
        if r < -0.5 {
            0.0
        } else if r < 0.5 {
            1.0
        } else {
            2.0
        }
    };
    let (outputs, returns) = optimum(Loss::Classes, 3, |r| vec![class(r)]);
    let right = returns.iter().enumerate().filter(|&(i, &r)| {
        let scores = &outputs.logit[3 * i..3 * i + 3];
        let best = (0..3).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        best as f32 == class(r)
    });
    assert!(right.count() * 10 > returns.len() * 9);
}

#[test]
fn quantiles_of_a_die_lie_where_they_should() {
    // A last digit that the features do not tell: 0.0 to 0.9, evenly.
    let die = |r: f32| (r.abs() * 7919.0).fract();
    let (outputs, returns) = optimum(Loss::Quantile(vec![0.2, 0.8]), 2, |r| vec![die(r)]);
    let below = |k: usize| {
        let under = returns.iter().enumerate().filter(|&(i, &r)| die(r) < outputs.logit[2 * i + k]);
        under.count() as f64 / returns.len() as f64
    };
    // 100 rows: three standard errors are 0.12.
    assert!(
        (below(0) - 0.2).abs() < 0.12 && (below(1) - 0.8).abs() < 0.12,
        "{} {}",
        below(0),
        below(1)
    );
}

#[test]
fn heavier_rows_count_more() {
    let sequences = sequences(400);
    let weighted = |weight: f32| {
        let mut part = directions(&sequences, 0, 300);
        part.weights = part.targets.iter().map(|&up| if up > 0.0 { weight } else { 1.0 }).collect();
        let validation = Examples { weights: Vec::new(), ..directions(&sequences, 300, 400) };
        let mut quiet = |_, _, _| ControlFlow::Continue(());
        let training = fast(4);
        let settings = (&small(), &training);
        let (weights, _) =
            train(settings, &sequences, (&part, &validation), &options(1, 1), &mut quiet).unwrap();
        let p = Lstm::new(&weights).of_rows(&sequences, &validation.rows).unwrap().probability();
        p.iter().sum::<f64>() / p.len() as f64
    };
    assert!(weighted(20.0) > weighted(1.0) + 0.05);
}

fn killed_after(batches: usize, checkpoint: &Path) {
    let sequences = sequences(400);
    let parts = (&directions(&sequences, 0, 300), &directions(&sequences, 300, 400));
    let options = RunOptions { checkpoint: Some(checkpoint.to_owned()), ..options(5, 2) };
    let mut kill = |_, done, _| {
        if done == batches { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let error = train((&small(), &fast(6)), &sequences, parts, &options, &mut kill).unwrap_err();
    assert!(matches!(error, Error::Stopped { .. }), "{error}");
}

#[test]
fn a_killed_training_resumes_to_the_same_weights() {
    let whole = fit(&options(5, 1), &fast(6)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Within the first epoch, at the end of one, and in the middle of the third (5 batches each).
    for batches in [2, 5, 13] {
        let checkpoint = folder.path().join(format!("after-{batches}"));
        killed_after(batches, &checkpoint);
        assert_eq!(checkpoint.exists(), batches >= 5);
        let options = RunOptions { checkpoint: Some(checkpoint), ..options(5, 1) };
        assert!(fit(&options, &fast(6)).unwrap() == whole, "killed after {batches} batches");
        // Once finished, it is not trained again.
        assert!(fit(&options, &fast(6)).unwrap() == whole);
    }
}

#[test]
fn a_checkpoint_of_another_training_is_refused_with_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    killed_after(7, &path);
    let resumed = |seed, training: &TrainParams| {
        let options = RunOptions { checkpoint: Some(path.clone()), ..options(seed, 1) };
        fit(&options, training).unwrap_err().to_string()
    };
    let message = resumed(6, &fast(6));
    assert!(message.contains("belongs to another training: seed was 5, is 6"), "{message}");
    let message = resumed(5, &fast(7));
    assert!(
        message.contains("training parameters was {") && message.contains("\"epochs\":7"),
        "{message}"
    );
    std::fs::write(&path, b"nonsense").unwrap();
    let message = resumed(5, &fast(6));
    assert!(message.contains("is damaged"), "{message}");
}

#[test]
fn training_stops_when_asked_and_refuses_one_class() {
    let sequences = sequences(100);
    let part = directions(&sequences, 0, 100);
    let training = TrainParams { batch: 16, ..TrainParams::default() };
    let settings = (&small(), &training);
    let mut calls = 0;
    let error =
        train(settings, &sequences, (&part, &part), &options(1, 1), &mut |stage, done, _| {
            assert_eq!((stage, done), (Stage::Lstm, calls));
            calls += 1;
            if calls == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap_err();
    assert!(matches!(error, Error::Stopped { done: 2, .. }), "{error}");
    let flat = Examples { targets: vec![1.0; part.rows.len()], ..part.clone() };
    let mut quiet = |_, _, _| ControlFlow::Continue(());
    let error =
        train(settings, &sequences, (&flat, &part), &options(1, 1), &mut quiet).unwrap_err();
    assert!(matches!(error, Error::OneClass { .. }), "{error}");
}
