//! Market data: archives into the store, CSV import, reading the store, aligning a panel.
//!
//! `just compare data` runs these and the same work in pandas, side by side. The inputs stay in the target folder for it.

use std::fs::{self, File};
use std::hint::black_box;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mantis_data::source::binance::{parse_klines, single_file};
use mantis_data::source::synthetic::RandomWalk;
use mantis_data::store::{Dataset, Piece, Rows, csv};
use mantis_data::testing::{klines_csv, zip_of};
use mantis_data::{Bars, FolderStore, Interval, Panel, Store, TimeRange, Timestamp};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};

/// Where the inputs are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-data")
}

fn bitcoin() -> Bars {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data");
    let store = FolderStore::open(fixtures).expect("the bundled data");
    store.bars("BTCUSDT", Interval::HOUR).expect("the bundled bars")
}

/// The bars as monthly archives on disk, with the time of each.
fn archives(bars: &Bars) -> Vec<(PathBuf, TimeRange)> {
    let folder = folder().join("zips");
    fs::create_dir_all(&folder).expect("a folder for the inputs");
    let mut found = Vec::new();
    let mut from = bars.open_time()[0];
    let last = *bars.open_time().last().expect("some bars");
    while from <= last {
        let (year, month) =
            if from.month() == 12 { (from.year() + 1, 1) } else { (from.year(), from.month() + 1) };
        let until = Timestamp::parse(&format!("{year:04}-{month:02}-01")).expect("a date");
        let stem = format!("BTCUSDT-1h-{:04}-{:02}", from.year(), from.month());
        let path = folder.join(format!("{stem}.zip"));
        let text = klines_csv(&bars.between(from, until), false, false);
        fs::write(&path, zip_of(&format!("{stem}.csv"), text.as_bytes())).expect("an input");
        found.push((path, TimeRange::new(from, until)));
        from = until;
    }
    found
}

/// What a thread of a sync does with an archive once it has arrived.
fn unpack((path, range): &(PathBuf, TimeRange)) -> (Piece, Rows) {
    let bytes = fs::read(path).expect("an archive");
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
    let text = single_file(stem, &bytes, &format!("{stem}.csv")).expect("one file");
    let rows = parse_klines(stem, &text, Interval::HOUR).expect("klines");
    let piece = Piece {
        range: *range,
        source: "bench".to_owned(),
        origin: Some(stem.to_owned()),
        sha256: Some(sha256),
        rows: rows.len(),
        fetched_at: range.until,
    };
    (piece, rows)
}

/// What a sync of so many threads does with the archives once they have arrived.
fn store_archives(archives: &[(PathBuf, TimeRange)], root: &Path, threads: usize) -> usize {
    let store = Store::create(root).expect("a store");
    let dataset = Dataset::bars("BTCUSDT", Interval::HOUR).expect("a data set");
    let unpack_all = |part: &[_]| part.iter().map(unpack).collect::<Vec<_>>();
    let parts = std::thread::scope(|scope| {
        let parts = archives.chunks(archives.len().div_ceil(threads));
        let running: Vec<_> = parts.map(|part| scope.spawn(move || unpack_all(part))).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    store.writer().expect("the lock").commit(&dataset, parts).expect("a commit").added
}

fn zip_to_parquet(criterion: &mut Criterion) {
    let bars = bitcoin();
    let archives = archives(&bars);
    let mut group = criterion.benchmark_group("data");
    group.sample_size(20).throughput(Throughput::Elements(bars.len() as u64));
    for threads in [1, 2] {
        group.bench_function(format!("zip_to_parquet_{threads}"), |b| {
            b.iter_batched(
                || tempfile::tempdir().expect("a folder"),
                |folder| {
                    assert_eq!(store_archives(&archives, folder.path(), threads), bars.len());
                    folder
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn csv_import(criterion: &mut Criterion) {
    let bars = bitcoin();
    let path = folder().join("ohlcv.csv");
    csv::write_bars(&path, &bars).expect("an input");
    let read = || csv::read_bars(&path, "BTCUSDT", Interval::HOUR).expect("bars");
    assert_eq!(read(), bars);
    let mut group = criterion.benchmark_group("data");
    group.sample_size(30).throughput(Throughput::Elements(bars.len() as u64));
    group.bench_function("csv_import", |b| b.iter(|| black_box(read())));
    group.finish();
}

/// The columns of the bars as the Parquet crate alone decodes them.
fn decode(path: &Path) -> usize {
    let bytes = Bytes::from(fs::read(path).expect("a file"));
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).expect("Parquet");
    let names = ["timestamp", "open", "high", "low", "close", "volume"];
    let mask = ProjectionMask::columns(builder.parquet_schema(), names);
    let reader = builder.with_projection(mask).with_batch_size(1 << 16).build().expect("a reader");
    reader.map(|batch| black_box(batch.expect("a batch")).num_rows()).sum()
}

fn store_read(criterion: &mut Criterion) {
    let bars = bitcoin();
    let root = folder().join("store");
    // What an earlier run left would be read as well.
    let _ = fs::remove_dir_all(&root);
    store_archives(&archives(&bars), &root, 1);
    let store = Store::open(&root).expect("the store");
    let dataset = Dataset::bars("BTCUSDT", Interval::HOUR).expect("a data set");
    let years = store.manifest(&dataset).expect("a manifest").years;
    let files: Vec<PathBuf> =
        years.iter().map(|year| root.join("BTCUSDT/bars_1h").join(&year.file)).collect();
    assert!(files.iter().all(|file| File::open(file).is_ok()));
    assert_eq!(store.bars("BTCUSDT", Interval::HOUR).expect("bars"), bars);
    let mut group = criterion.benchmark_group("data");
    group.sample_size(50).throughput(Throughput::Elements(bars.len() as u64));
    group.bench_function("store_read", |b| {
        b.iter(|| black_box(store.bars("BTCUSDT", Interval::HOUR).expect("bars")));
    });
    group.bench_function("store_read_parquet_alone", |b| {
        b.iter(|| {
            let rows: usize = files.iter().map(|file| decode(file)).sum();
            assert_eq!(rows, bars.len());
        });
    });
    group.finish();
}

/// 33 assets of 65,000 hours, listed one after the other, each with an outage of its own.
fn panel_of_33(criterion: &mut Criterion) {
    let start = Timestamp::parse("2018-01-01").expect("a date");
    let assets: Vec<Bars> = (0..33_i64)
        .map(|asset| {
            let from = start + Interval::hours(asset * 24);
            let name = format!("A{asset}");
            let walk = RandomWalk::default();
            let bars = walk.bars(&name, from, Interval::HOUR, 65_100, asset as u64).expect("bars");
            let mut columns = bars.to_columns();
            let outage = 1_000 * asset as usize;
            columns.remove(outage..outage + 100);
            Bars::new(&name, Interval::HOUR, columns).expect("bars")
        })
        .collect();
    let mut group = criterion.benchmark_group("data");
    group.sample_size(20).throughput(Throughput::Elements(33 * 65_000));
    group.bench_function("panel_of_33", |b| {
        b.iter(|| {
            let mut panel = Panel::new(Interval::HOUR);
            for bars in &assets {
                panel.add_bars(bars.name(), bars.clone()).expect("one panel");
            }
            for symbol in panel.symbols() {
                black_box(panel.rows(symbol));
            }
            panel
        });
    });
    group.finish();
}

criterion_group!(benches, zip_to_parquet, csv_import, store_read, panel_of_33);
criterion_main!(benches);
