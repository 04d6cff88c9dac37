//! The validator's binary scoring on inputs of the size it sees.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use mantis_eval::score::{BinaryProfile, EmbeddingMatrix, score_binary};
use ndarray::Array2;
use std::hint::black_box;
use std::ops::ControlFlow;

const MINERS: usize = 13;

/// Returns that wander within -1 to 1 and miners who see a growing part of them, without a
/// random number generator: the fractional parts of irrational multiples.
fn market(rows: usize) -> (Vec<String>, Array2<f32>, Vec<f32>) {
    let wander = |t: usize, step: f64| ((t as f64 * step).fract() * 2.0 - 1.0) as f32;
    let returns: Vec<f32> = (0..rows).map(|t| wander(t, 0.618_033_988_749_895)).collect();
    let values = Array2::from_shape_fn((rows, 2 * MINERS), |(t, column)| {
        let miner = column / 2;
        let skill = 0.02 * miner as f32;
        let x = skill * returns[t] + 0.5 * wander(t, 0.414_213_562 + 0.013_7 * miner as f64);
        if column % 2 == 0 { -x } else { x }
    });
    ((0..MINERS).map(|j| format!("miner-{j:02}")).collect(), values, returns)
}

fn binary(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("salience");
    group.sample_size(10);
    for rows in [12_000, 86_400] {
        let (hotkeys, values, returns) = market(rows);
        let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view()).expect("a valid matrix");
        let profile = BinaryProfile::default();
        for threads in [1, 2] {
            let id = BenchmarkId::new(format!("binary {rows} x {MINERS}"), threads);
            group.bench_function(id, |b| {
                b.iter(|| {
                    let outcome = score_binary(
                        black_box(&matrix),
                        &returns,
                        &profile,
                        threads,
                        &mut |_, _| ControlFlow::Continue(()),
                    )
                    .expect("a valid input");
                    assert_eq!(outcome.declined, None);
                    outcome
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, binary);
criterion_main!(benches);
