//! Construction of the TMFG from squared correlations of random columns, alone and with the sparse inverse covariance (LoGo).

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mantis_features::{similarity, tmfg};
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const ROWS: usize = 500;
const SEED: u64 = 42;

/// Correlations of columns that share one factor.
fn correlation_of(p: usize) -> Array2<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut draw = || f64::from(rng.next_u32()) / f64::from(u32::MAX) - 0.5;
    let factor: Vec<f64> = (0..ROWS).map(|_| draw()).collect();
    let columns: Vec<Vec<f64>> =
        (0..p).map(|_| factor.iter().map(|f| f + 2.0 * draw()).collect()).collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let names: Vec<String> = (0..p).map(|j| format!("column_{j}")).collect();
    similarity::pearson(&names, &columns).expect("random columns vary")
}

fn build(c: &mut Criterion) {
    let mut group = c.benchmark_group("tmfg/build");
    for p in [100, 200, 400] {
        let weights = correlation_of(p).mapv(|r| r * r);
        let graph = tmfg::build(&weights).expect("a symmetric matrix");
        assert_eq!(graph.edges.len(), 3 * p - 6);
        group.throughput(Throughput::Elements((p * p) as u64));
        group.bench_with_input(BenchmarkId::from_parameter(p), &weights, |b, weights| {
            b.iter(|| tmfg::build(weights));
        });
    }
    group.finish();
}

fn logo(c: &mut Criterion) {
    let mut group = c.benchmark_group("tmfg/logo");
    for p in [100, 200, 400] {
        let correlation = correlation_of(p);
        let weights = correlation.mapv(|r| r * r);
        group.throughput(Throughput::Elements((p * p) as u64));
        group.bench_function(BenchmarkId::from_parameter(p), |b| {
            b.iter(|| tmfg::build(&weights).and_then(|graph| graph.logo(&correlation)));
        });
    }
    group.finish();
}

criterion_group!(benches, build, logo);
criterion_main!(benches);
