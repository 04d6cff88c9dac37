//! libtorch, LightGBM and OpenBLAS work in one process, and give the same bits on one thread and on two.

#![expect(clippy::unwrap_used, reason = "an engine that fails must fail the test")]

use lightgbm3::{Booster, Dataset};
use ndarray::Array2;
use ndarray_linalg::Inverse;
use serde_json::json;
use tch::{Kind, Tensor};

const ROWS: usize = 400;
const COLUMNS: usize = 10;

fn wave(row: usize, column: usize) -> f32 {
    ((row * (column + 3)) as f32 * 0.37).sin()
}

fn inputs() -> Vec<f32> {
    (0..ROWS).flat_map(|r| (0..COLUMNS).map(move |c| wave(r, c))).collect()
}

/// Three steps of a small LSTM with its gradient, as libtorch does them.
fn torch(threads: i32) -> Vec<f32> {
    tch::set_num_threads(threads);
    let hidden = 16_i64;
    let shapes = [
        vec![4 * hidden, COLUMNS as i64],
        vec![4 * hidden, hidden],
        vec![4 * hidden],
        vec![4 * hidden],
    ];
    let weights: Vec<Tensor> = shapes
        .iter()
        .map(|shape| {
            let n: i64 = shape.iter().product();
            let values: Vec<f32> = (0..n).map(|i| 0.3 * (i as f32 * 0.7).cos()).collect();
            Tensor::from_slice(&values).reshape(shape).set_requires_grad(true)
        })
        .collect();
    let x = Tensor::from_slice(&inputs()).reshape([ROWS as i64 / 20, 20, COLUMNS as i64]);
    for _ in 0..3 {
        let zeros =
            || Tensor::zeros([1, ROWS as i64 / 20, hidden], (Kind::Float, tch::Device::Cpu));
        let (out, _, _) = x.lstm(&[zeros(), zeros()], &weights, true, 1, 0.0, true, false, true);
        let loss = out.square().mean(Kind::Float);
        loss.backward();
        tch::no_grad(|| {
            for weight in &weights {
                let mut grad = weight.grad();
                let mut weight = weight.shallow_clone();
                weight -= &grad * 0.1;
                let _ = grad.zero_();
            }
        });
    }
    Vec::try_from(weights[1].detach().reshape([-1])).unwrap()
}

fn lightgbm(threads: i32) -> String {
    let x: Vec<f64> = inputs().iter().map(|&v| f64::from(v)).collect();
    let y: Vec<f32> =
        (0..ROWS).map(|r| f32::from(u8::from(wave(r, 0) + wave(r, 1) > 0.0))).collect();
    let data = Dataset::from_slice(&x, &y, COLUMNS as i32, true).unwrap();
    let parameters = json!({
        "objective": "binary", "num_iterations": 5, "num_leaves": 7, "min_data_in_leaf": 5,
        "num_threads": threads, "deterministic": true, "force_row_wise": true, "seed": 1, "verbosity": -1,
    });
    let model = Booster::train(data, &parameters).unwrap().save_string().unwrap();
    // The saved text records the number of threads, which is all that may differ.
    model.lines().filter(|line| !line.starts_with("[num_threads")).collect::<Vec<_>>().join("\n")
}

fn openblas() -> f64 {
    let n = 60;
    let a = Array2::from_shape_fn((n, n), |(i, j)| {
        if i == j { 2.0 } else { 1.0 / (2.0 + (i as f64 - j as f64).abs()) / 9.0 }
    });
    let product = a.dot(&a.inv().unwrap());
    let identity = Array2::<f64>::eye(n);
    (&product - &identity).iter().fold(0.0, |worst: f64, v| worst.max(v.abs()))
}

#[test]
fn three_engines_in_one_process_on_one_and_two_threads() {
    let one = (torch(1), lightgbm(1), openblas());
    let two = (torch(2), lightgbm(2), openblas());
    assert!(one.0.iter().all(|w| w.is_finite()));
    assert_ne!(one.0[0], 0.3, "training moved the weights");
    assert_eq!(one.0, two.0, "libtorch");
    assert!(one.1.contains("Tree=4"), "five trees were grown");
    assert_eq!(one.1, two.1, "LightGBM");
    assert!(one.2 < 1e-12, "OpenBLAS: error {}", one.2);
}
