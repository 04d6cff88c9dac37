//! The portable path of a forecast with the mining guide's sizes: ten columns, 20 steps, two layers of 128 units, 100 trees.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mantis_models::gbdt::{GbdtBackend, GbdtParams, NativeGbdt, Table, Trees};
use mantis_models::lstm::{Lstm, LstmParams, LstmWeights};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const COLUMNS: usize = 10;
const ROUNDS: usize = 100;
const SEED: u64 = 42;

fn draws(n: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    (0..n).map(|_| rng.next_u32() as f32 / u32::MAX as f32 - 0.5).collect()
}

/// As many trees as the guide asks for, on columns of noise and one that knows a little.
fn trees(columns: usize) -> Trees {
    let rows = 4_000;
    let values = draws(rows * columns);
    let up: Vec<bool> = values.chunks(columns).map(|row| row[0] + row[1] > 0.0).collect();
    let table = Table { values: &values, columns, up: &up };
    let params = GbdtParams {
        rounds: ROUNDS,
        patience: ROUNDS,
        leaf_rows: 20,
        ..NativeGbdt.capabilities().defaults()
    };
    NativeGbdt.fit(&params, table, table).expect("two answers")
}

fn forecast(c: &mut Criterion) {
    let params = LstmParams::default();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let weights = LstmWeights::random(&params, COLUMNS, &mut rng).expect("the guide's sizes");
    let network = Lstm::new(&weights);
    let sequence = draws(params.steps * COLUMNS);
    let trees = trees(params.dense[1]);
    assert_eq!(trees.len(), ROUNDS);

    let mut group = c.benchmark_group("models/one");
    group.throughput(Throughput::Elements(1));
    group.bench_function("lstm", |b| b.iter(|| network.of_one(&sequence)));
    let hidden = network.of_one(&sequence).expect("a whole sequence").hidden;
    group.bench_function("head", |b| b.iter(|| trees.probability(&hidden)));
    group.bench_function("lstm and head", |b| {
        b.iter(|| trees.probability(&network.of_one(&sequence)?.hidden));
    });
    group.finish();
}

criterion_group!(benches, forecast);
criterion_main!(benches);
