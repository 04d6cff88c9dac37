//! Indicators of a history and of one more bar.
//!
//! `just compare features` runs these and TA-Lib, side by side.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mantis_data::{FolderStore, Interval, Panel, SeriesKind, Timestamp};
use mantis_features::FeaturePlan;
use mantis_features::indicators::Source;
use mantis_features::plan::{ComputeOptions, FeatureStream, LiveBar, LiveValue, Tick};
use mantis_features::registry::{ColumnSpec, Columns, Family};

const SYMBOL: &str = "BTCUSDT";

/// Rows of the short history.
const ROWS: usize = 33_259;

/// Averages, deviations, momentum, bands and balance volume: what most strategies read.
const CORE: [&str; 31] = [
    "sma_5",
    "sma_10",
    "sma_20",
    "sma_50",
    "sma_100",
    "sma_200",
    "ema_5",
    "ema_10",
    "ema_20",
    "ema_50",
    "ema_100",
    "ema_200",
    "std_pop_10",
    "std_pop_20",
    "std_pop_50",
    "atr_14",
    "rsi_14",
    "rsi_21",
    "macd",
    "macd_signal",
    "macd_hist",
    "roc_5",
    "roc_10",
    "roc_20",
    "bb_u_20",
    "bb_m_20",
    "bb_l_20",
    "bb_u_50",
    "bb_m_50",
    "bb_l_50",
    "obv",
];

/// What TA-Lib has besides.
const REST: [&str; 46] = [
    "typprice",
    "trange",
    "mom_10",
    "willr_14",
    "wma_20",
    "dema_20",
    "tema_20",
    "kama_10",
    "trima_20",
    "hma_20",
    "natr_14",
    "bb_width_20",
    "bb_pctb_20",
    "bb_width_50",
    "bb_pctb_50",
    "ad",
    "adosc_3_10",
    "stoch_k",
    "stoch_d",
    "stochf_k",
    "stochf_d",
    "stochrsi_k",
    "stochrsi_d",
    "cci_20",
    "adx_14",
    "adxr_14",
    "plus_di_14",
    "minus_di_14",
    "mfi_14",
    "aroon_dn_25",
    "aroon_up_25",
    "aroonosc_25",
    "cmo_14",
    "trix_15",
    "ultosc",
    "ppo_12_26",
    "apo_12_26",
    "bop",
    "sar",
    "linreg_slope_14",
    "linreg_14",
    "tsf_14",
    "max_20",
    "min_20",
    "correl_cv_20",
    "beta_hl_5",
];

/// Everything bundled that the default plan reads.
fn panel() -> Panel {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data");
    let store = FolderStore::open(root).expect("the bundled data");
    let mut panel = Panel::new(Interval::HOUR);
    for symbol in symbols() {
        if store.has_bars(&symbol) {
            let bars = store.bars(&symbol, Interval::HOUR).expect("bundled bars");
            panel.add_bars(&symbol, bars).expect("each symbol once");
        }
        if store.has_series(&symbol, SeriesKind::FundingRate) {
            let rates = store.series(&symbol, SeriesKind::FundingRate).expect("bundled rates");
            panel.add_series(&symbol, SeriesKind::FundingRate, rates).expect("each series once");
        }
    }
    panel
}

fn default_plan() -> FeaturePlan {
    FeaturePlan::default_for(SYMBOL).without(Family::Modes)
}

/// The symbols that the default plan reads.
fn symbols() -> Vec<String> {
    let mut symbols = vec![SYMBOL.to_owned()];
    for column in default_plan().columns() {
        symbols.push(column.home(SYMBOL).to_owned());
        symbols.extend(column.others().iter().cloned());
    }
    symbols.sort_unstable();
    symbols.dedup();
    symbols
}

/// The bars of the symbol alone, the last `rows` of them.
fn alone(panel: &Panel, rows: usize) -> Panel {
    let bars = panel.bars(SYMBOL).expect("the bars");
    let from = bars.open_time()[bars.len() - rows];
    let mut own = Panel::new(Interval::HOUR);
    own.add_bars(SYMBOL, bars.between(from, Timestamp::MAX)).expect("the only bars");
    own
}

