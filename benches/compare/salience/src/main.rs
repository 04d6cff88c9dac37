//! Scores one golden case and prints what it cost.
//!
//! `compare-salience KIND CASE.json EMBEDDINGS TARGET SIDX THREADS REPEATS`: row-major little-endian f32 embeddings, f64 targets (labels,
//! prices or funding rates) and i64 sample numbers (empty: none). Prints CPU seconds and seconds of each repeat and the shares as JSON.

use std::error::Error;
use std::ops::ControlFlow;
use std::time::Instant;

use cpu_time::ProcessTime;
use mantis_eval::score::{
    BinaryProfile, CrossProfile, EmbeddingMatrix, LbfgsProfile, score_binary, score_funding,
    score_lbfgs, score_xsec,
};
use ndarray::Array2;
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, case, embeddings, target, sidx, threads, repeats] = arguments.as_slice() else {
        return Err("expected KIND CASE EMBEDDINGS TARGET SIDX THREADS REPEATS".into());
    };
    let case: Value = serde_json::from_str(&std::fs::read_to_string(case)?)?;
    let hotkeys: Vec<String> = serde_json::from_value(case["hotkeys"].clone())?;
    let number = |value: &Value| value.as_u64().ok_or("expected a whole number in the case");
    let dim = usize::try_from(number(&case["dim"])?)?;
    let rows = usize::try_from(number(&case["rows"])?)?;
    let ahead = u32::try_from(case["params"]["blocks_ahead"].as_u64().unwrap_or(300))?;
    let values = Array2::from_shape_vec(
        (rows, hotkeys.len() * dim),
        read(embeddings, f32::from_le_bytes)?,
    )?;
    let matrix = EmbeddingMatrix::new(&hotkeys, dim, values.view())?;
    let target = read(target, f64::from_le_bytes)?;
    let sidx = read(sidx, i64::from_le_bytes)?;
    let sidx = (!sidx.is_empty()).then_some(sidx.as_slice());
    let labels: Vec<f32> = target.iter().map(|&y| y as f32).collect();
    let table = Array2::from_shape_vec((rows, target.len() / rows), target.clone())?;

    let (threads, mut go_on) = (threads.parse()?, |_, _| ControlFlow::Continue(()));
    let (mut cpu, mut wall, mut shares) = (Vec::new(), Vec::new(), Value::Null);
    for _ in 0..repeats.parse()? {
        let (started, start) = (Instant::now(), ProcessTime::now());
        shares = match kind.as_str() {
            "binary" => {
                let profile = BinaryProfile::default();
                json!(score_binary(&matrix, &labels, &profile, threads, &mut go_on)?.salience)
            }
            "lbfgs" => {
                let profile = LbfgsProfile::default();
                let found = score_lbfgs(&matrix, &target, ahead, &profile, threads, &mut go_on)?;
                json!(found.classifier.salience)
            }
            "xsec" => {
                let profile = CrossProfile::default();
                let found =
                    score_xsec(&matrix, table.view(), ahead, &profile, threads, &mut go_on)?;
                json!(found.outcome.salience)
            }
            "funding" => {
                let profile = CrossProfile::default();
                let view = table.view();
                let found =
                    score_funding(&matrix, view, sidx, ahead, &profile, threads, &mut go_on)?;
                json!(found.outcome.salience)
            }
            other => return Err(format!("no kind is called {other}").into()),
        };
        cpu.push(start.elapsed().as_secs_f64());
        wall.push(started.elapsed().as_secs_f64());
    }
    println!("{}", json!({ "cpu": cpu, "wall": wall, "shares": shares }));
    Ok(())
}

fn read<T, const N: usize>(path: &str, of: fn([u8; N]) -> T) -> Result<Vec<T>> {
    let bytes = std::fs::read(path)?;
    let (chunks, rest) = bytes.as_chunks::<N>();
    if !rest.is_empty() {
        return Err(format!("{path}: {} bytes, expected a multiple of {N}", bytes.len()).into());
    }
    Ok(chunks.iter().copied().map(of).collect())
}
