//! Fits a logistic regression and prints what it cost.
//!
//! `compare-learn SOLVER COLUMNS C TOL REPEATS DESIGN LABELS`: row-major little-endian f64 design, one byte per label (1: up). Prints
//! CPU seconds of each repeat, iterations and coefficients as JSON.

use std::error::Error;
use std::hint::black_box;

use cpu_time::ProcessTime;
use mantis_features::learn::{Logistic, Solver};
use ndarray::ArrayView2;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [solver, columns, c, tol, repeats, design, labels] = arguments.as_slice() else {
        return Err("expected SOLVER COLUMNS C TOL REPEATS DESIGN LABELS".into());
    };
    let solver = match solver.as_str() {
        "newton" => Solver::Newton,
        "lbfgs" => Solver::Lbfgs,
        other => return Err(format!("no solver is called {other}").into()),
    };
    let logistic = Logistic {
        c: c.parse()?,
        solver,
        tol: tol.parse()?,
        max_iter: 5000,
        ..Logistic::default()
    };
    let up: Vec<bool> = std::fs::read(labels)?.iter().map(|&label| label == 1).collect();
    let bytes = std::fs::read(design)?;
    let (values, _) = bytes.as_chunks::<8>();
    let values: Vec<f64> = values.iter().copied().map(f64::from_le_bytes).collect();
    let x = ArrayView2::from_shape((up.len(), columns.parse()?), &values)?;
    if values.len() != x.len() {
        return Err(format!("{design}: {} values, expected {}", values.len(), x.len()).into());
    }

    // The first fit does not count.
    let mut model = logistic.fit(x, &up, None)?;
    let mut cpu = Vec::new();
    for _ in 0..repeats.parse()? {
        let start = ProcessTime::now();
        model = black_box(logistic.fit(black_box(x), &up, None)?);
        cpu.push(start.elapsed().as_secs_f64());
    }
    println!(
        "{}",
        json!({
            "cpu": cpu, "iterations": model.iterations, "converged": model.converged,
            "weights": model.weights, "intercept": model.intercept,
        })
    );
    Ok(())
}
