use mantis_features::FeatureFrame;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::Error;
use crate::scaler::Scaler;
use crate::sequences::Sequences;

fn small() -> LstmParams {
    LstmParams { steps: 5, hidden: 12, layers: 2, dropout: 0.2, dense: [9, 4], outputs: 1 }
}

fn weights(seed: u64) -> LstmWeights {
    LstmWeights::random(&small(), 3, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
}

/// Three columns of a made-up market.
fn waves(rows: usize) -> (FeatureFrame, Scaler) {
    use mantis_data::{BarColumns, Bars, Interval, Panel, Timestamp};
    use mantis_features::plan::{ComputeOptions, FeaturePlan};
    let start = Timestamp::parse("2025-01-01").unwrap();
    let close: Vec<f64> =
        (0..rows).map(|i| 100.0 + (i as f64 * 0.9).sin() + (i as f64 * 0.23).cos()).collect();
    let bars = BarColumns {
        open_time: (0..rows).map(|i| start + Interval::hours(i as i64)).collect(),
        open: close.clone(),
        high: close.iter().map(|c| c + 0.5).collect(),
        low: close.iter().map(|c| c - 0.5).collect(),
        volume: vec![1.0; rows],
        close,
    };
    let mut panel = Panel::new(Interval::HOUR);
    panel.add_bars("X", Bars::new("X", Interval::HOUR, bars).unwrap()).unwrap();
    let names = ["ret_1", "ret_2", "rsi_14"];
    let frame =
        FeaturePlan::of("X", &names).unwrap().compute(&panel, &ComputeOptions::default()).unwrap();
    let scaler = Scaler {
        names: names.map(str::to_owned).to_vec(),
        mean: vec![0.0, 0.0, 50.0],
        deviation: vec![0.005, 0.008, 15.0],
        clip: 5.0,
    };
    (frame, scaler)
}

fn sequences(rows: usize) -> Sequences {
    let (frame, scaler) = waves(rows);
    Sequences::new(&frame, &scaler, small().steps).unwrap()
}

/// The same network in 64-bit floats, one number at a time.
fn by_hand(weights: &LstmWeights, sequence: &[f32]) -> f64 {
    let p = weights.params().clone();
    let value = |name: &str, i: usize, j: usize| {
        let tensor = weights.tensor(name);
        f64::from(tensor.values[i * tensor.shape.get(1).unwrap_or(&1) + j])
    };
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    let mut inputs: Vec<Vec<f64>> = sequence
        .chunks(weights.features())
        .map(|s| s.iter().map(|&v| f64::from(v)).collect())
        .collect();
    for layer in 0..p.layers {
        let name = |part: &str| format!("lstm.{layer}.{part}");
        let (mut h, mut c) = (vec![0.0; p.hidden], vec![0.0; p.hidden]);
        for x in &mut inputs {
            let gate = |g: usize| {
                let mut z = value(&name("bias_ih"), g, 0) + value(&name("bias_hh"), g, 0);
                z += x
                    .iter()
                    .enumerate()
                    .map(|(j, v)| v * value(&name("weight_ih"), g, j))
                    .sum::<f64>();
                z + h
                    .iter()
                    .enumerate()
                    .map(|(j, v)| v * value(&name("weight_hh"), g, j))
                    .sum::<f64>()
            };
            let gates: Vec<f64> = (0..4 * p.hidden).map(gate).collect();
            for k in 0..p.hidden {
                let at = |part: usize| gates[part * p.hidden + k];
                c[k] = sigmoid(at(1)) * c[k] + sigmoid(at(0)) * at(2).tanh();
                h[k] = sigmoid(at(3)) * c[k].tanh();
            }
            *x = h.clone();
        }
    }
    let mut values = inputs.pop().unwrap();
    for name in ["dense.0", "dense.1", "output"] {
        let (w, b) = (format!("{name}.weight"), format!("{name}.bias"));
        let unit = |i: usize| {
            let z = values.iter().enumerate().map(|(j, v)| v * value(&w, i, j)).sum::<f64>();
            let z = z + value(&b, i, 0);
            if name == "output" { z } else { z.max(0.0) }
        };
        values = (0..weights.tensor(&b).values.len()).map(unit).collect();
    }
    values[0]
}

#[test]
fn the_portable_network_computes_what_the_formulas_say() {
    let (weights, sequences) = (weights(1), sequences(60));
    let network = Lstm::new(&weights);
    for row in [18, 30, 59] {
        let sequence = sequences.of(row).unwrap();
        let got = f64::from(network.of_one(sequence).unwrap().logit[0]);
        // Sums of some 20 products in 32-bit floats: 1e-6 is ten times their rounding.
        assert!((got - by_hand(&weights, sequence)).abs() < 1e-6, "row {row}: {got}");
    }
}

#[test]
fn a_row_alone_and_among_others_has_the_same_bits() {
    let (network, sequences) = (Lstm::new(&weights(2)), sequences(60));
    let rows: Vec<usize> = (18..57).collect();
    let all = network.of_rows(&sequences, &rows).unwrap();
    assert_eq!(all.hidden.len(), rows.len() * 4);
    for (i, &row) in rows.iter().enumerate() {
        let one = network.of_one(sequences.of(row).unwrap()).unwrap();
        assert_eq!(one.logit[0].to_bits(), all.logit[i].to_bits(), "row {row}");
        assert_eq!(one.hidden, all.hidden[4 * i..4 * i + 4], "row {row}");
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    assert_eq!(pool.install(|| network.of_rows(&sequences, &rows)).unwrap(), all);
}

#[test]
fn a_sequence_exists_only_where_every_step_has_a_value() {
    let sequences = sequences(40);
    // rsi_14 has its first value at row 14, so the first five whole steps end at row 18.
    assert!(!sequences.has(17) && sequences.has(18) && sequences.has(39) && !sequences.has(40));
    assert_eq!(sequences.of(18).unwrap().len(), 15);
    let error = Lstm::new(&weights(1)).of_rows(&sequences, &[17]).unwrap_err();
    assert!(matches!(error, Error::TooFewRows { .. }), "{error}");
    let error = Lstm::new(&weights(1)).of_one(&[0.0; 14]).unwrap_err();
    assert!(matches!(error, Error::Length { got: 14, expected: 15, .. }), "{error}");
}

#[test]
fn the_weights_survive_their_file_and_nothing_else_does() {
    let first = weights(3);
    let bytes = first.to_bytes().unwrap();
    assert_eq!(LstmWeights::from_bytes(&small(), 3, &bytes).unwrap(), first);
    let reason = |params: &LstmParams, features, bytes: &[u8]| {
        LstmWeights::from_bytes(params, features, bytes).unwrap_err()
    };
    assert!(reason(&small(), 3, &bytes[..bytes.len() - 1]).contains("no safetensors file"));
    assert!(reason(&small(), 4, &bytes).contains("[48, 3], expected F32 [48, 4]"));
    let deeper = LstmParams { layers: 3, ..small() };
    assert!(reason(&deeper, 3, &bytes).contains("lstm.2.weight_ih is missing"));
    let flatter = LstmParams { layers: 1, ..small() };
    assert!(reason(&flatter, 3, &bytes).contains("is not part of the network"));
    let mut broken = bytes.clone();
    let end = broken.len();
    broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(reason(&small(), 3, &broken).contains("expected a finite number"));
}

#[test]
fn bad_sizes_are_refused_by_name() {
    let message = LstmParams { dropout: 1.0, ..small() }.check().unwrap_err().to_string();
    assert!(message.contains("dropout must be at least 0 and below 1, got 1"), "{message}");
    let message =
        TrainParams { batch: 0, ..TrainParams::default() }.check().unwrap_err().to_string();
    assert!(message.contains("batch must be at least 1, got 0"), "{message}");
}

#[test]
fn the_step_size_follows_its_schedule() {
    let rate = |schedule, losses: &[f64]| {
        TrainParams { epochs: 4, learning_rate: 0.5, schedule, ..TrainParams::default() }
            .rate(losses)
    };
    assert_eq!(rate(Schedule::Constant, &[1.0, 2.0]), 0.5);
    assert_eq!(rate(Schedule::Cosine, &[]), 0.5);
    // cos(pi / 2) = 0 half-way.
    assert!((rate(Schedule::Cosine, &[1.0, 1.0]) - 0.25).abs() < 1e-15);
    let plateau = || Schedule::Plateau { factor: 0.1, patience: 2 };
    assert_eq!(rate(plateau(), &[3.0, 2.0, 2.5]), 0.5);
    assert_eq!(rate(plateau(), &[3.0, 2.0, 2.5, 2.0]), 0.05);
    assert_eq!(rate(plateau(), &[3.0, 2.0, 2.5, 2.0, 1.9, 2.0]), 0.05);
}

#[test]
fn a_loss_knows_its_outputs_and_targets() {
    let message = |loss: Loss, outputs| loss.check(outputs).unwrap_err().to_string();
    assert!(message(Loss::Classes, 1).contains("at least 2, got 1"));
    assert!(message(Loss::Quantile(vec![0.5, 1.0]), 2).contains("between 0 and 1, got 1"));
    assert!(message(Loss::Quantile(vec![0.5]), 2).contains("one for each level"));
    assert_eq!(Loss::Quantile(vec![0.1, 0.9]).targets(2), 1);
    assert_eq!(Loss::Squared.targets(2), 2);
    assert_eq!(Loss::Classes.bad_target(3, &[0.0, 2.0, 3.0]), Some((2, "a class")));
    assert_eq!(Loss::Logistic.bad_target(1, &[0.0, 0.5]), Some((1, "0 or 1")));
}

#[cfg(feature = "torch")]
mod training;
