//! All challenges of many days and miners, scored from a store. By default it is a twentieth of what a validator holds, which is
//! `LEDGER_DAYS=60 LEDGER_MINERS=256`. Run with `--nocapture` it prints what each step took and the memory that was needed at most.

#![cfg(feature = "ledger")]
#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use half::f16;
use mantis_data::challenge::{Challenge, ChallengeTable, LossKind};
use mantis_eval::among::{AmongInput, Vectors, among_cached};
use mantis_eval::ledger::{Ledger, LedgerCache, LedgerWriter, ReadFilter};
use mantis_eval::score::ScoringProfile;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

const FIRST: usize = 1_200_000;

/// How large the store is.
#[derive(Clone, Copy)]
struct Size {
    rows: usize,
    miners: usize,
}

#[expect(clippy::disallowed_methods, reason = "a test may be told how large to be")]
fn size() -> Size {
    let told = |name: &str, default| std::env::var(name).map_or(default, |n| n.parse().unwrap());
    Size { rows: 1440 * told("LEDGER_DAYS", 22), miners: told("LEDGER_MINERS", 35) }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this tells how long it took and expects nothing of it"
)]
fn clock() -> Instant {
    Instant::now()
}

/// The challenges of the store: all of them, or those of `LEDGER_TICKERS`.
#[expect(clippy::disallowed_methods, reason = "a test may be told what to look at")]
fn table() -> ChallengeTable {
    let all = ChallengeTable::profile("2026-07").unwrap();
    let Ok(only) = std::env::var("LEDGER_TICKERS") else { return all };
    all.only(&only.split(',').collect::<Vec<_>>()).unwrap()
}

/// Uniform in -1 to 1, the same for the same three numbers (splitmix64).
fn noise(a: usize, b: usize, c: usize) -> f32 {
    let mut x = (a as u64) << 40 ^ (b as u64) << 20 ^ c as u64;
    for _ in 0..2 {
        x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
    }
    (x >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
}

/// Logarithms of prices by asset: wandering, each in its own way.
fn paths(assets: usize, rows: usize) -> Vec<Vec<f32>> {
    let path = |asset| {
        let mut level = 4.0_f32;
        let step = |t| {
            level += 6e-4 * noise(1, t, asset);
            level
        };
        (0..rows).map(step).collect()
    };
    (0..assets).map(path).collect()
}

/// What a miner says of one row: a growing part of what happens, and noise.
fn vector(
    challenge: &Challenge,
    paths: &[Vec<f32>],
    first: usize,
    t: usize,
    miner: usize,
    out: &mut Vec<u8>,
) {
    let ahead = challenge.blocks_ahead.map_or(240, |blocks| blocks as usize / 5);
    let skill = 0.3 * (miner % 7) as f32 / 7.0;
    let move_of = |asset: usize| {
        let path = &paths[(first + asset) % paths.len()];
        (path[(t + ahead).min(path.len() - 1)] - path[t]) / (6e-4 * (ahead as f32 / 3.0).sqrt())
    };
    let assets = challenge.assets.len();
    let per_asset = challenge.stored_dim / assets;
    for asset in 0..assets {
        let seen = move_of(asset).clamp(-1.5, 1.5);
        for d in 0..per_asset {
            let noise = noise(miner + 2, t / 3, asset * per_asset + d);
            let value = match challenge.loss {
                LossKind::Binary => (if d == 0 { -1.0 } else { 1.0 }) * skill * seen + 0.5 * noise,
                LossKind::Hitfirst => {
                    0.33 + (if d == 0 { 0.3 } else { -0.15 }) * skill * seen + 0.1 * noise
                }
                LossKind::Lbfgs if d < 5 => {
                    0.2 + 0.05 * (d as f32 - 2.0) * skill * seen + 0.05 * noise
                }
                LossKind::Lbfgs | LossKind::RangeBreakoutMulti => {
                    0.5 + 0.2 * skill * seen + 0.2 * noise
                }
                _ => skill * seen + 0.5 * noise,
            };
            let (low, high) = challenge.loss.value_range();
            let value = value.clamp(low as f32, high as f32);
            out.extend(f16::from_f32(value).to_le_bytes());
        }
    }
}

fn write(path: &Path, table: &ChallengeTable, Size { rows, miners }: Size) {
    LedgerWriter::create(path, table.clone()).unwrap().finish().unwrap();
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN").unwrap();
    let mut insert =
        connection.prepare("INSERT INTO challenge_data VALUES (?1, ?2, ?3, ?4, ?5, ?6)").unwrap();
    let names: Vec<String> = (0..miners).map(|i| format!("5Miner{i:03}")).collect();
    let list =
        format!("[{}]", names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", "));
    let paths = paths(33, rows);
    for (number, challenge) in table.challenges().iter().enumerate() {
        for t in 0..rows {
            let mut cell = format!("{list}\0").into_bytes();
            (0..miners).for_each(|miner| vector(challenge, &paths, number, t, miner, &mut cell));
            let price_of = |asset: usize| f64::from(paths[(number + asset) % 33][t]).exp();
            let rate = |asset: usize| 1e-4 * f64::from(noise(900, t / 480, asset));
            let funding = challenge.loss == LossKind::FundingXsec;
            let data = challenge.is_multi_asset().then(|| {
                let mut text = String::from("{");
                for (i, asset) in challenge.assets.iter().enumerate() {
                    let value = if funding { rate(i) } else { price_of(i) };
                    write!(text, "{}\"{asset}\": {value:?}", if i == 0 { "" } else { ", " })
                        .unwrap();
                }
                text + "}"
            });
            let price = data.is_none().then(|| price_of(0));
            let row = (&challenge.ticker, FIRST + t, price, data, &list, cell);
            insert.execute(row).unwrap();
        }
    }
    drop(insert);
    connection.execute_batch("COMMIT; PRAGMA journal_mode=DELETE").unwrap();
}

