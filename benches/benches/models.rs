//! The portable path of a forecast with the mining guide's sizes: ten columns, 20 steps, two layers of 128 units, 100 trees; and the
//! whole of it, from bars in memory, the newest of which has just closed, to the probability.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mantis_data::source::RandomWalk;
use mantis_data::{Interval, Panel, Timestamp};
use mantis_features::FeatureFrame;
use mantis_features::plan::{ComputeOptions, FeaturePlan, RecentRows};
use mantis_models::gbdt::{GbdtBackend, GbdtParams, NativeGbdt, Table, Trees};
use mantis_models::lstm::{Lstm, LstmParams, LstmWeights};
use mantis_models::{Scaler, Sequences};
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

/// Columns of which TMFG likes to choose.
const LIVE: [&str; COLUMNS] = [
    "ema_ratio_5",
    "keltner_pos_20_10_2",
    "bb_pctb_20",
    "retz_1_168",
    "willr_14",
    "ret_2",
    "reversal_2",
    "donchian_pos_20",
    "sma_ratio_20",
    "ret_6",
];

/// Bars of seven and a half years.
const BARS: usize = 65_590;

fn live(c: &mut Criterion) {
    let params = LstmParams::default();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let weights = LstmWeights::random(&params, COLUMNS, &mut rng).expect("the guide's sizes");
    let network = Lstm::new(&weights);
    let trees = trees(params.dense[1]);
    let start = Timestamp::parse("2018-01-01").expect("a date");
    let bars = RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, BARS, SEED);
    let mut panel = Panel::new(Interval::HOUR);
    panel.add_bars("BTCUSDT", bars.expect("bars")).expect("a new symbol");

    let modes = [&LIVE[2..], &["vmd_slope_0", "vmd_energy_3"]].concat();
    let mut group = c.benchmark_group("models/live");
    for (name, columns) in [("no modes", LIVE.to_vec()), ("two columns of modes", modes)] {
        let plan = FeaturePlan::of("BTCUSDT", &columns).expect("known columns");
        let scaler = Scaler {
            names: plan.names(),
            mean: vec![0.0; COLUMNS],
            deviation: vec![1.0; COLUMNS],
            clip: 5.0,
        };
        let one = |frame: &FeatureFrame| {
            let sequences = Sequences::new(frame, &scaler, params.steps).expect("columns");
            let sequence = sequences.of(frame.len() - 1).expect("a whole sequence");
            trees.probability(&network.of_one(sequence).expect("its size").hidden).expect("inputs")
        };
        let known = |rows: usize| panel.as_of(start + Interval::hours(rows as i64));
        let (before, after) = (known(BARS - 1), known(BARS));
        let mut recent = RecentRows::new(&plan, params.steps);
        recent.of(&before).expect("columns");
        group.bench_function(format!("{name}, bar by bar"), |b| {
            b.iter_batched(
                || recent.clone(),
                |mut recent| one(&recent.of(&after).expect("columns")),
                BatchSize::SmallInput,
            );
        });
        group.bench_function(format!("{name}, whole history"), |b| {
            b.iter(|| {
                let options =
                    ComputeOptions::default().with_threads(1).with_from_row(BARS - params.steps);
                one(&plan.compute(&after, &options).expect("columns"))
            });
        });
        group.bench_function(format!("{name}, start"), |b| {
            b.iter(|| RecentRows::new(&plan, params.steps).of(&after).expect("columns"));
        });
    }
    group.finish();
}

criterion_group!(benches, forecast, live);
criterion_main!(benches);
