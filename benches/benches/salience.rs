//! The validator's scoring on inputs of the size of the golden cases, whose sidecars hold the original's CPU time: binary
//! with 60 hotkeys (`bin_wide60`), buckets (`lbfgs_default_1h`), ranks (`xsec_default`), funding (`fund_default`).

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use mantis_eval::score::{
    BinaryProfile, CrossProfile, EmbeddingMatrix, LbfgsProfile, score_binary, score_funding,
    score_lbfgs, score_xsec,
};
use ndarray::Array2;
use std::hint::black_box;
use std::ops::ControlFlow;

fn wander(t: usize, step: f64) -> f32 {
    ((t as f64 * step).fract() * 2.0 - 1.0) as f32
}

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn names(miners: usize) -> Vec<String> {
    (0..miners).map(|j| format!("miner-{j:02}")).collect()
}

/// Returns that wander within -1 to 1 and miners who see a growing part of them, without a
/// random number generator: the fractional parts of irrational multiples.
fn market(rows: usize, miners: usize) -> (Vec<String>, Array2<f32>, Vec<f32>) {
    let returns: Vec<f32> = (0..rows).map(|t| wander(t, 0.618_033_988_749_895)).collect();
    let values = Array2::from_shape_fn((rows, 2 * miners), |(t, column)| {
        let miner = column / 2;
        let skill = 0.26 / miners as f32 * miner as f32;
        let x = skill * returns[t] + 0.5 * wander(t, 0.414_213_562 + 0.013_7 * miner as f64);
        if column % 2 == 0 { -x } else { x }
    });
    (names(miners), values, returns)
}

fn binary(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("salience");
    group.sample_size(10);
    for (rows, miners) in [(12_000, 13), (86_400, 13), (12_000, 60)] {
        let (hotkeys, values, returns) = market(rows, miners);
        let matrix = EmbeddingMatrix::new(&hotkeys, 2, values.view()).expect("a valid matrix");
        let profile = BinaryProfile::default();
        for threads in [1, 2] {
            let id = BenchmarkId::new(format!("binary {rows} x {miners}"), threads);
            group.bench_function(id, |b| {
                b.iter(|| {
                    let outcome =
                        score_binary(black_box(&matrix), &returns, &profile, threads, &mut go_on)
                            .expect("a valid input");
                    assert_eq!(outcome.declined, None);
                    outcome
                });
            });
        }
    }
    group.finish();
}

/// Values between 0 and 1 that lean towards what happens over the next hour.
fn leaning(
    rows: usize,
    miners: usize,
    dim: usize,
    outcome: &dyn Fn(usize, usize) -> f32,
) -> Array2<f32> {
    Array2::from_shape_fn((rows, miners * dim), |(t, column)| {
        let (miner, d) = (column / dim, column % dim);
        let noise = wander(t, 0.414_213_562 + 0.013_7 * column as f64);
        0.5 + 0.25 * noise + 0.1 * miner as f32 / miners as f32 * outcome(t, d)
    })
}

fn buckets(criterion: &mut Criterion) {
    let (rows, miners, dim) = (28_600, 8, 17);
    let mut log = 0.0;
    let price: Vec<f64> = (0..rows)
        .map(|t| {
            log += 1e-3 * f64::from(wander(t, 0.618_033_988_749_895));
            100.0 * f64::exp(log)
        })
        .collect();
    let later = |t: usize, d: usize| {
        let change = price[(t + 60).min(rows - 1)] / price[t] - 1.0;
        (change as f32 * 100.0 * (d as f32 - 2.0)).clamp(-1.0, 1.0)
    };
    let (hotkeys, values) = (names(miners), leaning(rows, miners, dim, &later));
    let matrix = EmbeddingMatrix::new(&hotkeys, dim, values.view()).expect("a valid matrix");
    let profile = LbfgsProfile::default();
    let mut group = criterion.benchmark_group("salience");
    group.sample_size(10);
    for threads in [1, 2] {
        group.bench_function(BenchmarkId::new(format!("lbfgs {rows} x {miners}"), threads), |b| {
            b.iter(|| {
                score_lbfgs(black_box(&matrix), &price, 300, &profile, threads, &mut go_on)
                    .expect("a valid input")
            });
        });
    }
    group.finish();
}

fn cross(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("salience");
    group.sample_size(10);
    for (name, rows, assets, ahead) in [("xsec", 16_700, 33, 1200), ("funding", 17_700, 20, 2400)] {
        let miners = 5;
        let table = Array2::from_shape_fn((rows, assets), |(t, a)| {
            let slow = f64::from(wander(t / 200, 0.618_033_988_749_895 + 0.01 * a as f64));
            100.0 + slow + 0.1 * f64::from(wander(t, 0.732 + 0.01 * a as f64))
        });
        let later = |t: usize, a: usize| {
            let then = (t + ahead as usize / 5).min(rows - 1);
            (table[[then, a]] - table[[t, a]]) as f32
        };
        let (hotkeys, values) = (names(miners), leaning(rows, miners, assets, &later));
        let matrix = EmbeddingMatrix::new(&hotkeys, assets, values.view()).expect("a valid matrix");
        let profile = CrossProfile::default();
        for threads in [1, 2] {
            group.bench_function(
                BenchmarkId::new(format!("{name} {rows} x {miners}"), threads),
                |b| {
                    b.iter(|| {
                        let view = table.view();
                        match name {
                            "xsec" => score_xsec(
                                black_box(&matrix),
                                view,
                                ahead,
                                &profile,
                                threads,
                                &mut go_on,
                            ),
                            _ => score_funding(
                                black_box(&matrix),
                                view,
                                None,
                                ahead,
                                &profile,
                                threads,
                                &mut go_on,
                            ),
                        }
                        .expect("a valid input")
                    });
                },
            );
        }
    }
    group.finish();
}

criterion_group!(benches, binary, buckets, cross);
criterion_main!(benches);