/// The largest memory this process ever had, in MiB; `None` where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

/// Prints what a step took.
struct Watch(Instant);

impl Watch {
    fn tell(&mut self, what: &str) {
        println!("{:>8.2?} {what}, {} MiB at most so far", self.0.elapsed(), peak().unwrap_or(0));
        self.0 = clock();
    }
}

/// Memory that the scoring may take at most: 4 GiB for 60 days of 256 hotkeys, in proportion for less, and what a process of
/// this kind needs in any case.
fn memory_limit(Size { rows, miners }: Size) -> u64 {
    200 + (3800 * rows * miners / (60 * 1440 * 256)) as u64
}

#[test]
fn all_challenges_are_scored_from_a_store() {
    let size = size();
    let miners = size.miners;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datalog.db");
    let table = table();
    let mut watch = Watch(clock());
    write(&path, &table, size);
    let bytes = path.metadata().unwrap().len() / 1_000_000;
    watch.tell(&format!("written: {miners} miners, {bytes} MB"));

    let open = || LedgerCache::beside(Ledger::open(&path, table.clone()).unwrap()).unwrap();
    let cache = open();
    assert_eq!(cache.first_blocks().len(), miners);
    watch.tell("hotkeys are read");
    let filter = ReadFilter::default();
    for challenge in table.challenges() {
        cache.dataset(challenge, &filter).unwrap().unwrap();
        watch.tell(&format!("{} is laid out", challenge.ticker));
    }
    let profile = ScoringProfile::default();
    let run = |me: &str, vectors: Option<Vectors<'_>>| {
        let cache = open();
        let input = AmongInput {
            me,
            vectors,
            first_blocks: cache.first_blocks(),
            block: cache.newest_block().unwrap(),
            profile: &profile,
            threads: 2,
        };
        among_cached(&cache, &filter, &input, &mut |_, _| ControlFlow::Continue(())).unwrap()
    };
    let report = run("5Miner006", None);
    watch.tell("all challenges are scored");
    let declined: BTreeMap<_, _> =
        report.challenges.iter().filter_map(|c| Some((&c.ticker, c.declined?))).collect();
    println!("declined {declined:?}");
    let most = memory_limit(size);
    assert!(peak().is_none_or(|mib| mib <= most), "{:?} MiB, expected at most {most}", peak());

    // What if somebody new said something of one challenge? Once for each kind.
    let paths = paths(33, size.rows);
    let mut kinds = Vec::new();
    for (number, asked) in table.challenges().iter().enumerate() {
        if kinds.contains(&asked.loss) {
            continue;
        }
        kinds.push(asked.loss);
        let mut all = Vec::new();
        (0..size.rows).for_each(|t| vector(asked, &paths, number, t, 1_000_005, &mut all));
        let halves = all.as_chunks::<2>().0;
        let said: Vec<f32> = halves.iter().map(|&pair| f16::from_le_bytes(pair).to_f32()).collect();
        let find = |challenge: &Challenge, sidx: i64| {
            let row = usize::try_from(sidx).unwrap() - FIRST;
            let said = || said.chunks_exact(asked.stored_dim).nth(row).unwrap().to_vec();
            (challenge.ticker == asked.ticker).then(said)
        };
        watch.tell("the newcomer is made up");
        let changed = run("5New", Some(&find));
        watch.tell(&format!("what if a newcomer forecast {}", asked.ticker));
        let place = &changed.challenges[number];
        assert!(place.inserted, "{place:?}");
        assert_eq!(place.standing.is_none(), place.declined.is_some(), "{place:?}");
        if asked.loss == LossKind::Binary {
            assert!(place.standing.as_ref().unwrap().share > 0.0, "{place:?}");
        }
        assert_eq!(run("5New", Some(&find)).shares, changed.shares);
        watch.tell("the same once more");
    }

    println!("shares {:?}", report.shares);
    assert_eq!(report.challenges.len(), table.challenges().len());
    let total: f64 = report.shares.values().sum();
    assert!((total - 1.0).abs() < 1e-9, "{total}");
    // Miners say more or less of what happens by their number modulo 7; who says most is paid most.
    let mean = |class: usize| {
        let of = (0..miners).filter(|miner| miner % 7 == class);
        let shares: Vec<f64> = of
            .map(|miner| report.shares.get(&format!("5Miner{miner:03}")).copied().unwrap_or(0.0))
            .collect();
        shares.iter().sum::<f64>() / shares.len() as f64
    };
    assert!(mean(6) > 1.2 * mean(0), "{} {}", mean(6), mean(0));
}
