//! Decomposition of whole signals and of rolling windows.

use std::ops::ControlFlow;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mantis_data::FolderStore;
use mantis_vmd::{Vmd, VmdParams, rolling_many};

const WINDOWS: usize = 2000;

/// Logarithms of the last `len` hourly closes of BTC.
fn log_closes(len: usize) -> Vec<f64> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data");
    let store = FolderStore::open(root).expect("the fixtures");
    let close = store.columns("BTCUSDT").expect("the bars").close;
    close[close.len() - len..].iter().map(|x| x.ln()).collect()
}

fn whole(c: &mut Criterion) {
    let mut group = c.benchmark_group("vmd/whole");
    group.sample_size(10);
    for n in [512, 2048, 8192, 32768] {
        let x = log_closes(n);
        let mut vmd = Vmd::new(&VmdParams::default(), n).expect("a plan");
        let mut modes = vmd.decompose(&x).expect("a decomposition");
        assert_eq!(modes.k, 8);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &x, |b, x| {
            b.iter(|| vmd.decompose_into(x, &mut modes));
        });
    }
    group.finish();
}

fn rolling(c: &mut Criterion) {
    let mut group = c.benchmark_group("vmd/rolling");
    group.sample_size(10);
    for window in [256, 512] {
        let x = log_closes(window + WINDOWS - 1);
        let params = VmdParams::default();
        let run = |x: &[f64], threads| {
            rolling_many(&params, window, x, window - 1..x.len(), threads, &mut |_, _| {
                ControlFlow::Continue(())
            })
        };
        assert_eq!(run(&x, 1).expect("modes").value.len(), WINDOWS * 8);
        group.throughput(Throughput::Elements(WINDOWS as u64));
        for threads in [1, 2] {
            let id = BenchmarkId::new(format!("{threads} threads"), window);
            group.bench_with_input(id, &x, |b, x| b.iter(|| run(x, threads)));
        }
    }
    group.finish();
}

criterion_group!(benches, whole, rolling);
criterion_main!(benches);