/// The columns that TA-Lib has, into memory that is used again.
fn columns(c: &mut Criterion) {
    let panel = panel();
    let short = alone(&panel, ROWS);
    let source = Source::from_bars(short.bars(SYMBOL).expect("the bars")).expect("whole bars");
    let mut group = c.benchmark_group("features");
    group.sample_size(20);
    let all: Vec<&str> = CORE.iter().chain(&REST).copied().collect();
    for (name, names) in [("core", &CORE[..]), ("all_77", &all[..])] {
        let specs: Vec<ColumnSpec> =
            names.iter().map(|name| ColumnSpec::parse(name).expect("registered")).collect();
        let mut columns = Columns::new(&specs).expect("columns of the own bars");
        let mut out = vec![Vec::new(); specs.len()];
        group.throughput(Throughput::Elements((ROWS * names.len()) as u64));
        group.bench_function(name, |b| {
            b.iter(|| columns.compute_into(black_box(&source), &mut out).expect("all inputs"));
        });
        let mut shared = Columns::with_threads(&specs, 0).expect("columns of the own bars");
        group.bench_function(format!("{name}_all_cores"), |b| {
            b.iter(|| shared.compute_into(black_box(&source), &mut out).expect("all inputs"));
        });
        // Into new memory each time.
        group.bench_function(format!("{name}_fresh"), |b| {
            b.iter(|| columns.compute(black_box(&source)).expect("all inputs"));
        });
    }
    group.finish();
}

/// The default plan without VMD, from a panel to a frame: over all bars and over half of them.
fn history(c: &mut Criterion) {
    let panel = panel();
    let (plan, _) = default_plan().resolve(&panel).expect("some columns");
    let clock = panel.clock();
    let half = panel.as_of(clock[clock.len() / 2]);
    let one = ComputeOptions::default().with_threads(1);
    let every = ComputeOptions::default().with_threads(0);
    let mut group = c.benchmark_group("features");
    group.sample_size(10);
    for (name, panel, threads) in [
        ("default_plan", &panel, &one),
        ("default_plan_half", &half, &one),
        ("default_plan_all_cores", &panel, &every),
    ] {
        let rows = panel.bars(SYMBOL).expect("the bars").len();
        group.throughput(Throughput::Elements((rows * plan.columns().len()) as u64));
        group.bench_function(name, |b| {
            b.iter(|| plan.compute(black_box(panel), threads).expect("a frame"));
        });
    }
    group.finish();
}

/// Each column of the default plan alone, with all that it reads: what adding it to a small plan costs.
fn each_column(c: &mut Criterion) {
    let panel = panel();
    let (plan, _) = default_plan().resolve(&panel).expect("some columns");
    let one = ComputeOptions::default().with_threads(1);
    let mut group = c.benchmark_group("features/column");
    group.sample_size(10);
    group.warm_up_time(Duration::from_millis(50)).measurement_time(Duration::from_millis(200));
    for name in plan.names() {
        let alone = FeaturePlan::of(SYMBOL, &[name.as_str()]).expect("a column of the plan");
        group.bench_function(name, |b| {
            b.iter(|| alone.compute(black_box(&panel), &one).expect("a frame"));
        });
    }
    group.finish();
}

/// One more row of the default plan on a stream that has seen a year; the bars of the last weeks come again and again, later.
fn live(c: &mut Criterion) {
    const AGAIN: usize = 1_000;
    let panel = panel();
    let (plan, _) = default_plan().resolve(&panel).expect("some columns");
    let clock = panel.clock();
    let (first, last) = (clock[clock.len() - 9_000], clock[clock.len() - 1]);
    let recent = panel
        .map(
            |_, bars| Ok::<_, mantis_data::Error>(bars.between(first, Timestamp::MAX)),
            |_, _, series| Ok(series.clone()),
        )
        .expect("a part of the panel");
    let mut stream = FeatureStream::new(&plan, Interval::HOUR).expect("a stream");
    stream.catch_up(&recent).expect("rising bars");
    let names = symbols();
    let bars_at = |open_time: Timestamp| -> Vec<LiveBar<'_>> {
        let bar = |symbol: &str| {
            let bars = panel.bars(symbol)?;
            let i = bars.position(open_time)?;
            Some([bars.open()[i], bars.high()[i], bars.low()[i], bars.close()[i], bars.volume()[i]])
        };
        let live = |symbol| Some(LiveBar { symbol, ohlcv: bar(symbol)? });
        names.iter().filter_map(|symbol| live(symbol.as_str())).collect()
    };
    let ticks: Vec<Vec<LiveBar<'_>>> =
        clock[clock.len() - AGAIN..].iter().map(|&open_time| bars_at(open_time)).collect();
    let mut hour = 0_usize;
    let mut group = c.benchmark_group("features");
    group.throughput(Throughput::Elements(plan.columns().len() as u64));
    group.bench_function("live_row", |b| {
        b.iter(|| {
            let bars = &ticks[hour % AGAIN];
            hour += 1;
            let open_time = last + Interval::hours(hour as i64);
            let rate = LiveValue {
                symbol: SYMBOL,
                kind: SeriesKind::FundingRate,
                known_at: open_time,
                value: 1e-4,
            };
            let values = if hour.is_multiple_of(8) { &[rate][..] } else { &[] };
            let row = stream.push(&Tick { open_time, bars, values }).expect("a later bar");
            black_box(row.map(|row| row.values()[0]))
        });
    });
    group.finish();
}

criterion_group!(benches, columns, history, live, each_column);
criterion_main!(benches);
